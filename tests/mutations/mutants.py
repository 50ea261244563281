"""Providers with one fault each, made of a built-in one, and the conformance kit for each of them.

Whoever changes a provider may make such a fault; the kit has to be red then. `MUTANTS` says which clauses it breaks.
"""

from __future__ import annotations

import itertools
import logging
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, ClassVar
from unittest.mock import patch

import pytest
from pydantic import SecretStr

from recorder_core import (
    Grid,
    Link,
    Plan,
    Provider,
    RecordedFile,
    RecorderError,
    Recording,
    RecordingNotFound,
    RecordingState,
    RecordingStatus,
    Recovery,
    RemoteRecording,
    ServiceUnavailable,
    StartIntent,
    StartOutcomeUnknown,
    UnexpectedResponse,
    Verdict,
    WebhookRejected,
    WebhookRequest,
)
from recorder_core.plan import PlannedRequest
from recorder_core.testing.conformance import ProviderConformance
from recorder_zegocloud.provider import ZegocloudProvider
from recorder_zegocloud.translate.composite import CompositeTranslator


@dataclass(frozen=True)
class Mutant:
    """A faulty provider.

    Attributes:
        provider: its class.
        fault: what is wrong with it.
        breaks: the tests of the kit of which at least one has to be red.
    """

    provider: type[Provider]
    fault: str
    breaks: tuple[str, ...]


MUTANTS: dict[str, Mutant] = {}


def mutant(fault: str, *breaks: str) -> Callable[[type[Provider]], type[Provider]]:
    """Take a faulty provider into the list."""

    def taken(provider: type[Provider]) -> type[Provider]:
        MUTANTS[provider.__name__] = Mutant(provider, fault, breaks)
        return provider

    return taken


def secret_of(provider: ZegocloudProvider) -> str:
    return provider.config.server_secret.get_secret_value()


# --- the plugin ---


@mutant("speaks an old plugin API", "test_the_class_can_be_used")
class OldApi(ZegocloudProvider):
    plugin_api = 0


@mutant("has no pace", "test_the_numbers_make_sense")
class NoPace(ZegocloudProvider):
    poll_delays: ClassVar[tuple[float, ...]] = ()


@mutant("tells a secret as its account", "test_the_account_is_told_apart")
class SecretAccount(ZegocloudProvider):
    @property
    def account(self) -> str:
        return f"{self.config.app_id}/{secret_of(self)}"


@mutant("claims an operation and does nothing", "test_what_is_claimed_works")
class IdlePause(ZegocloudProvider):
    def pause(self, recording: Recording) -> None:
        """Nothing is sent."""


@mutant("claims what the vendor lacks", "test_what_is_claimed_works")
class MadeUp(ZegocloudProvider):
    def refresh_storage(self, recording: Recording, storage: Any) -> Recording:
        return recording


# --- translation ---


class Translated(ZegocloudProvider):
    """Translates with other methods than the right ones."""

    methods: ClassVar[dict[str, Any]] = {}

    def translate(self, spec: Any, intent: Any) -> Plan:
        with patch.multiple(CompositeTranslator, **self.methods):
            return super().translate(spec, intent)


@mutant("drops the translation of a storage", "test_a_plan_needs_no_credentials")
class NoStorage(Translated):
    methods: ClassVar[dict[str, Any]] = {"storage_s3": None}


@mutant("claims a field and drops it", "test_nothing_is_lost_in_silence")
class DroppedField(Translated):
    methods: ClassVar[dict[str, Any]] = {"set_idle_timeout": lambda self, idle_timeout: None}


@mutant("keeps its findings to itself", "test_nothing_is_lost_in_silence", "test_what_would_be_lost_is_refused_at_once")
class NoFindings(ZegocloudProvider):
    def translate(self, spec: Any, intent: Any) -> Plan:
        plan = super().translate(spec, intent)
        return Plan(self.name, plan.requests, (), plan.resolved)


@mutant("finds without saying what is lost", "test_nothing_is_lost_in_silence")
class DumbFindings(ZegocloudProvider):
    def translate(self, spec: Any, intent: Any) -> Plan:
        plan = super().translate(spec, intent)
        return Plan(self.name, plan.requests, tuple(replace(one, detail="") for one in plan.findings), plan.resolved)


@mutant("makes another request each time", "test_translating_is_pure")
class Impure(ZegocloudProvider):
    numbers = itertools.count()

    def translate(self, spec: Any, intent: Any) -> Plan:
        plan = super().translate(spec, intent)
        marked = tuple(replace(one, payload={**one.payload, "Number": next(self.numbers)}) for one in plan.requests)
        return Plan(self.name, marked, plan.findings, plan.resolved)


@mutant("shows a secret in its plan", "test_plans_can_be_shown")
class LoudPlan(ZegocloudProvider):
    def translate(self, spec: Any, intent: Any) -> Plan:
        plan = super().translate(spec, intent)
        first, *others = plan.requests
        loud = PlannedRequest(first.operation, first.method, f"{first.url}&key={secret_of(self)}", first.payload)
        return Plan(self.name, (loud, *others), plan.findings, plan.resolved)


# --- the life of a recording ---


@mutant("repeats a start", "test_a_handle_says_what_was_started", "test_two_rooms_are_two_recordings")
class StartsTwice(ZegocloudProvider):
    def start(self, plan: Plan, intent: Any) -> Recording:
        again = intent.model_copy(update={"id": intent.id[::-1]})
        super().start(self.translate(plan.spec, again), again)
        return super().start(plan, intent)


@mutant("forgets an id", "test_a_handle_says_what_was_started")
class NoId(ZegocloudProvider):
    def start(self, plan: Plan, intent: Any) -> Recording:
        recording = super().start(plan, intent)
        return recording.model_copy(update={"native": {"TaskId": recording.native["TaskId"]}})


@mutant("puts a secret into its handles", "test_a_handle_has_no_secret")
class SecretHandle(ZegocloudProvider):
    def start(self, plan: Plan, intent: Any) -> Recording:
        recording = super().start(plan, intent)
        return recording.model_copy(update={"native": {**recording.native, "key": secret_of(self)}})


@mutant("keeps what it needs in memory", "test_a_handle_is_all_that_another_process_needs")
class Memory(ZegocloudProvider):
    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self._mine: set[str] = set()

    def start(self, plan: Plan, intent: Any) -> Recording:
        recording = super().start(plan, intent)
        self._mine.add(recording.id)
        return recording

    def status(self, recording: Recording) -> RecordingStatus:
        if recording.id not in self._mine:
            return RecordingStatus(state=RecordingState.GONE)
        return super().status(recording)


@mutant("takes a young recording for a dead one", "test_a_young_recording_has_a_state")
class Impatient(ZegocloudProvider):
    def status(self, recording: Recording) -> RecordingStatus:
        status = super().status(recording)
        is_young = status.state is RecordingState.STARTING
        return status.model_copy(update={"state": RecordingState.FAILED}) if is_young else status


@mutant("never sees that it truly records", "test_it_truly_records")
class Blind(ZegocloudProvider):
    def status(self, recording: Recording) -> RecordingStatus:
        status = super().status(recording)
        records = status.state is RecordingState.RECORDING
        return status.model_copy(update={"state": RecordingState.STARTING}) if records else status


@mutant("says that everything runs", "test_what_has_ended_has_a_state", "test_it_ends_when_nobody_is_left")
class Rosy(ZegocloudProvider):
    def status(self, recording: Recording) -> RecordingStatus:
        return super().status(recording).model_copy(update={"state": RecordingState.RECORDING})


@mutant("raises what is a state", "test_what_the_vendor_never_knew_has_a_state")
class NotFound(ZegocloudProvider):
    def status(self, recording: Recording) -> RecordingStatus:
        status = super().status(recording)
        if status.state is RecordingState.GONE:
            raise RecordingNotFound("there is none", provider=self.name, hint="Look elsewhere.")
        return status


@mutant("says that it has stopped and doesn't", "test_a_stop_ends_it")
class LazyStop(ZegocloudProvider):
    def stop(self, recording: Recording, *, wait: bool, deadline: float) -> RecordingStatus:
        return RecordingStatus(state=RecordingState.COMPLETED)


@mutant("stops only once", "test_a_second_stop_is_no_error")
class StopsOnce(ZegocloudProvider):
    def stop(self, recording: Recording, *, wait: bool, deadline: float) -> RecordingStatus:
        if not self.status(recording).state.running:
            raise RecordingNotFound("it has ended", provider=self.name, hint="Stop it earlier.")
        return super().stop(recording, wait=wait, deadline=deadline)


@mutant(
    "forgets what it is told when it stops too late",
    "test_a_second_stop_is_no_error",
    "test_a_stop_of_what_ended_by_itself_is_told",
)
class LateStop(ZegocloudProvider):
    def stop(self, recording: Recording, *, wait: bool, deadline: float) -> RecordingStatus:
        if not self.status(recording).state.running:
            return RecordingStatus(state=RecordingState.GONE)
        return super().stop(recording, wait=wait, deadline=deadline)


@mutant("loses the files of what it stops too late", "test_a_stop_of_what_ended_by_itself_is_told")
class LateFiles(ZegocloudProvider):
    def stop(self, recording: Recording, *, wait: bool, deadline: float) -> RecordingStatus:
        runs = self.status(recording).state.running
        status = super().stop(recording, wait=wait, deadline=deadline)
        return status if runs else status.model_copy(update={"files": ()})


@mutant("doesn't say where files lie", "test_files_are_named_and_found")
class NoAddress(ZegocloudProvider):
    def stop(self, recording: Recording, *, wait: bool, deadline: float) -> RecordingStatus:
        status = super().stop(recording, wait=wait, deadline=deadline)
        files = tuple(file.model_copy(update={"uri": None, "url": None}) for file in status.files)
        return status.model_copy(update={"files": files})


@mutant("loses the files", "test_files_are_named_and_found")
class NoFiles(ZegocloudProvider):
    def status(self, recording: Recording) -> RecordingStatus:
        return super().status(recording).model_copy(update={"files": ()})

    def stop(self, recording: Recording, *, wait: bool, deadline: float) -> RecordingStatus:
        status = super().stop(recording, wait=wait, deadline=deadline)
        return status.model_copy(update={"files": ()})


# --- changes ---


@mutant("takes what the vendor refuses of a change for done", "test_what_is_over_is_not_changed")
class Eager(ZegocloudProvider):
    def layout(self, recording: Recording, layout: Any, plan: Plan) -> Recording:
        with suppress(RecorderError):
            super().layout(recording, layout, plan)
        return recording


@mutant("plans every change of layout as a grid", "test_no_change_of_layout_is_lost_in_silence")
class OnlyGrids(ZegocloudProvider):
    def translate_layout(self, recording: Recording, layout: Any) -> Plan:
        return super().translate_layout(recording, Grid(background=layout.background))


@mutant("loses the background of a change", "test_no_change_of_layout_is_lost_in_silence")
class NoBackground(ZegocloudProvider):
    def translate_layout(self, recording: Recording, layout: Any) -> Plan:
        return super().translate_layout(recording, layout.model_copy(update={"background": Grid().background}))


@mutant("sends another layout than it has planned", "test_layouts_are_sent_as_they_are_planned")
class SendsGrids(ZegocloudProvider):
    def layout(self, recording: Recording, layout: Any, plan: Plan) -> Recording:
        return super().layout(recording, Grid(), self.translate_layout(recording, Grid()))


@mutant("knows one whiteboard alone", "test_other_wishes_are_sent_as_such")
class OneBoard(ZegocloudProvider):
    def switch_whiteboard(self, recording: Recording, whiteboard_id: str) -> Recording:
        return super().switch_whiteboard(recording, "board")


@mutant("asks for the state, and calls that a resume", "test_a_pause_is_told")
class LazyResume(ZegocloudProvider):
    def resume(self, recording: Recording) -> None:
        self.status(recording)


@mutant("pauses what is paused with an error", "test_a_pause_is_told")
class PausesOnce(ZegocloudProvider):
    def pause(self, recording: Recording) -> None:
        if self.status(recording).state is RecordingState.PAUSED:
            raise UnexpectedResponse("it is paused", provider=self.name, hint="Pause it once.")
        super().pause(recording)


@mutant("never sees a pause", "test_a_pause_is_told")
class NoPause(ZegocloudProvider):
    def status(self, recording: Recording) -> RecordingStatus:
        status = super().status(recording)
        is_paused = status.state is RecordingState.PAUSED
        return status.model_copy(update={"state": RecordingState.RECORDING}) if is_paused else status


# --- recovery ---


@mutant("notes nothing", "test_what_was_noted_is_the_handle")
class NotesNothing(ZegocloudProvider):
    def start(self, plan: Plan, intent: Any) -> Recording:
        return super().start(plan, StartIntent.model_validate_json(intent.model_dump_json()))


@mutant("swallows a start's unknown outcome", "test_a_start_without_an_answer_is_explained")
class Swallows(ZegocloudProvider):
    def start(self, plan: Plan, intent: Any) -> Recording:
        try:
            return super().start(plan, intent)
        except StartOutcomeUnknown as error:
            raise ServiceUnavailable("try again", provider=self.name, hint="Try again.") from error


@mutant("recovers by wishful thinking", "test_a_start_without_an_answer_is_explained")
class Wishful(ZegocloudProvider):
    def recover(self, intent: Any, spec: Any) -> Recovery:
        return Recovery(intent=intent, verdict=Verdict.NEVER_STARTED, reason="it must be so")


@mutant("recovers by starting anew", "test_a_start_that_was_never_sent_is_no_recording")
class StartsAnew(ZegocloudProvider):
    def recover(self, intent: Any, spec: Any) -> Recovery:
        if spec is not None:
            self.start(self.translate(spec, intent), intent.model_copy())
        return Recovery(intent=intent, verdict=Verdict.NEVER_STARTED, reason="nothing was found")


# --- what others began, and what the vendor keeps ---


@mutant("adopts whatever it is named", "test_what_the_vendor_never_knew_is_not_adopted")
class CredulousAdopter(ZegocloudProvider):
    def adopt(self, remote: RemoteRecording) -> Recording:
        return self.adopted(remote, {**remote.native, "stream_id": "{participant}"})


@mutant("adopts under another id each time", "test_what_others_began_is_adopted")
class Fickle(ZegocloudProvider):
    def adopt(self, remote: RemoteRecording) -> Recording:
        return super().adopt(remote).model_copy(update={"id": uuid.uuid4().hex})


@mutant("adopts without what the next call needs", "test_what_others_began_is_adopted")
class HalfAdopted(ZegocloudProvider):
    def adopt(self, remote: RemoteRecording) -> Recording:
        recording = super().adopt(remote)
        return recording.model_copy(update={"native": {"TaskId": recording.native["TaskId"]}})


@mutant("ends what it adopts", "test_what_others_began_is_adopted")
class Usurper(ZegocloudProvider):
    def adopt(self, remote: RemoteRecording) -> Recording:
        recording = super().adopt(remote)
        self.stop(recording, wait=False, deadline=5)
        return recording


class Keeper(ZegocloudProvider):
    """Gives links, and deletes, whatever the vendor keeps."""

    deleted: ClassVar[set[str]] = set()

    def link(self, recording: Recording, file: RecordedFile, *, seconds: float) -> Link:
        return Link(url=SecretStr(f"https://keep.example/{file.name}?signature=of-a-link"))

    def delete_files(self, recording: Recording) -> None:
        self.deleted.add(recording.id)


@mutant("logs the address of a link", "test_a_link_is_a_secret")
class LoudLink(Keeper):
    def link(self, recording: Recording, file: RecordedFile, *, seconds: float) -> Link:
        link = super().link(recording, file, seconds=seconds)
        logging.getLogger("recorder_zegocloud").warning("%s", link.url.get_secret_value())
        return link


@mutant("gives links that have ended", "test_a_link_is_a_secret")
class StaleLink(Keeper):
    def link(self, recording: Recording, file: RecordedFile, *, seconds: float) -> Link:
        return super().link(recording, file, seconds=seconds).model_copy(update={"expires_at": recording.started_at})


@mutant("gives one address for every file", "test_a_link_is_a_secret")
class OneLink(Keeper):
    def link(self, recording: Recording, file: RecordedFile, *, seconds: float) -> Link:
        return Link(url=SecretStr("https://keep.example/all?signature=of-a-link"))

    def stop(self, recording: Recording, *, wait: bool, deadline: float) -> RecordingStatus:
        status = super().stop(recording, wait=wait, deadline=deadline)
        twice = [*status.files, *(file.model_copy(update={"name": f"second-{file.name}"}) for file in status.files)]
        return status.model_copy(update={"files": tuple(twice)})


@mutant("opens what it has deleted", "test_deleted_files_are_expired")
class OpenLink(Keeper):
    def status(self, recording: Recording) -> RecordingStatus:
        status = super().status(recording)
        if recording.id not in self.deleted:
            return status
        files = tuple(file.model_copy(update={"status": "expired"}) for file in status.files)
        return status.model_copy(update={"files": files})


@mutant("says that it has deleted and hasn't", "test_deleted_files_are_expired")
class Hoarder(Keeper):
    pass


@mutant("deletes once", "test_deleted_files_are_expired")
class DeletesOnce(Keeper):
    def delete_files(self, recording: Recording) -> None:
        if recording.id in self.deleted:
            raise RecordingNotFound("there is nothing to delete", hint="It is gone.")
        super().delete_files(recording)

    def status(self, recording: Recording) -> RecordingStatus:
        status = super().status(recording)
        if recording.id not in self.deleted:
            return status
        files = tuple(file.model_copy(update={"status": "expired"}) for file in status.files)
        return status.model_copy(update={"files": files})


# --- threads, secrets ---


@mutant("mixes up what threads do", "test_one_provider_serves_many_threads", "test_two_rooms_are_two_recordings")
class OneForAll(ZegocloudProvider):
    last: Recording | None = None

    def start(self, plan: Plan, intent: Any) -> Recording:
        self.last = super().start(plan, intent)
        return self.last

    def stop(self, recording: Recording, *, wait: bool, deadline: float) -> RecordingStatus:
        return super().stop(self.last or recording, wait=wait, deadline=deadline)


@mutant("closes once", "test_closing_ends_no_recording")
class ClosesOnce(ZegocloudProvider):
    is_closed = False

    def close(self) -> None:
        if self.is_closed:
            raise RuntimeError("it is closed")
        self.is_closed = True
        super().close()


@mutant("logs a secret", "test_nothing_shows_a_secret")
class Chatty(ZegocloudProvider):
    def start(self, plan: Plan, intent: Any) -> Recording:
        logging.getLogger("recorder_zegocloud").debug("signing with %s", secret_of(self))
        return super().start(plan, intent)


@mutant("shows a secret in its errors", "test_no_error_shows_a_secret")
class LoudError(ZegocloudProvider):
    def start(self, plan: Plan, intent: Any) -> Recording:
        try:
            return super().start(plan, intent)
        except StartOutcomeUnknown as error:
            loud = {**error.fields(), "message": f"not started with {secret_of(self)}"}
            raise StartOutcomeUnknown(**loud) from None


@mutant("takes wrong credentials for bad weather", "test_wrong_credentials_are_named")
class BadWeather(ZegocloudProvider):
    def start(self, plan: Plan, intent: Any) -> Recording:
        try:
            return super().start(plan, intent)
        except Exception as error:
            raise ServiceUnavailable("something is wrong", provider=self.name, hint="Wait.") from error


# --- callbacks ---


@mutant("believes every callback", "test_forged_callbacks_are_rejected")
class Credulous(ZegocloudProvider):
    def parse_webhook(self, request: WebhookRequest) -> Any:
        config = self.config
        self.config = config.model_copy(update={"webhook_secret": ()})
        try:
            return super().parse_webhook(request)
        finally:
            self.config = config


@mutant("believes what nobody has signed", "test_forged_callbacks_are_rejected")
class Lenient(Credulous):
    def parse_webhook(self, request: WebhookRequest) -> Any:
        is_signed = b'"signature"' in request.body
        return ZegocloudProvider.parse_webhook(self, request) if is_signed else super().parse_webhook(request)


@mutant("takes any recording for a lost one", "test_a_callback_is_taken_for_no_other_start")
class Finder(ZegocloudProvider):
    def identify(self, intent: Any, event: Any) -> Recording | None:
        task = event.native.get("TaskId")
        return self.revived(intent, TaskId=task) if task else None


@mutant("falls over a body", "test_any_body_is_taken_or_rejected")
class FallsOver(ZegocloudProvider):
    def parse_webhook(self, request: WebhookRequest) -> Any:
        try:
            return super().parse_webhook(request)
        except WebhookRejected as error:
            raise KeyError("event_type") from error


@mutant("believes callbacks of last week", "test_old_callbacks_are_rejected")
class Patient(ZegocloudProvider):
    def parse_webhook(self, request: WebhookRequest) -> Any:
        config = self.config
        self.config = config.model_copy(update={"webhook_max_age": 86_400.0})
        try:
            return super().parse_webhook(request)
        finally:
            self.config = config


@mutant("tells repeats as news", "test_a_repeat_has_the_same_keys")
class Repeats(ZegocloudProvider):
    numbers = itertools.count()

    def parse_webhook(self, request: WebhookRequest) -> Any:
        events = super().parse_webhook(request)
        return [event.model_copy(update={"dedup_key": str(next(self.numbers))}) for event in events]


@mutant("takes every callback for its own", "test_its_own_callbacks_are_recognised")
class Greedy(ZegocloudProvider):
    @classmethod
    def recognises_webhook(cls, request: WebhookRequest) -> bool:
        return True


@mutant("tells of nobody's recording", "test_true_callbacks_are_events", "test_events_are_of_their_recording")
class Nameless(ZegocloudProvider):
    def parse_webhook(self, request: WebhookRequest) -> Any:
        return [event.model_copy(update={"native": {}}) for event in super().parse_webhook(request)]


def _kit(found: Mutant) -> type[ProviderConformance]:
    def make_provider(self: object) -> Callable[[Any], Provider]:
        return lambda service: found.provider(found.provider.Config.from_env(service.env))

    body = {"name": "zegocloud", "make_provider": pytest.fixture(make_provider)}
    return type("Kit", (ProviderConformance,), body)


def chosen() -> Sequence[str]:
    """The tests that have to catch them, as pytest calls them, and the same of the provider without a fault."""
    of_mutants = [f"Test{name}::{test}" for name, found in MUTANTS.items() for test in found.breaks]
    return [*of_mutants, *sorted({f"TestSound::{test}" for found in MUTANTS.values() for test in found.breaks})]


SOUND = Mutant(ZegocloudProvider, "", ())
globals().update({f"Test{name}": _kit(found) for name, found in MUTANTS.items()}, TestSound=_kit(SOUND))
