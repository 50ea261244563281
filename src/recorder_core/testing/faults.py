"""What can go wrong between a client and a service, for `FaultProxy`: `FAULTS` has all of it by name.

Each meaning says whether the service has carried the request out: that is what a client can't know.
"""

from __future__ import annotations

import gzip
import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from types import MappingProxyType
from typing import Any

from recorder_core.testing.proxy import Answer, Fault, Relay

__all__ = ["FAULTS", "answered", "changed", "redirected", "reshaped", "written"]

PAGE = b"<html><body>Please sign in to the network.</body></html>"
HUGE = 16 * 1024 * 1024
"""Bytes of a body that is too large."""
BLOCK = b" " * 65_536
DEEP = 100_000
"""Levels of a deep tree."""
CHUNKED = "Transfer-Encoding: chunked"

# Ways to make a fault


def answered(status: int, body: bytes = PAGE, *, done: bool = False, **headers: str) -> Fault:
    """An answer of something in between, in place of the service's.

    Args:
        status: of HTTP.
        body: as it is.
        done: whether the service carries the request out before.
        headers: further ones, `_` for `-`.
    """
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = Answer(status, "Whatever", {"Content-Type": "text/html", **named}, body)
    told = " ".join([str(status), *(f"{name}: {value}" for name, value in named.items())])
    meaning = f"something in between answers with status {told}"
    if done:
        return changed(f"{told}, done", meaning, lambda _: answer)
    return Fault(told, f"nothing is done; {meaning}", lambda relay: relay.send(answer))


def redirected(status: int, to: str) -> Fault:
    """A redirect; the service gets nothing.

    Args:
        status: of HTTP, 301 and the like.
        to: the `Location`.
    """
    answer = Answer(status, "Elsewhere", {"Location": to}, b"")
    meaning = f"nothing is done; status {status} leads to another host"
    return Fault(f"redirect {status}", meaning, lambda relay: relay.send(answer))


def changed(name: str, meaning: str, change: Callable[[Answer], Answer]) -> Fault:
    """The service acts, and its answer is another one when it arrives."""
    return Fault(name, f"it is done; {meaning}", lambda relay: relay.send(change(relay.forward())))


def reshaped(name: str, meaning: str, change: Callable[[Any], Any]) -> Fault:
    """The service acts, and the JSON of its answer is another one when it arrives; what isn't JSON stays as it is."""

    def reshape(answer: Answer) -> Answer:
        try:
            tree = json.loads(answer.body)
        except ValueError:
            return answer
        return replace(answer, body=json.dumps(change(tree)).encode())

    return changed(name, meaning, reshape)


def written(name: str, meaning: str, data: Callable[[Answer], bytes], *, keeps: bool = False) -> Fault:
    """The service acts, and these bytes come in place of its answer; the connection ends then, unless it is kept."""

    def act(relay: Relay) -> None:
        relay.write(data(relay.forward()))
        relay.keeps = keeps

    return Fault(name, f"it is done; {meaning}", act)


def done(name: str, meaning: str, end: Callable[[Relay, Answer], None]) -> Fault:
    """The service acts, and something happens to the connection on which its answer would come."""
    return Fault(name, f"it is done; {meaning}", lambda relay: end(relay, relay.forward()))


# What happens to a connection


def _drip_body(relay: Relay, answer: Answer) -> None:
    relay.write(answer.head(length=HUGE))
    relay.drip(itertools.cycle(b" "))


def _write_after(relay: Relay, begin: bytes, block: bytes) -> None:
    relay.write(begin)
    for _ in range(HUGE // len(block)):
        relay.write(block)


def _begin_head(answer: Answer) -> bytes:
    return answer.head().removesuffix(b"\r\n")


def _inform(relay: Relay, answer: Answer) -> None:
    for status in (100, 102, 103):
        relay.write(b"HTTP/1.1 %d Wait\r\nX: y\r\n\r\n" % status)
    relay.send(answer)


def _refuse_with_200(relay: Relay) -> None:
    target = relay.request.target.translate(str.maketrans("123456789", "000000000"))
    relay.send(replace(relay.forward(target=target, without="authorization"), status=200))


CONNECTIONS = (
    Fault("refuse", "nothing is done; the connection is closed", lambda _: None),
    Fault("reset", "nothing is done; the connection is reset", Relay.reset),
    Fault("stall", "nothing is done; no answer comes", Relay.stall),
    done("drop", "the connection is closed", lambda relay, _: None),
    done("drop by reset", "the connection is reset", lambda relay, _: relay.reset()),
    done("drop by stall", "no answer comes", lambda relay, _: relay.stall()),
    done("slow head", "the answer drips, byte by byte", lambda relay, answer: relay.drip(_whole(answer))),
    done("slow body", "the body drips, byte by byte", _drip_body),
)


# Answers that break the rules of HTTP


def _whole(answer: Answer) -> bytes:
    return answer.head() + answer.body


def _half(body: bytes) -> bytes:
    return body[: len(body) // 2]


HTTP = (
    written("half a body", "half of the body comes", lambda answer: answer.head() + _half(answer.body)),
    written("no body", "the head comes, and no body", lambda answer: answer.head(length=99)),
    written("half a chunk", "half a chunk comes", lambda answer: _chunk(answer, len(answer.body)) + _half(answer.body)),
    written(
        "no chunk", "a chunk has no length", lambda answer: answer.head(CHUNKED, length="") + b"zz\r\n" + answer.body
    ),
    written("length: 7", "Content-Length is 7", lambda answer: answer.head(length=7) + answer.body, keeps=True),
    written("length: x", "Content-Length is no number", lambda answer: answer.head(length="x") + answer.body),
    written("length: -1", "Content-Length is below 0", lambda answer: answer.head(length=-1) + answer.body),
    written("two lengths", "Content-Length comes twice", lambda answer: answer.head("Content-Length: 7") + answer.body),
    written("HTTP/1.0", "HTTP/1.0", lambda answer: answer.head(length="", version="HTTP/1.0") + answer.body),
    written("HTTP/3.0", "a version that isn't", lambda answer: answer.head(version="HTTP/3.0") + answer.body),
    written("no HTTP", "another protocol answers", lambda _: b"SSH-2.0-OpenSSH_9.6\r\n"),
    written("no head", "the body comes without a head", lambda answer: answer.body),
    written("twice", "the answer comes twice", lambda answer: _whole(answer) * 2, keeps=True),
    done("1xx", "100, 102 and 103 come before the answer", _inform),
    done(
        "100 for ever", "100 comes for ever", lambda relay, _: relay.drip(itertools.cycle(b"HTTP/1.1 100 Go\r\n\r\n"))
    ),
    done(
        "headers for ever",
        "the head never ends",
        lambda relay, answer: _write_after(relay, _begin_head(answer), b"X: y\r\n" * 5000),
    ),
    done(
        "header for ever",
        "a header never ends",
        lambda relay, answer: _write_after(relay, _begin_head(answer) + b"X:", BLOCK),
    ),
    done("body for ever", "16 MiB come", lambda relay, answer: _write_after(relay, answer.head(length=""), BLOCK)),
)


def _chunk(answer: Answer, length: int) -> bytes:
    return answer.head(CHUNKED, length="") + b"%x\r\n" % length


# Statuses that the service didn't mean


def _with(status: int, answer: Answer) -> Answer:
    return replace(answer, status=status)


STATUSES = (
    *map(answered, (400, 401, 403, 404, 405, 408, 429, 499, 500, 502, 503, 504)),
    *(answered(status, b'{"error": "internal"}', Content_Type="application/json") for status in (400, 404, 500)),
    *(answered(status, Retry_After=wait) for status in (429, 503) for wait in ("2", "9" * 12)),
    *(answered(429, Retry_After=wait) for wait in ("-5", "soon", "Fri, 31 Dec 9999 23:59:59 GMT")),
    *(answered(status, done=True) for status in (408, 500, 502, 503, 504)),
    *(answered(status, b"", done=True) for status in (202, 204, 304)),
    *(
        changed(f"as {status}", f"with status {status}", partial(_with, status))
        for status in (200, 201, 202, 203, 206, 226)
    ),
    Fault("refusal as 200", "nothing is done; the service refuses, with status 200", _refuse_with_200),
)


# Bodies that can't be read


def _packed(answer: Answer, body: bytes) -> Answer:
    return replace(answer, headers={**answer.headers, "Content-Encoding": "gzip"}, body=body)


@cache
def _bomb() -> bytes:
    return gzip.compress(b" " * HUGE, 1)


def _instead(body: bytes) -> Callable[[Answer], Answer]:
    return lambda answer: replace(answer, body=body)


BODIES = (
    changed("page", "a page comes", _instead(PAGE)),
    changed("empty", "an empty body comes", _instead(b"")),
    changed("list", "a list comes", _instead(b"[1, 2]")),
    changed("number", "a number comes", _instead(b"1e999")),
    changed("no fields", "an empty object comes", _instead(b"{}")),
    changed("deep", "a tree of 100,000 levels comes", _instead(b'{"a":' * DEEP + b"1" + b"}" * DEEP)),
    changed("digits", "a number of 5,000 digits comes", _instead(b'{"a": %s}' % (b"9" * 5000))),
    changed("half a text", "half of the JSON comes", lambda answer: replace(answer, body=_half(answer.body))),
    changed("UTF-16", "in UTF-16", lambda answer: replace(answer, body=answer.body.decode().encode("utf-16"))),
    changed("mark", "after a byte order mark", lambda answer: replace(answer, body=b"\xef\xbb\xbf" + answer.body)),
    changed(
        "no UTF-8", "bytes that are no UTF-8", lambda answer: replace(answer, body=answer.body.replace(b'"', b'"\xff'))
    ),
    changed("bomb", "16 MiB come as a small gzip file", lambda answer: _packed(answer, _bomb())),
    changed("no gzip", "what is called gzip isn't", lambda answer: _packed(answer, answer.body)),
    changed("half a gzip", "half a gzip file comes", lambda answer: _packed(answer, _half(gzip.compress(answer.body)))),
)


# JSON whose fields aren't what they should be

VALUES: Mapping[str, Any] = {
    "null": None,
    "a list": [None],
    "an object": {"name": None},
    "a text": "text",
    "a number": -1,
    "a huge number": 10**400,
    "infinity": float("inf"),
    "a lone surrogate": "\ud800",
}


def _fields(value: Any, tree: Any) -> Any:
    return dict.fromkeys(tree, value) if isinstance(tree, dict) else value


def _branches(value: Any, tree: Any) -> Any:
    """In place of whatever holds something; a vendor's code stays, which is a leaf of the first level."""
    if not isinstance(tree, dict):
        return value
    return {key: value if isinstance(part, dict | list) else part for key, part in tree.items()}


def _leaves(value: Any, tree: Any, level: int = 0) -> Any:
    """In place of all leaves below the first level, where a vendor's code is."""
    if isinstance(tree, dict):
        return {key: _leaves(value, part, level + 1) for key, part in tree.items()}
    if isinstance(tree, list):
        return [_leaves(value, part, level + 1) for part in tree]
    return value if level > 1 else tree


SHAPES = tuple(
    reshaped(f"{which}: {name}", f"{name} in place of {what}", partial(change, VALUES[name]))
    for which, what, change, names in (
        ("fields", "every field", _fields, VALUES),
        ("branches", "every list and object", _branches, ("null", "a list", "a text", "a number")),
        ("leaves", "every value inside them", _leaves, VALUES),
    )
    for name in names
)

FAULTS: Mapping[str, Fault] = MappingProxyType(
    {fault.name: fault for fault in (*CONNECTIONS, *HTTP, *STATUSES, *BODIES, *SHAPES)}
)
"""All faults that need no address, by name."""
