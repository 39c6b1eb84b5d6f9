"""The worker: claims jobs while it has room for them, and carries each out step by step."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final, Protocol

import structlog

from app import jobs
from app.db import Database, is_away
from app.settings import Settings
from app.worker import periodic
from app.worker.making import Maker, prepare
from app.worker.watchdog import Beats

_SLOTS: Final = 4
"""Jobs that a worker carries out side by side: a long one does not hold up the others."""
_BEATS_PER_LEASE: Final = 3
_LONGEST_PAUSE_SECONDS: Final = 0.1
"""SQLite looks at least this often whether a lock that it waits for is free."""
_PATIENCE: Final = 0.7
"""The part of `shutdown_seconds` that steps have to finish."""
_UNDOING: Final = 0.1
"""The part of it for undoing what is not finished; then connections are cut."""
_BEAT_SECONDS: Final = 1.0
_LOOP_SECONDS: Final = 60.0
_ROUND_SECONDS: Final = 180.0
"""A round of looking for work, its waits for the database included, takes no longer."""

_log = structlog.get_logger(__name__)


class Errand(Protocol):
    """Work that goes on for as long as a worker does, with transactions of its own.

    It calls `beat` at least once a minute, and ends what is under way once `stop` is set.
    """

    __name__: str

    def __call__(
        self, database: Database, settings: Settings, stop: asyncio.Event, beat: Callable[[], None]
    ) -> Awaitable[None]:
        """Do it until `stop` is set."""


class Worker:
    """Carries out the jobs whose kinds it has handlers for, and the periodic tasks.

    Any number of workers, in any number of processes, may share one database.
    """

    def __init__(
        self,
        database: Database,
        settings: Settings,
        handlers: Mapping[str, jobs.Handler | Maker],
        periodic_tasks: Sequence[periodic.PeriodicTask],
        beats: Beats | None = None,
        errands: Sequence[Errand] = (),
    ) -> None:
        """Nothing runs before `run` or `run_until_idle`."""
        self.beats = beats or Beats()
        self._database = database
        self._handlers = handlers
        self._periodic_tasks = [task for task in periodic_tasks if task.wanted(settings)]
        self._settings = settings
        self._lease_seconds = settings.job_lease_seconds
        self._poll_seconds = settings.job_poll_seconds
        self._shutdown_seconds = settings.shutdown_seconds
        self._turn = asyncio.Lock()
        self._errands = errands

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then finish the steps at hand and give their jobs back.

        An unreachable database is waited for. Steps that outlast `shutdown_seconds` are undone.
        """
        async with asyncio.TaskGroup() as group:
            beating = group.create_task(self._beat_on())
            work = [
                group.create_task(self._run_periodic_tasks(stop)),
                group.create_task(self._run_jobs(stop)),
                *(group.create_task(self._run_errand(errand, stop)) for errand in self._errands),
            ]
            await stop.wait()
            _, late = await asyncio.wait(work, timeout=self._shutdown_seconds * _PATIENCE)
            for task in (*late, beating):
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=self._shutdown_seconds * _UNDOING)
                self._database.cut()  # who waits for a database that is away

    async def run_until_idle(self) -> int:
        """Carry out the jobs that are due, one after the other, until none is; how many."""
        count = 0
        while lease := await self._claim():
            await self._carry_out(lease, asyncio.Event())
            count += 1
        return count

    async def _run_jobs(self, stop: asyncio.Event) -> None:
        running: set[asyncio.Task[None]] = set()
        try:
            with jobs.wakeup() as enqueued:
                while not stop.is_set():
                    self.beats.beat("jobs", self._poll_seconds + _ROUND_SECONDS)
                    enqueued.clear()
                    if lease := await self._claim_or_wait(stop, enqueued):
                        running.add(asyncio.create_task(self._carry_out(lease, stop)))
                    running = await self._unfinished(running)
            if running:
                await asyncio.wait(running)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _run_periodic_tasks(self, stop: asyncio.Event) -> None:
        registered = False
        while not stop.is_set():
            self.beats.beat("periodic tasks", self._poll_seconds + _ROUND_SECONDS)
            try:
                if not registered:
                    await periodic.register(self._database, self._periodic_tasks)
                    registered = True
                await periodic.run_due(
                    self._database, self._periodic_tasks, self._settings, self._begin_task
                )
            except Exception as error:  # noqa: BLE001 - the database is away, and will be back
                _log_trouble("periodic_tasks_unreachable", error)
            await _first_of(stop, timeout=self._poll_seconds)

    async def _run_errand(self, errand: Errand, stop: asyncio.Event) -> None:
        """Have an errand done until `stop` is set; one that fails is begun anew."""
        name = errand.__name__

        def beat() -> None:
            self.beats.beat(name, self._poll_seconds + _ROUND_SECONDS)

        while not stop.is_set():
            beat()
            try:
                await errand(self._database, self._settings, stop, beat)
            except Exception as error:  # noqa: BLE001 - the database is away, and will be back
                _log_trouble("errand_failed", error, errand=name)
            await _first_of(stop, timeout=self._poll_seconds)

    def _begin_task(self) -> None:
        self.beats.beat("periodic tasks", jobs.LONGEST_SECONDS + _ROUND_SECONDS)

    async def _claim_or_wait(
        self, stop: asyncio.Event, enqueued: asyncio.Event
    ) -> jobs.Lease | None:
        try:
            lease = await self._claim()
        except Exception as error:  # noqa: BLE001 - the database is away, and will be back
            _log_trouble("jobs_unreachable", error)
            await _first_of(stop, timeout=self._poll_seconds)
            return None
        if lease is None:
            await _first_of(stop, enqueued, timeout=self._poll_seconds)
        return lease

    async def _claim(self) -> jobs.Lease | None:
        return await jobs.claim(self._database, list(self._handlers), self._lease_seconds)

    async def _carry_out(self, lease: jobs.Lease, stop: asyncio.Event) -> None:
        try:
            await self._take_steps(lease, stop)
        except jobs.LeaseLostError:
            _log.warning("job_taken_over", job_id=str(lease.job_id), kind=lease.kind)
        except Exception as error:  # noqa: BLE001 - not even the failure could be recorded: the lease will run out
            _log_trouble("job_abandoned", error, job_id=str(lease.job_id), kind=lease.kind)

    async def _take_steps(self, lease: jobs.Lease, stop: asyncio.Event) -> None:
        handler = self._handlers[lease.kind]
        async with self._kept_alive(lease, handler):
            try:
                while not await self._step_in_time(lease, handler):
                    if stop.is_set():
                        await jobs.release(self._database, lease)
                        return
            except jobs.LeaseLostError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, the step was undone
                _log_trouble("job_step_failed", error, job_id=str(lease.job_id), kind=lease.kind)
                await jobs.fail(self._database, lease, error)

    async def _step_in_time(self, lease: jobs.Lease, handler: jobs.Handler | Maker) -> bool:
        """One step, undone if it takes too long."""
        within = jobs.LONGEST_SECONDS + _ROUND_SECONDS
        with self.beats.expecting(f"{lease.kind} {lease.job_id}", within):
            async with asyncio.timeout(jobs.LONGEST_SECONDS):
                return await self._step(lease, handler)

    async def _step(self, lease: jobs.Lease, handler: jobs.Handler | Maker) -> bool:
        """One step; on SQLite its jobs take turns, and after each the other writers get theirs.

        SQLite has one write lock and no queue for it: a worker that took it again at once would
        keep a request waiting until it fails.
        """
        if isinstance(handler, Maker):
            handler = await prepare(self._database, self._settings, lease, handler)
        if self._database.is_postgresql:
            return await jobs.step(self._database, lease, handler)
        async with self._turn:
            begun = time.monotonic()
            finished = await jobs.step(self._database, lease, handler)
            await asyncio.sleep(min(time.monotonic() - begun, _LONGEST_PAUSE_SECONDS))
            return finished

    @asynccontextmanager
    async def _kept_alive(
        self, lease: jobs.Lease, handler: jobs.Handler | Maker
    ) -> AsyncIterator[None]:
        """Extend the lease while steps run, however long one takes.

        On SQLite a step holds the only write lock: nobody can take its job over before it ends,
        and its end extends the lease. What is made before a step holds none.
        """
        if not self._database.is_postgresql and not isinstance(handler, Maker):
            yield
            return
        over = asyncio.Event()
        heart = asyncio.create_task(self._beat(lease, over))
        try:
            yield
        finally:
            over.set()
            await heart

    async def _beat(self, lease: jobs.Lease, over: asyncio.Event) -> None:
        while not await _first_of(over, timeout=lease.seconds / _BEATS_PER_LEASE):
            try:
                await jobs.extend(self._database, lease)
            except Exception as error:  # noqa: BLE001 - the next beat may get through
                _log_trouble(
                    "job_heartbeat_failed", error, job_id=str(lease.job_id), kind=lease.kind
                )

    async def _unfinished(self, running: set[asyncio.Task[None]]) -> set[asyncio.Task[None]]:
        """Wait until there is room for one more; return the tasks still running."""
        while len(running) >= _SLOTS:
            self.beats.beat("jobs", _ROUND_SECONDS)
            await asyncio.wait(running, timeout=_LOOP_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            running = {task for task in running if not task.done()}
        return {task for task in running if not task.done()}

    async def _beat_on(self) -> None:
        """Be heard for as long as the loop turns."""
        while True:
            self.beats.beat("loop", _LOOP_SECONDS)
            await asyncio.sleep(_BEAT_SECONDS)


def _log_trouble(event: str, error: Exception, **more: str) -> None:
    """Say in a word that the database is away: it will be said again and again."""
    if is_away(error):
        _log.warning(event, reason="the database is away", error=type(error).__name__, **more)
    else:
        _log.error(event, exc_info=error, **more)


async def _first_of(*events: asyncio.Event, timeout: float) -> bool:  # noqa: ASYNC109 - no error
    """Wait for any of the events; False when `timeout` seconds pass without one."""
    waits = [asyncio.create_task(event.wait()) for event in events]
    try:
        done, _ = await asyncio.wait(waits, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    return bool(done)
