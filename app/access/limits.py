"""Rate limits of one process: for each client or person, and for those whom nobody knows.

Who is known is counted by name alone, and never refused for what others do behind the same address.
Bad credentials are counted by address, by the credential and by whom it claims to be
(`docs/decisions/0062-who-is-known-stays-in.md`). The holder of an IPv6 address holds its whole /64,
so these are counted as one. The counts live in memory: behind several processes a caller has as
many times the quota.
"""

import hashlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage.base import Storage
from limits.strategies import FixedWindowRateLimiter

from app.kit.language import Text
from app.kit.problems import Problem
from app.settings import AccessSettings

_WINDOW_SECONDS: Final = 60
_MOST_REMEMBERED: Final = 20_000
"""Whom one kind of limit counts at a time: what is made up for each request fills no memory."""

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Quota:
    """What is left to a caller of one policy."""

    policy: str
    limit: int
    remaining: int
    reset_seconds: int

    def headers(self) -> list[tuple[bytes, bytes]]:
        """`RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10)."""
        policy = f'"{self.policy}";q={self.limit};w={_WINDOW_SECONDS}'
        state = f'"{self.policy}";r={self.remaining};t={self.reset_seconds}'
        return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", state.encode())]


class TooManyRequests(Problem):
    """More requests than the quota, or too many bad credentials."""

    status = 429
    code = "too_many_requests"
    title = Text("请求过于频繁", "Too many requests")
    detail = Text(
        "已超过每分钟的限额，请在 Retry-After 所示秒数之后重试。",
        "The quota of the minute is used up; try again after the seconds in Retry-After.",
    )

    def __init__(self, quota: Quota) -> None:
        """`quota` is the one that is used up: the answer tells of it and of no other."""
        told = {name.decode(): value.decode() for name, value in quota.headers()}
        super().__init__(headers={"Retry-After": str(quota.reset_seconds), **told})


class Limits:
    """The counters of one process."""

    def __init__(self, settings: AccessSettings, now: Clock = time.monotonic) -> None:
        """Start counting. `now` tells seconds and never goes back."""
        self._now = now
        self._known, self._unknown = _Counts(now), _Counts(now)
        self._address = RateLimitItemPerMinute(settings.address_requests_per_minute)
        self._client = RateLimitItemPerMinute(settings.client_requests_per_minute)
        self._bad = RateLimitItemPerMinute(settings.bad_credentials_per_minute)

    @property
    def remembered(self) -> int:
        """Return how many are counted at present."""
        return len(self._known) + len(self._unknown)

    def of_caller(self, name: str) -> Quota:
        """Count a request of a client or person; raises `TooManyRequests`."""
        return self._hit(self._known, "client", self._client, name)

    def of_nobody(self, address: str) -> Quota:
        """Count a request of somebody unknown, by the address; raises `TooManyRequests`."""
        return self._hit(self._unknown, "address", self._address, _network(address))

    def refuse_repeated(self, credential: str) -> None:
        """Raise `TooManyRequests` for a credential that was found bad too often itself.

        No other one is refused before it is looked at: it may be good.
        """
        who = ("bad", _digest(credential))
        if not FixedWindowRateLimiter(self._unknown).test(self._bad, *who):
            raise TooManyRequests(self._quota(self._unknown, self._bad, *who))

    def was_bad(self, address: str, credential: str, claimed: str) -> None:
        """Count a bad credential; raises `TooManyRequests` where there were too many.

        `claimed` is whom it says to be: guesses at one client may come from many addresses.
        """
        counted = [_network(address), _digest(credential)]
        counted += [_digest(claimed)] if claimed else []
        limiter = FixedWindowRateLimiter(self._unknown)
        over = [who for who in counted if not limiter.hit(self._bad, "bad", who)]
        if over:
            raise TooManyRequests(self._quota(self._unknown, self._bad, "bad", over[0]))

    def _hit(self, counts: "_Counts", policy: str, item: RateLimitItem, who: str) -> Quota:
        allowed = FixedWindowRateLimiter(counts).hit(item, policy, who)
        quota = self._quota(counts, item, policy, who)
        if not allowed:
            raise TooManyRequests(quota)
        return quota

    def _quota(self, counts: "_Counts", item: RateLimitItem, policy: str, who: str) -> Quota:
        stats = FixedWindowRateLimiter(counts).get_window_stats(item, policy, who)
        seconds = max(1, math.ceil(stats.reset_time - self._now()))
        return Quota(policy, item.amount, stats.remaining, seconds)


class _Counts(Storage):
    """Counts of one event loop by a clock that never goes back; the oldest go when it is full.

    The library's own in memory go by the time of day, which may be set back by hours, and start a
    thread for almost every request.
    """

    STORAGE_SCHEME = None

    def __init__(self, now: Clock) -> None:
        super().__init__()
        self._now = now
        self._counts: dict[str, tuple[int, float]] = {}
        """Number and end of each window, in the order in which they end: all are as long."""

    def __len__(self) -> int:
        return len(self._counts)

    @property
    def base_exceptions(self) -> type[Exception]:
        return ValueError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count up, after whatever has ended is forgotten."""
        now = self._now()
        while self._counts:
            oldest = next(iter(self._counts))
            if self._counts[oldest][1] > now and len(self._counts) < _MOST_REMEMBERED:
                break
            del self._counts[oldest]
        count, end = self._counts.get(key, (0, now + expiry))
        self._counts[key] = (count + amount, end)
        return count + amount

    def get(self, key: str) -> int:
        """Return the count of a window that has not ended."""
        count, end = self._counts.get(key, (0, 0.0))
        return count if end > self._now() else 0

    def get_expiry(self, key: str) -> float:
        """Return when the window ends, by this clock."""
        return self._counts[key][1] if key in self._counts else self._now()

    def check(self) -> bool:
        """Memory is always well."""
        return True

    def reset(self) -> int:
        """Forget everything."""
        count = len(self._counts)
        self._counts.clear()
        return count

    def clear(self, key: str) -> None:
        """Forget one."""
        self._counts.pop(key, None)


def _network(address: str) -> str:
    """Return who is counted as one: an IPv4 address, or an IPv6 /64, which its holder has whole."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, IPv6Address):
        return str(ip.ipv4_mapped or IPv6Address(int(ip) >> 64 << 64))
    return str(ip)


def _digest(shown: str) -> str:
    """Return a name of fixed length for what may be long, and secret."""
    return hashlib.sha256(shown.encode("utf-8", "surrogatepass")).hexdigest()[:32]
