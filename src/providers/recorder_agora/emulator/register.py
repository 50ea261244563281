"""All recordings of the emulated service, found without a walk over all of them."""

from __future__ import annotations

from typing import Any

from recorder_agora.emulator.session import Session
from recorder_agora.emulator.web import WebSession

__all__ = ["Register"]


class Register:
    """The recordings since the service began."""

    def __init__(self) -> None:
        self.sessions: list[Session[Any]] = []
        self._by_sid: dict[str, Session[Any]] = {}
        self._by_recorder: dict[tuple[str, str], Session[Any]] = {}
        self._by_cname: dict[str, list[Session[Any]]] = {}
        self._running: dict[bool, list[Session[Any]]] = {False: [], True: []}

    def add(self, session: Session[Any]) -> None:
        """Remember a new recording."""
        identity = session.identity
        self.sessions.append(session)
        self._by_sid[identity.sid] = session
        self._by_recorder[identity.cname, identity.uid] = session
        self._by_cname.setdefault(identity.cname, []).append(session)
        self._running[isinstance(session, WebSession)].append(session)

    def is_full(self, limit: int, *, of_pages: bool) -> bool:
        """Whether so many record at once, web pages or rooms."""
        if len(self._running[of_pages]) >= limit:
            # Those that ended are left out only here: at every look it would be a walk over all of them.
            self._running[of_pages] = [session for session in self._running[of_pages] if session.ended_at is None]
        return len(self._running[of_pages]) >= limit

    def running(self, cname: str, uid: str) -> Session[Any] | None:
        """The recording of that recorder, if it runs."""
        session = self._by_recorder.get((cname, uid))
        return session if session is not None and session.ended_at is None else None

    def in_room(self, cname: str) -> list[Session[Any]]:
        """The recordings of that `cname` that run."""
        return [session for session in self._by_cname.get(cname, ()) if session.ended_at is None]

    def find(self, sid_or_cname: str) -> Session[Any]:
        """The recording with that `sid`, or the last one with that `cname`.

        Raises:
            ValueError: there is none.
        """
        named = self._by_cname.get(sid_or_cname, ())
        session = self._by_sid.get(sid_or_cname) or (named[-1] if named else None)
        if session is None:
            raise ValueError(f"no recording was started with the sid or cname {sid_or_cname!r}")
        return session
