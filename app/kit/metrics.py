"""Figures for Prometheus: requests by route, their durations, the database's connections."""

import os
from dataclasses import dataclass
from typing import Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

MEDIA_TYPE: Final = CONTENT_TYPE_LATEST
_DIRECTORY: Final = "PROMETHEUS_MULTIPROC_DIR"

_requests = Counter(
    "dajiatan_http_requests_total",
    "Requests answered, by route (never by address), method and status.",
    ["method", "route", "status"],
)
_durations = Histogram(
    "dajiatan_http_request_duration_seconds",
    "Time from the first byte of a request to the last of its answer.",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
_running = Gauge(
    "dajiatan_http_requests_in_progress",
    "Requests being carried out.",
    multiprocess_mode="livesum",
)
_connections = Gauge(
    "dajiatan_database_connections_in_use",
    "Database connections taken from the pool.",
    multiprocess_mode="livesum",
)
_worker = Gauge(
    "dajiatan_worker_beat_timestamp_seconds",
    "When the worker inside this process was last seen at work, in seconds since 1970.",
    multiprocess_mode="max",
)
_sealed = Gauge(
    "dajiatan_audit_sealed_timestamp_seconds",
    "When the worker inside this process last saw every event sealed, in seconds since 1970.",
    multiprocess_mode="max",
)
_refused_early = Counter(
    "dajiatan_http_refused_early_total",
    "Requests refused before the application saw them, by the problem's code.",
    ["code"],
)
_in_flight = Gauge(
    "dajiatan_door_in_flight",
    "Requests being worked on, by lane; not while they wait for their caller.",
    ["lane"],
    multiprocess_mode="livesum",
)
_queued = Gauge(
    "dajiatan_door_queued",
    "Requests that wait to be worked on, by lane.",
    ["lane"],
    multiprocess_mode="livesum",
)
_refused = Counter(
    "dajiatan_door_refused_total",
    "Requests refused because there was no room, by lane.",
    ["lane"],
)
_webhooks = Counter(
    "dajiatan_webhook_attempts_total",
    "Webhooks sent by the worker inside this process, by what came of it.",
    ["outcome"],
)


@dataclass(frozen=True, slots=True)
class Door:
    """The figures of one lane."""

    in_flight: Gauge
    queued: Gauge
    refused: Counter


def door(lane: str) -> Door:
    """Return the figures of a lane."""
    return Door(_in_flight.labels(lane), _queued.labels(lane), _refused.labels(lane))


def worker_beats() -> None:
    """Note that the worker inside this process works."""
    _worker.set_to_current_time()


def all_sealed(seconds: float) -> None:
    """Every event was seen to be sealed at this moment, in seconds since 1970."""
    _sealed.set(seconds)


def count_webhook(outcome: str) -> None:
    """Count an attempt to send a webhook: `2xx` and the like, or why nothing was answered."""
    _webhooks.labels(outcome).inc()


def count_refused_early(code: str) -> None:
    """Count a request that was refused before the application saw it."""
    _refused_early.labels(code).inc()


def count_begun() -> None:
    """Note that a request has come in."""
    _running.inc()


def count_ended(method: str, route: str, status: int, seconds: float) -> None:
    """Note that a request has been answered."""
    _running.dec()
    _requests.labels(method, route, str(status)).inc()
    _durations.labels(method, route).observe(seconds)


def write_exposition(connections_in_use: int) -> bytes:
    """Everything in Prometheus' text format; of all processes where they share a folder."""
    _connections.set(connections_in_use)
    if _DIRECTORY not in os.environ:
        return generate_latest(REGISTRY)
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]  # published without types
    return generate_latest(together)
