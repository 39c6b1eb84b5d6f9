"""Rate limits of one process: for each address, for each client or person, for bad credentials.

The holder of an IPv6 address holds its whole /64, so these are counted as one. The counts live in
memory: behind several processes a caller has as many times the quota.
"""

import hashlib
import math
import time
from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from app.kit.language import Text
from app.kit.problems import Problem
from app.settings import AccessSettings

_WINDOW_SECONDS: Final = 60
_REMEMBERED: Final = 10_000
_TRUSTED_SECONDS: Final = 600.0


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

    def __init__(self, settings: AccessSettings) -> None:
        """Start counting."""
        self._counts = _Counts()
        self._counter = FixedWindowRateLimiter(self._counts)
        self._address = RateLimitItemPerMinute(settings.address_requests_per_minute)
        self._client = RateLimitItemPerMinute(settings.client_requests_per_minute)
        self._bad = RateLimitItemPerMinute(settings.bad_credentials_per_minute)
        self._good: OrderedDict[bytes, float] = OrderedDict()

    @property
    def remembered(self) -> int:
        """How many are counted at present."""
        return len(self._counts.storage)

    def from_address(self, address: str) -> Quota:
        """Count a request from an address; raises `TooManyRequests`."""
        return self._hit("address", self._address, _network(address))

    def of_caller(self, name: str) -> Quota:
        """Count a request of a client or person; raises `TooManyRequests`."""
        return self._hit("client", self._client, name)

    def refuse_guesses(self, address: str, credential: str) -> None:
        """Raise `TooManyRequests` where too many bad credentials came from the address.

        One that was good a while ago passes: others behind the same proxy are not locked out.
        """
        network = _network(address)
        if self._counter.test(self._bad, network):
            return
        if self._good.get(_digest(credential), 0.0) < time.monotonic():
            raise TooManyRequests(self._quota("bad", self._bad, network))

    def was_bad(self, address: str) -> None:
        """Count a bad credential from an address."""
        self._counter.hit(self._bad, _network(address))

    def was_good(self, credential: str) -> None:
        """Remember a credential that let its caller in."""
        digest = _digest(credential)
        self._good[digest] = time.monotonic() + _TRUSTED_SECONDS
        self._good.move_to_end(digest)
        if len(self._good) > _REMEMBERED:
            self._good.popitem(last=False)

    def _hit(self, policy: str, item: RateLimitItem, who: str) -> Quota:
        allowed = self._counter.hit(item, policy, who)
        quota = self._quota(policy, item, policy, who)
        if not allowed:
            raise TooManyRequests(quota)
        return quota

    def _quota(self, policy: str, item: RateLimitItem, *who: str) -> Quota:
        stats = self._counter.get_window_stats(item, *who)
        seconds = max(1, math.ceil(stats.reset_time - time.time()))
        return Quota(policy, item.amount, stats.remaining, seconds)


class _Counts(MemoryStorage):
    """Counts of one event loop: what has expired is dropped in passing, by no thread of a timer.

    The library starts one for almost every request, which costs a tenth of a short one's time.
    """

    def __init__(self) -> None:
        super().__init__()
        self._swept = time.time()

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count up; what has expired is forgotten once a window, whoever does not come again."""
        now = time.time()
        if now >= self._swept + _WINDOW_SECONDS:
            self._swept = now
            for each in [each for each, end in self.expirations.items() if end <= now]:
                self.clear(each)
        count = self.get(key) + amount
        self.storage[key] = count
        if count == amount:
            self.expirations[key] = now + expiry
        return count


def _network(address: str) -> str:
    """Who is counted as one: an IPv4 address, or an IPv6 /64, which its holder has whole."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, IPv6Address):
        return str(ip.ipv4_mapped or IPv6Address(int(ip) >> 64 << 64))
    return str(ip)


def _digest(credential: str) -> bytes:
    return hashlib.sha256(credential.encode("utf-8", "surrogateescape")).digest()[:16]
