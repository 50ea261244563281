"""The flow of calls."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

import recorder_core as rc
from recorder_core.transport import Call, RuleTable, Runtime, Transport, quote_path
from recorder_core.transport.usual import HTTP_RULES, bearer, json_envelope, no_such_recording, repeatable
from recorder_vendorname.config import VendornameConfig, VendornameOptions
from recorder_vendorname.translate import StartTranslator

STATES = {
    "starting": rc.RecordingState.STARTING,
    "recording": rc.RecordingState.RECORDING,
    "done": rc.RecordingState.COMPLETED,
}


class Described(BaseModel):
    """The vendor's answer about one recording. Another form is refused, and says so."""

    id: str = Field(min_length=1)
    state: Literal["starting", "recording", "done"]
    files: list[str]


class Found(BaseModel):
    """Its answer about those of a reference."""

    recordings: list[str]


class VendornameProvider(rc.Provider):
    """Vendorname."""

    name = "vendorname"
    plugin_api = 1
    Config = VendornameConfig
    Options = VendornameOptions
    native_ids = ("id",)
    native_key = "id"

    config: VendornameConfig

    @property
    def account(self) -> str:
        """The account's id."""
        return self.config.account_id

    def connect(self, runtime: Runtime) -> Transport:
        """The connections to the vendor."""
        return Transport(
            self.name,
            base_urls=self.config.base_urls,
            rules=RuleTable((no_such_recording("not_found"), repeatable("find", "status", "stop"), *HTTP_RULES)),
            read_envelope=json_envelope,
            auth=bearer(self.config.api_key),
            runtime=runtime,
        )

    def translate(self, spec: rc.RecordingSpec, intent: rc.StartIntent) -> rc.Plan:
        """One request. The vendor starts one recording for a reference, however often it is asked."""
        options, resolved = self.options(spec, VendornameOptions), spec.resolved()
        translator = StartTranslator(self.name)
        translator.walk_spec(resolved, given=spec, options=options, apart_from=intent.apart_from)
        body = {"reference": intent.id, **translator.body}
        request = rc.PlannedRequest("start", "POST", f"{self.config.base_urls[0]}/recordings", body)
        return rc.Plan(self.name, (request,), translator.findings, resolved)

    def start(self, plan: rc.Plan, intent: rc.StartIntent) -> rc.Recording:
        """Send the planned request."""
        call = Call(
            operation="start",
            method="POST",
            path="/recordings",
            body=plan.request("start").payload,
            recording_id=intent.id,
            answers=Described,
            starts=True,
        )
        started = self.transport.send(call).read
        return self.begun(plan, intent, started_at=self.now(), native={"id": started.id})

    def recover(self, intent: rc.StartIntent, spec: rc.RecordingSpec | None) -> rc.Recovery:
        """Ask for the recording by its reference."""
        call = Call(operation="find", method="GET", path="/recordings", query={"reference": intent.id}, answers=Found)
        ids = self.transport.send(call).read.recordings
        recording = self.revived(intent, id=ids[0]) if ids else None
        if recording is not None:
            return self.found(recording, intent, "the vendor has one of its reference")
        return rc.Recovery(intent=intent, verdict=rc.Verdict.NEVER_STARTED, reason="nothing there has its reference")

    def status(self, recording: rc.Recording) -> rc.RecordingStatus:
        """Look at it."""
        try:
            return self._asked("status", "GET", recording)
        except rc.RecordingNotFound as error:
            return rc.RecordingStatus(state=rc.RecordingState.GONE, reason=error.message)

    def stop(self, recording: rc.Recording, *, wait: bool, deadline: float) -> rc.RecordingStatus:
        """Stop it; the vendor answers when the files are there."""
        try:
            return self._asked("stop", "DELETE", recording)
        except rc.RecordingNotFound:  # RecordingEnded is one: of what has ended by itself the vendor may tell the files
            return self.status(recording)

    def _asked(self, operation: str, method: str, recording: rc.Recording) -> rc.RecordingStatus:
        path = quote_path("recordings", recording.native["id"])
        call = Call(operation=operation, method=method, path=path, recording_id=recording.id, answers=Described)
        told = self.transport.send(call).read
        uri = recording.location.uri if recording.location else str
        files = tuple(rc.RecordedFile(name=name, uri=uri(name), status=rc.FileStatus.UPLOADED) for name in told.files)
        return rc.RecordingStatus(state=STATES[told.state], files=files, started_at=recording.started_at)
