"""How far the way to a host led, and what ended it, in a few words that quote no peer."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from typing import Literal

import urllib3

__all__ = ["Stage", "described", "innermost", "stage_of"]

Stage = Literal["proxy", "DNS", "TCP", "TLS", "HTTP"]
"""Where it ended: at a proxy, at the look-up of the name, at the connection, at the certificate and its handshake, or
after the request had been sent."""


def stage_of(error: BaseException, *, sent: bool) -> Stage:
    """Where it ended.

    Args:
        error: what was raised.
        sent: whether any byte of the request can have reached the host.
    """
    if any(isinstance(part, urllib3.exceptions.ProxyError) for part in _chain(error)):
        return "proxy"
    last = innermost(error)
    if isinstance(last, socket.gaierror):
        return "DNS"
    if isinstance(last, ssl.SSLError) or (isinstance(last, TimeoutError) and "handshake" in str(last)):
        return "TLS"
    return "HTTP" if sent else "TCP"


def innermost(error: BaseException) -> BaseException:
    """What requests and urllib3 have wrapped, each in its own way."""
    *_, last = _chain(error)
    return last


def described(error: BaseException) -> str:
    """In words of ours or the system's: those of other errors quote what the peer sent."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate: {error.verify_message}"
    if isinstance(error, TimeoutError | urllib3.exceptions.TimeoutError):
        return "timed out"
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return type(error).__name__


def _chain(error: BaseException) -> Iterator[BaseException]:
    inner: BaseException | None = error
    while inner is not None:
        yield inner
        wrapped = (getattr(inner, "reason", None), *inner.args, inner.__cause__)
        inner = next((part for part in wrapped if isinstance(part, BaseException)), None)
