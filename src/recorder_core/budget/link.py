"""The way to the Redis in which processes share their limits: whether it can be used, and what is said if not."""

from __future__ import annotations

import hashlib
import logging
import math
import uuid
import weakref
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any, TypeAlias, TypeVar

import redis
from pydantic import SecretStr
from redis.backoff import NoBackoff
from redis.exceptions import MovedError, NoScriptError, RedisClusterException
from redis.retry import Retry

from recorder_core.clock import Clock
from recorder_core.errors import ConfigurationError
from recorder_core.forking import Guarded, notice_fork
from recorder_core.models.base import MASK

logger = logging.getLogger("recorder_core.budget")

SCHEMES = ("redis://", "rediss://", "unix://")
CONNECT_S = 0.25
"""The longest that a connection may take; and an answer of a Redis that couldn't be used for a while."""
ANSWER_S = 1.0
"""The longest that an answer may take."""
RETRY_S = (0.25, 0.5, 1.0, 2.0)
"""After what time the next attempt is made, where that delays no call; the last one again and again."""
SILENCE_S = 2.5
"""After what time the next attempt is made before any other call."""
ERRORS = (redis.RedisError, RedisClusterException, OSError, UnicodeError)
"""Whatever keeps a Redis from being used. The last one is for names of hosts that are none."""


Client: TypeAlias = redis.Redis | redis.RedisCluster
Answer = TypeVar("Answer")


class UnreachableError(Exception):
    """The Redis can't be used now."""


class Script:
    """What a Redis is to do at once, without anything between."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()

    def run(self, client: Client, keys: Sequence[str], argument: str) -> Any:
        """What it answers. The text is sent only where the Redis doesn't know it."""
        try:
            return client.evalsha(self._digest, len(keys), *keys, argument)
        except NoScriptError:
            return client.eval(self.text, len(keys), *keys, argument)


class Link(Guarded):
    """A process's connections to a Redis, made when they are needed. Thread-safe.

    Args:
        url: as for `redis.Redis.from_url`; its options win over the time-outs here.
        clock: by its `monotonic`.

    Attributes:
        who: the process's name among those that share.
        gone_at: since when the Redis can't be used; None: it can.
        failed_at: when that was last seen.
        next_try: when it should be tried again.
        cut_at: when it was last seen that the Redis had ended a connection.

    Raises:
        ConfigurationError: the URL is none of a Redis.
    """

    def __init__(self, url: SecretStr, clock: Clock) -> None:
        super().__init__()
        self._url = url
        self._clock = clock
        self._is_cluster = False
        self._begin()
        self._secrets = self._checked()

    def _begin(self) -> None:
        self.who = uuid.uuid4().hex
        self.gone_at: float | None = None
        self.failed_at = self.next_try = self.cut_at = -math.inf
        self._pauses = iter(RETRY_S)
        self._client: Client | None = None
        self._known: weakref.WeakSet[Any] = weakref.WeakSet()

    def _forked(self) -> None:
        """A child is a process of its own. What it drops here closes its copies of the parent's sockets."""
        super()._forked()
        self._begin()

    def run(self, work: Callable[[Client], Answer]) -> Answer:
        """What is answered to some work with a client, which is done once more where a connection was ended.

        Raises:
            UnreachableError: the Redis can't be used, for whatever reason.
        """
        notice_fork()
        try:
            answer = self._tried(work)
        except ERRORS as error:
            self._failed(error)
        else:
            self._answered()
            return answer
        raise UnreachableError  # here, so that no frame of another library hangs on it

    def leave(self, keys: Iterable[str]) -> None:
        """Take the process's name out of these hashes, if that is possible now, and close the connections."""
        with self._guard:
            client, self._client = self._client, None
        if client is None:
            return
        with suppress(*ERRORS):
            for key in keys:
                client.hdel(key, self.who)
            client.close()

    def _tried(self, work: Callable[[Client], Answer]) -> Answer:
        try:
            return work(self._connected())
        except MovedError:
            with self._guard:
                self._is_cluster, self._client = True, None
        except redis.ConnectionError as error:
            if type(error) is not redis.ConnectionError or self.gone_at is not None:
                raise
            with self._guard:
                self.cut_at, self._client = self._clock.monotonic(), None  # so were the other connections
        return work(self._connected())

    def _connected(self) -> Client:
        with self._guard:
            self._client = self._client or self._new()
            return self._client

    def _new(self) -> Client:
        """A client that has no connection yet."""
        is_cluster = self._is_cluster
        kind = redis.RedisCluster if is_cluster else redis.Redis
        return kind.from_url(
            self._url.get_secret_value(),
            protocol=2,  # a newer one brings messages that nobody asked for, and timers for them
            socket_connect_timeout=CONNECT_S,
            socket_timeout=self._patience(),
            retry=Retry(NoBackoff(), 0),
            redis_connect_func=self._watch if is_cluster else self._connect,
            decode_responses=True,
        )

    def _patience(self) -> float:
        """How long an answer may take. At first, that delays no call, because none is made then: see `SharedSlots`."""
        is_gone = self.gone_at is not None and self._clock.monotonic() > self.gone_at + ANSWER_S
        return CONNECT_S if is_gone else ANSWER_S

    def _checked(self) -> list[SecretStr]:
        """What is secret in the URL, of which nothing but a connection knows whether it can be understood."""
        try:
            pool = redis.ConnectionPool.from_url(self._url.get_secret_value())
            pool.make_connection()
        except (ValueError, TypeError):  # with parts of the URL in their texts
            pool = None
        if pool is None:
            raise _refused("the URL of the budget can't be read")
        return [SecretStr(str(value)) for name, value in pool.connection_kwargs.items() if "password" in name]

    def _connect(self, connection: Any) -> None:
        """A connection is made."""
        self._watch(connection)
        connection.on_connect()

    def _watch(self, connection: Any) -> None:
        """A connection is made. Where it had been made before, the Redis has ended it meanwhile: that must be told."""
        if connection in self._known:
            raise redis.ConnectionError("the connection was ended")
        self._known.add(connection)

    def _failed(self, error: Exception) -> None:
        with self._guard:
            is_news = self.gone_at is None
            self.failed_at = self._clock.monotonic()
            if is_news:
                self.gone_at = self.failed_at
                self._pauses = iter(RETRY_S)
            self.next_try = self.failed_at + next(self._pauses, RETRY_S[-1])
            self._client = None
        if is_news:
            logger.warning(
                "the Redis of the shared budget can't be used: %s. Until it can, each process keeps to its own part of "
                "the account's limits, so that calls may have to wait for longer",
                self._masked(error),
            )

    def _answered(self) -> None:
        with self._guard:
            if self.gone_at is None:
                return
            seconds = self._clock.monotonic() - self.gone_at
            self.gone_at = self._client = None
        logger.warning("the Redis of the shared budget can be used again, after %.0f s", seconds)

    def _masked(self, error: Exception) -> str:
        words = str(error).partition("\n")[0].strip(" .")
        for secret in self._secrets:
            words = words.replace(secret.get_secret_value(), MASK)
        return f"{type(error).__name__}: {words}" if words else type(error).__name__


def sealed(url: object) -> SecretStr:
    """The URL of a Redis, as the secret that it is: it may hold a password.

    Raises:
        ConfigurationError: it is none.
    """
    text = url.get_secret_value() if isinstance(url, SecretStr) else url
    if isinstance(text, str) and text.startswith(SCHEMES):
        return SecretStr(text)
    raise _refused("budget isn't the URL of a Redis: it has to begin with redis://, rediss:// or unix://")


def _refused(message: str) -> ConfigurationError:
    return ConfigurationError(
        message,
        fault="caller",
        hint="Such as redis://host:6379/0, rediss://user:password@host:6379/0 with TLS, or unix:///run/redis.sock. In "
        "users and passwords, write @ as %40, : as %3A, / as %2F, # as %23, ? as %3F, % as %25.",
    )
