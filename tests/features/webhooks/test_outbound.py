"""Where requests to addresses of callers go: judged at the address that is dialled."""

import asyncio
import ipaddress
import itertools
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.kit.outbound import posting
from app.kit.outbound.addresses import Allowed, is_public
from app.kit.outbound.posting import Answer, Failure, NotSentError, look_up, post
from tests.support.receiver import Receiver, certificate, receiving

ANY: int = 0
NOTHING = Allowed()
MAPPED = ("::ffff:{}", "64:ff9b::{}", "::{}")
PRIVATE = (
    "0.0.0.1", "10.0.0.1", "10.255.255.254", "100.64.0.1", "100.100.100.200", "127.0.0.1",
    "127.255.255.254", "168.63.129.16", "169.254.0.23", "169.254.169.254", "172.16.0.1",
    "172.31.255.254", "192.0.0.170", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1",
    "198.18.0.1", "198.19.255.254", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250",
    "240.0.0.1", "255.255.255.255",
)  # fmt: skip
SPECIAL = (
    "::", "::1", "100::1", "2001::1", "2001:0:53aa:64c:0:fbff:80ff:fffe", "2001:2::1",
    "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::1", "2002:a00:1::", "3fff::1",
    "5f00::1", "64:ff9b:1::1", "fc00::1", "fd00:ec2::254", "fd12:3456::1", "fe80::1",
    "fe80::1%lo", "fec0::1", "ff02::1", "ff0e::1", "4000::1",
)  # fmt: skip
FORMS = (
    "127.1", "127.0.1", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "2130706433", "017700000001",
    "127.0.0.1.", "localhost", "LOCALHOST", "localhost.", "[::1]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "[::127.0.0.1]", "0", "0.0", "[::]", "127.0.0.2",
    "127.000.000.001", "0x7F.1", "１２７.０.０.１", "①②⑦.⓪.⓪.①", "127。0。0。1",
    "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
)  # fmt: skip
"""Ways to write this machine."""
SHAPES = (
    "https://{host}:{port}/", "https://public.example@{host}:{port}/", "http://{host}:{port}/",
    "https://{host}:{port}\\@public.example/", "https://{host}:{port}#@public.example/",
)  # fmt: skip


@asynccontextmanager
async def canary() -> AsyncIterator[tuple[int, list[str]]]:
    """A port of this machine at which every connection is counted."""
    met: list[str] = []

    async def meet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        met.append(str(writer.get_extra_info("peername")))
        writer.close()

    server = await asyncio.start_server(meet, "127.0.0.1", ANY)
    port = server.sockets[0].getsockname()[1]
    second = await asyncio.start_server(meet, "::1", port)
    try:
        yield port, met
    finally:
        server.close()
        second.close()


def listed(*addresses: str) -> object:
    """A look-up that finds these."""

    async def lookup(_host: str, _port: int) -> Sequence[str]:
        return addresses

    return lookup


async def really(host: str, port: int) -> Sequence[str]:
    """The look-up of this machine, which asks nobody for the one name."""
    if host == "public.example":
        raise OSError(host)
    return await look_up(host, port)


async def failure_of(url: str, **more: object) -> Failure:
    arguments: dict[str, object] = {"allowed": NOTHING, "seconds": 5, **more}
    with pytest.raises(NotSentError) as caught:
        await post(url, b"{}", {}, **arguments)  # type: ignore[arg-type]
    return caught.value.failure


def test_special_addresses_are_not_public() -> None:
    inside = [form.format(address) for form in MAPPED for address in PRIVATE]
    wrong = [a for a in (*PRIVATE, *SPECIAL, *inside) if is_public(ipaddress.ip_address(a))]

    assert wrong == []


def test_public_addresses_are() -> None:
    for address in ("8.8.8.8", "1.1.1.1", "114.114.114.114", "2400:3200::1", "2606:4700::1111"):
        assert is_public(ipaddress.ip_address(address))


async def test_two_hundred_hostile_addresses_reach_nothing() -> None:
    async with canary() as (port, met):
        urls = [s.format(host=host, port=port) for s in SHAPES for host in FORMS]
        named = [*PRIVATE, *SPECIAL, *(MAPPED[0].format(a) for a in PRIVATE)]
        found = [
            await failure_of(url, lookup=listed(host))
            for host in named
            for url in (f"https://hook.example:{port}/",)
        ]
        written = [await failure_of(url, lookup=really) for url in urls]

    assert len(urls) + len(named) >= 200
    assert set(found) == {Failure.REFUSED_ADDRESS}
    assert set(written) <= {Failure.REFUSED_ADDRESS, Failure.UNKNOWN_HOST, Failure.INSECURE}
    assert met == []


async def test_a_hundred_names_that_change_reach_what_was_judged() -> None:
    """A name leads to a good address and to this machine by turns, or to both at once."""
    async with receiving(host="127.0.0.2") as receiver, canary() as (_port, met):
        allowed = Allowed.of(["127.0.0.2/32"])
        turns = itertools.cycle(
            (["127.0.0.2"], ["127.0.0.1"], ["127.0.0.2", "127.0.0.1"], ["::1", "127.0.0.2"])
        )
        asked = []

        async def lookup(host: str, _port: int) -> Sequence[str]:
            asked.append(host)
            return next(turns)

        outcomes: list[str] = []
        for number in range(100):
            url = f"http://name{number}.example:{receiver.port}/"
            try:
                await post(url, b"{}", {}, allowed=allowed, seconds=5, lookup=lookup)
                outcomes.append("sent")
            except NotSentError as error:
                outcomes.append(error.failure)

    assert outcomes == ["sent", *[Failure.REFUSED_ADDRESS] * 3] * 25
    assert len(asked) == 100, "each name is looked up once"
    assert len(receiver.requests) == 25
    assert met == []


async def test_the_name_is_kept_where_the_address_is_dialled() -> None:
    async with receiving() as receiver:
        url = f"http://hook.example:{receiver.port}/in?key=1"
        await post(url, b"{}", {"X": "y"}, allowed=LOOPBACK, seconds=5, lookup=listed("127.0.0.1"))  # type: ignore[arg-type]

    (request,) = receiver.requests
    assert request.path == "/in?key=1"
    assert request.headers["host"] == f"hook.example:{receiver.port}"
    assert request.headers["x"] == "y"


async def test_redirects_are_not_followed() -> None:
    async with receiving() as receiver, canary() as (port, met):
        receiver.answer(302, headers={"Location": f"http://127.0.0.1:{port}/"})
        answer = await _post(receiver)

    assert answer.status == 302
    assert met == []


async def test_long_and_slow_answers_are_cut_off() -> None:
    async with receiving() as receiver:
        receiver.answer(200, body=b"x" * 5_000_000)
        assert len((await _post(receiver)).body) <= 64 * 1024
        receiver.answer(200, drip=0.05)
        assert await failure_of(receiver.url, allowed=LOOPBACK, seconds=0.3) == Failure.TIMEOUT


async def test_what_cannot_be_spoken_to() -> None:
    async with receiving() as receiver:
        closed = receiver.url
        receiver.answer(0)
        assert await failure_of(receiver.url, allowed=LOOPBACK) in {
            Failure.PROTOCOL, Failure.UNREACHABLE,
        }  # fmt: skip
    assert await failure_of(closed, allowed=LOOPBACK) == Failure.UNREACHABLE
    assert await failure_of("https://a..b/") == Failure.UNKNOWN_HOST


async def test_tls_is_checked_against_the_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The connection goes to an address, the certificate is the name's."""
    async with receiving(tls=certificate(tmp_path, "hook.example")) as receiver:
        url = f"https://hook.example:{receiver.port}/"
        place = {"allowed": LOOPBACK, "lookup": listed("127.0.0.1")}
        assert await failure_of(url, **place) == Failure.TLS, "nobody has vouched for it"
        trusted = ssl.create_default_context(cafile=str(tmp_path / "hook.example.pem"))
        monkeypatch.setattr(posting, "_trusted", lambda: trusted)
        answer = await post(url, b"{}", {}, seconds=5, **place)  # type: ignore[arg-type]
        other = url.replace("hook.", "other.")
        assert await failure_of(other, **place) == Failure.TLS, "it is another's"

    assert answer.status == 204
    assert len(receiver.requests) == 1


@pytest.mark.parametrize(
    ("entry", "host", "address", "plain", "reached"),
    [
        ("10.0.0.0/8", "hook.example", "10.1.2.3", True, True),
        ("10.0.0.0/8", "hook.example", "192.168.1.1", False, False),
        (".intra.example", "oa.intra.example", "10.1.2.3", True, True),
        (".intra.example", "intra.example", "10.1.2.3", False, False),
        (".intra.example", "oa.intra.example", "127.0.0.1", True, False),
        (".intra.example", "oa.intra.example", "169.254.169.254", True, False),
        (".intra.example", "oa.intra.example", "100.100.100.200", True, False),
        (".intra.example", "evilintra.example", "10.1.2.3", False, False),
        ("oa.intra.example", "OA.intra.example.", "fd12::1", True, True),
        ("oa.intra.example", "x.oa.intra.example", "10.1.2.3", False, False),
    ],
)
def test_what_the_operator_allows(
    entry: str, host: str, address: str, *, plain: bool, reached: bool
) -> None:
    allowed, found = Allowed.of([entry]), ipaddress.ip_address(address)

    assert allowed.may_be_plain(host, [found]) is plain
    assert allowed.may_reach(host, found) is reached


async def test_lookups_find_addresses() -> None:
    assert "127.0.0.1" in await look_up("localhost", 80)


LOOPBACK = Allowed.of(["127.0.0.0/8"])


async def _post(receiver: Receiver) -> Answer:
    return await post(receiver.url, b"{}", {}, allowed=LOOPBACK, seconds=5)
