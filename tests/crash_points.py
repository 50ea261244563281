"""A process that dies at any point of an operation, and what it leaves behind: the durable intent, and the vendor's own
list of what runs."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

from recorder_core import Plan, Provider, Recorder, Recording, RecordingSpec, Recovery, StartIntent, Verdict
from recorder_core.transport import Answer, Call, Transport

KNOWN_TO_RUN = (Verdict.UNCONTROLLABLE, Verdict.UNCLEAR)


class CrashError(BaseException):
    """The process dies here."""


class Process:
    """One process: it passes a point before and after each call and each note, and may die at one of them.

    Args:
        recorder: the process's own.
        durable: an intent, as JSON.
        dies_at: the number of the point, from 0. None: it lives.
        secrets: what no note may hold.
    """

    def __init__(
        self, recorder: Recorder, durable: str, *, dies_at: int | None = None, secrets: tuple[str, ...] = ()
    ) -> None:
        self.provider: Provider = recorder.provider
        self.durable = durable
        self.passed: list[str] = []
        self.recovery: Recovery | None = None
        self._dies_at = dies_at
        self._secrets = secrets
        self.intent = StartIntent.model_validate_json(durable).kept_by(self._keep)
        self.provider._transport = _Dying(self.provider.transport, self._point)  # type: ignore[assignment]

    def start(self, plan: Plan) -> Recording:
        """As the core does."""
        return self.provider.start(plan, self.intent)

    def recover(self, spec: RecordingSpec | None) -> Recovery:
        """As the core does: a recording whose ids are known needs no inquiry."""
        known = self.provider.revived(self.intent)
        if known is None:
            self.recovery = self.provider.recover(self.intent, spec)
        else:
            self.recovery = Recovery(
                intent=self.intent, verdict=Verdict.RUNNING, recording=known, reason="its ids were noted"
            )
        return self.recovery

    def _keep(self, intent: StartIntent) -> None:
        self._point("a note isn't durable yet")
        self.durable = intent.model_dump_json()
        assert not any(secret in self.durable for secret in self._secrets)
        self._point("a note is durable")

    def _point(self, name: str) -> None:
        self.passed.append(name)
        if len(self.passed) - 1 == self._dies_at:
            raise CrashError(name)


class _Dying:
    """A transport with a point before and after each call."""

    def __init__(self, transport: Transport, point: Callable[[str], None]) -> None:
        self._transport = transport
        self._point = point

    def send(self, call: Call, **options: Any) -> Answer:
        self._point(f"{call.operation} isn't sent yet")
        answer = self._transport.send(call, **options)
        self._point(f"{call.operation} was answered")
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def begun(recorder: Recorder, spec: RecordingSpec, key: str | None = None) -> tuple[Plan, str]:
    """The plan of a start, and its intent as it is durable before the first byte leaves."""
    provider = recorder.provider
    intent = StartIntent(
        id=uuid.uuid4().hex if key is None else recorder.recording_id(key),
        key=key,
        provider=provider.name,
        account=provider.account,
        room=spec.room,
        created_at=provider.now(),
    )
    plan = provider.translate(spec, intent)
    return plan, intent.model_copy(update={"draft": provider.draft(plan, intent)}).model_dump_json()


def crashes(operate: Callable[[int], Process]) -> Iterator[tuple[str, Process]]:
    """Every process that died, with the name of its point, until one lives; `operate` runs one with its `dies_at`."""
    for point in range(1000):
        process = operate(point)
        if len(process.passed) <= point:
            return
        yield process.passed[point], process
    raise AssertionError("the operation never ends")


def unreported(service: Any, key: str, *recoveries: Recovery) -> set[str]:
    """The ids, by the provider's `native_key`, of what runs by the vendor's own list and no recovery reports."""
    running = {str(recording.ids[key]) for recording in service.recordings if recording.running}
    for recovery in recoveries:
        if recovery.verdict in KNOWN_TO_RUN and (recovery.ends_by or recovery.candidates):
            named = {str(candidate.native[key]) for candidate in recovery.candidates}
            running -= named or running  # one whose id is lost can't be named
        elif recovery.verdict is Verdict.RUNNING and recovery.recording is not None:
            running.discard(str(recovery.recording.native[key]))
    return running
