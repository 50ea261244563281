"""One notification on its way: a POST to an address, and what came of it."""

import os
from typing import Final, Self
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from recorder_core.emulation.loopback import is_on_loopback

__all__ = ["Poster", "checked_url", "is_allowed", "shown_url"]

TIMEOUT_S: Final = 10.0
"""How long a receiver may take, as the vendors have it."""


class Poster:
    """A client with kept connections, as a context manager. For one thread.

    Nothing of the environment reaches it but `REQUESTS_CA_BUNDLE`: no proxy, no credentials. That is why it sends by
    the adapter; it is a third faster than a session, too.
    """

    def __init__(self) -> None:
        self._adapter = HTTPAdapter()
        self._verify = os.environ.get("REQUESTS_CA_BUNDLE") or True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._adapter.close()

    def post(self, url: str, headers: dict[str, str], body: bytes) -> tuple[int | None, str | None]:
        """The status that was answered, or why none was."""
        try:
            request = requests.Request("POST", url, headers=headers, data=body).prepare()
            answer = self._adapter.send(request, timeout=TIMEOUT_S, verify=self._verify, proxies={})
            # Read to its end, so that the connection can be kept.
            _ = answer.content
        except requests.RequestException as failure:
            return None, _told(failure)
        return answer.status_code, None


def checked_url(url: str) -> str:
    """The URL as it is.

    Raises:
        ValueError: it is no http or https URL with a host.
    """
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except (ValueError, TypeError, AttributeError):
        valid = False
    if not valid:
        raise ValueError("a callback URL is http://host/path or https://host/path, with a port or without")
    return url


def is_allowed(url: str, own: str | None) -> bool:
    """Whether an address that a request named may be called: on this machine, or on the host of the service's own."""
    return is_on_loopback(url) or (own is not None and _host(url) == _host(own))


def shown_url(url: str) -> str:
    """The address without what may be secret: user, password and query."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "no address"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _told(failure: requests.RequestException) -> str:
    # The library's own sentence has the whole address in it, secrets included.
    if isinstance(failure, requests.Timeout):
        return f"no answer within {TIMEOUT_S:g} s"
    if isinstance(failure, requests.exceptions.SSLError):
        return "the receiver's certificate isn't trusted, or it speaks no TLS"
    if isinstance(failure, requests.ConnectionError):
        return "no connection, or it was closed without an answer"
    return type(failure).__name__
