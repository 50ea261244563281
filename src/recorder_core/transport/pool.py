"""One pooled `requests.Session`: bytes out, bytes in, each host's proxy and CA bundle looked up once.

requests and urllib3 do the work; the subclasses below make five things certain that they leave open:

* whether any byte of a request can have reached the host (a repeat is safe only where none can);
* that a whole answer, head and body, takes no longer than it may, however slowly it drips, and that nothing outlasts
  the deadline, however many addresses a host has;
* that no answer is taken for another request's: those that only inform (1xx) are read over;
* that what urllib3 logs and puts into its errors holds no secret of the query: it is given a masked target,
  and only the connection, which logs nothing, writes the real one; other users of urllib3 notice nothing;
* that a TLS connection costs no reading of the CA bundle, only the first one of a host does.
"""

from __future__ import annotations

import math
import os
import re
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests
import urllib3
from requests.adapters import DEFAULT_CA_BUNDLE_PATH, HTTPAdapter
from requests.utils import select_proxy
from urllib3.util.ssl_ import create_urllib3_context

from recorder_core.errors import ConfigurationError, TransportError
from recorder_core.forking import Guarded, notice_fork
from recorder_core.rules import Rule, Then
from recorder_core.transport.connection import Passage, passing, with_our_connections
from recorder_core.transport.failures import Stage, described, innermost, stage_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from queue import LifoQueue

    from requests import PreparedRequest
    from urllib3.connection import HTTPConnection

    from recorder_core.transport.masking import MaskedQuery

__all__ = ["Lost", "Pool", "Reply"]

POOL_SIZE = 64
LARGEST_ANSWER = 8 * 1024 * 1024
"""Bytes, after decompression."""

NOT_IN_A_HEADER = re.compile(r"[^\t\x20-\x7e\x80-\xff]")

UNTRUSTED = Rule(
    then=Then.RAISE,
    error=TransportError,
    meaning="the host can't show that it is who it says; nothing was sent",
    hint="Check the computer's clock and the host's name. Behind a proxy that opens TLS, or with a CA of "
    "your own, set REQUESTS_CA_BUNDLE to the CA bundle. Verification can't be switched off.",
)
MISCONFIGURED = Rule(
    then=Then.RAISE,
    error=ConfigurationError,
    meaning="the connection can't be set up; nothing was sent",
    hint="Check the proxy variables (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY) and the file that "
    "REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names.",
    fault="caller",
)
UNSENDABLE = Rule(
    then=Then.RAISE,
    error=ConfigurationError,
    meaning="the request can't be written: a header holds a character that HTTP doesn't allow",
    hint="Check the credentials for line breaks and letters beyond ASCII.",
    fault="caller",
)


@dataclass(frozen=True, slots=True, repr=False)
class Reply:
    """A whole answer; `data` is None where it is longer than `LARGEST_ANSWER` or can't be decompressed."""

    status: int
    headers: Mapping[str, str]
    data: bytes | None


@dataclass(frozen=True, slots=True, repr=False)
class Lost:
    """No whole answer.

    Attributes:
        reason: in a few words.
        sent: whether any byte of the request can have reached the host.
        timed_out: whether a time-out ended it.
        rule: what follows, where that is the same for every vendor.
        stage: how far the way to the host led.
    """

    reason: str
    sent: bool
    timed_out: bool = False
    rule: Rule | None = None
    stage: Stage = "HTTP"

    @property
    def ours(self) -> bool:
        """Whether it was what is set here, or the request itself: not the host."""
        return self.rule in (MISCONFIGURED, UNSENDABLE)


class _HostAdapter(HTTPAdapter):
    """The connections to one host, with what the environment says about it."""

    def __init__(self, base_url: str, session: requests.Session, masked_query: MaskedQuery) -> None:
        settings = session.merge_environment_settings(base_url, {}, True, True, None)
        self.proxies = dict(settings["proxies"])
        self._ca_bundle = DEFAULT_CA_BUNDLE_PATH if settings["verify"] is True else str(settings["verify"])
        self._is_forwarded = base_url.startswith("http:") and select_proxy(base_url, self.proxies) is not None
        self._masked_query = masked_query
        super().__init__(pool_connections=1, pool_maxsize=POOL_SIZE, max_retries=0)
        anything = requests.PreparedRequest()
        anything.url = base_url
        self._pool: Any = super().get_connection_with_tls_context(anything, True, self.proxies)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        with_our_connections(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **proxy_kwargs)
        with_our_connections(manager)
        return manager

    def build_connection_pool_key_attributes(self, *args: Any, **kwargs: Any) -> Any:
        host, _ = super().build_connection_pool_key_attributes(*args, **kwargs)
        if host["scheme"] == "http":
            return host, {}
        context = create_urllib3_context()
        if os.path.isdir(self._ca_bundle):
            context.load_verify_locations(capath=self._ca_bundle)
        else:
            context.load_verify_locations(cafile=self._ca_bundle)
        return host, {"ssl_context": context, "cert_reqs": "CERT_REQUIRED"}

    def open(self, request: PreparedRequest, connect: float, read: float) -> urllib3.HTTPResponse:
        """The answer to a request. What `send` does is this, and much that was done here once for all requests."""
        answer: urllib3.HTTPResponse = self._pool.urlopen(
            request.method,
            self.request_url(request, self.proxies),
            body=request.body,
            headers=dict(request.headers.items()),
            redirect=False,
            assert_same_host=False,
            preload_content=False,
            decode_content=False,
            retries=False,
            timeout=urllib3.Timeout(connect=connect, read=read),
        )
        return answer

    def leave(self) -> None:
        """Close a forked child's copies of the parent's idle connections, which go on there.

        Their queue begins anew: a thread of the parent's may have held its lock.
        """
        queue: LifoQueue[HTTPConnection | None] = self._pool.pool
        idle = [connection for connection in queue.queue if connection is not None]
        queue.__init__(queue.maxsize)  # type: ignore[misc]
        for connection in idle:
            connection.close()

    def request_url(self, request: PreparedRequest, proxies: Any) -> str:
        target = super().request_url(request, proxies) if self._is_forwarded else request.path_url
        if not self._masked_query:
            return target
        passing.get().target = target
        return self._masked_query.mask(target)


class _Hosts(Guarded):
    """The session of one process and the hosts that it has spoken to."""

    def __init__(self) -> None:
        super().__init__()
        self._begin()

    def _begin(self) -> None:
        self.session = requests.Session()
        self.adapters: dict[str, _HostAdapter] = {}

    def _forked(self) -> None:
        """The connections are the parent's: two that write to one would get one another's answers."""
        super()._forked()
        for adapter in self.adapters.values():
            adapter.leave()
        self._begin()

    def adapter(self, base_url: str, masked_query: MaskedQuery) -> _HostAdapter:
        known = self.adapters.get(base_url)
        if known is not None:
            return known
        with self._guard:
            if base_url not in self.adapters:
                self.adapters[base_url] = _HostAdapter(base_url, self.session, masked_query)
                self.session.mount(base_url, self.adapters[base_url])
            return self.adapters[base_url]


class Pool:
    """The session and its hosts. Thread-safe; a forked process gets a session of its own.

    Args:
        masked_query: the query parameters that urllib3 must not see.
    """

    def __init__(self, masked_query: MaskedQuery) -> None:
        self._masked_query = masked_query
        self._hosts = _Hosts()

    def send(
        self,
        base_url: str,
        request: PreparedRequest,
        *,
        connect: float,
        read: float,
        within: float = math.inf,
        leaving: Callable[[], None] | None = None,
    ) -> Reply | Lost:
        """Send a request as it is: no redirect is followed, no cookie kept, no `.netrc` read.

        The name look-up is the operating system's and keeps its own time.

        Args:
            base_url: the host; its connections are used.
            request: with method, url, headers and body.
            connect: seconds for the connection, for each address of the host.
            read: seconds for the whole answer.
            within: seconds for all of it.
            leaving: called when the connection stands, before the first byte is written.
        """
        passage = Passage(read, within, leaving, has_body=bool(request.body))
        token = passing.set(passage)
        try:
            host = self._adapter(base_url)
            if isinstance(host, Lost):
                return host
            response = host.open(request, connect, read)
            return Reply(response.status, response.headers, _body_of(response))
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            return _lost(error, sent=passage.sent)
        except ValueError as error:
            # Nothing but its class is told: its text quotes the header, which may be a credential.
            if any(NOT_IN_A_HEADER.search(str(value)) for value in request.headers.values()):
                return Lost(type(error).__name__, sent=False, rule=UNSENDABLE)
            return Lost(type(error).__name__, sent=passage.sent)
        finally:
            passing.reset(token)

    def close(self) -> None:
        """Close the connections; a later request opens new ones."""
        notice_fork()
        hosts, self._hosts = self._hosts, _Hosts()
        hosts.session.close()

    def _adapter(self, base_url: str) -> _HostAdapter | Lost:
        notice_fork()
        try:
            return self._hosts.adapter(base_url, self._masked_query)
        except (requests.RequestException, OSError) as error:
            return Lost(described(innermost(error)), sent=False, rule=MISCONFIGURED, stage="proxy")


def _body_of(raw: urllib3.HTTPResponse) -> bytes | None:
    length = raw.length_remaining
    fits = length is not None and length <= LARGEST_ANSWER and "Content-Encoding" not in raw.headers
    try:
        data = raw.read(None if fits else LARGEST_ANSWER + 1, decode_content=True)
    except urllib3.exceptions.DecodeError:
        raw.close()
        return None
    if len(data) > LARGEST_ANSWER:
        raw.close()
        return None
    return data


def _lost(error: Exception, *, sent: bool) -> Lost:
    last, stage = innermost(error), stage_of(error, sent=sent)
    if isinstance(last, ssl.SSLCertVerificationError):
        return Lost(described(last), sent=False, rule=UNTRUSTED, stage=stage)
    timed_out = isinstance(last, TimeoutError | urllib3.exceptions.TimeoutError)
    return Lost(described(last), sent=sent, timed_out=timed_out, stage=stage)
