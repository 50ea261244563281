"""P: the class, its configuration, and what it claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import pytest

from recorder_core.clock import SystemClock
from recorder_core.errors import (
    ConfigurationError,
    InvalidSpec,
    RecorderError,
    UnsupportedFeature,
    UnsupportedOperation,
)
from recorder_core.models import Participants, Recording
from recorder_core.plugins import check_provider
from recorder_core.provider import Provider
from recorder_core.recorder import Recorder
from recorder_core.testing.battery.cell import DEADLINE_S
from recorder_core.testing.battery.operations import changes, only
from recorder_core.testing.battery.stage import BOARD, PAGE, ROOM
from recorder_core.testing.conformance.clauses import clause
from recorder_core.testing.conformance.fixtures import Fixtures, MakeSpec, intent_of
from recorder_core.testing.watching import Watch, assert_hidden

__all__ = ["Plugin"]


WISHES: Mapping[str, tuple[Mapping[str, Any], Sequence[Any]]] = {
    "update_participants": (ROOM, [Participants(), only("1001"), only("1002")]),
    "switch_whiteboard": (BOARD, ["wb-7", "wb-8"]),
}
"""Changes that carry no secret, which the watch would hide: for which recordings, and what may be asked."""


class Plugin(Fixtures):
    """P: the class, its configuration, and what it claims."""

    @clause("P1")
    def test_the_class_can_be_used(self, provider: Provider) -> None:
        """P1: it is a whole `Provider` of this plugin API, and is called as its tests call it."""
        check_provider(type(provider), provider.name, "the provider")
        assert provider.name == self.name, "the tests' `name` is another"

    @clause("P2")
    def test_a_plan_needs_no_credentials(self, provider: Provider, make_spec: MakeSpec) -> None:
        """P2: required fields of `Config` have examples, with which a plan is made that is as good as any."""
        found = type(provider)
        with Recorder(found(found.Config.placeholder()), clock=SystemClock(), hooks=()) as recorder:
            plan = recorder.plan(make_spec(joined=False))
        assert plan.requests, "the plan of a plain spec has no request"
        assert plan.fidelity != "unsupported", f"the plain spec can't be recorded: {plan.findings}"

    @clause("P3")
    def test_configurations_of_another_shape_are_refused(self, provider: Provider) -> None:
        """P3: an unknown field of `Config` or `Options` is refused by its name, and no value is shown."""
        with pytest.raises(ConfigurationError) as caught:
            type(provider).Config.checked({**dict(provider.config), "no_such_field": "SK-nobody-sees-this"})
        assert "no_such_field" in str(caught.value)
        assert "SK-nobody-sees-this" not in str(caught.value)

    @clause("P3")
    def test_unknown_options_are_refused(self, recorder: Recorder, make_spec: MakeSpec, watch: Watch) -> None:
        """P3: the same for a spec, before anything is sent."""
        spec = make_spec(options={self.name: {"no_such_option": "SK-nobody-sees-this"}})
        with pytest.raises(InvalidSpec) as caught:
            recorder.start(spec)
        assert f"options.{self.name}.no_such_option" in str(caught.value)
        assert "SK-nobody-sees-this" not in str(caught.value)
        assert watch.exchanges == []

    @clause("P4")
    def test_the_account_is_told_apart(self, provider: Provider) -> None:
        """P4: `account` is a text that isn't empty and holds no secret."""
        assert provider.account.strip()
        assert_hidden(provider, provider.account)

    @clause("P5")
    def test_the_numbers_make_sense(self, provider: Provider) -> None:
        """P5: delays, intervals and limits are more than nothing."""
        assert provider.poll_delays
        assert all(delay > 0 for delay in provider.poll_delays)
        assert provider.watch_interval > 0
        assert provider.shortest_session >= 0
        assert all(limit.calls > 0 for limit in provider.limits)

    @clause("P6")
    def test_what_is_not_claimed_is_refused(
        self, recorder: Recorder, make_spec: MakeSpec, spec_fields: Mapping[str, Any], watch: Watch
    ) -> None:
        """P6: an operation that isn't overridden raises `UnsupportedOperation`, sends nothing, and harms nothing."""
        for recording in self.begun_of(recorder, make_spec, ROOM, PAGE):
            del watch.exchanges[:]
            for change in changes(spec_fields):
                if not recorder.provider.offers(change.name, recording.mode):
                    with pytest.raises(UnsupportedOperation) as caught:
                        change.call(recorder, recording, DEADLINE_S)
                    assert caught.value.hint, change.name
                    assert watch.exchanges == [], change.name
            assert recorder.status(recording).state.running

    @clause("P7")
    def test_what_is_claimed_works(
        self, recorder: Recorder, make_spec: MakeSpec, spec_fields: Mapping[str, Any], watch: Watch
    ) -> None:
        """P7: an operation that is overridden sends something, and the recording goes on; or it says what is lost."""
        for change in changes(spec_fields):
            others = (of for of in change.of if of is not ROOM)
            for recording in self.begun_of(recorder, make_spec, ROOM, *others, operation=change.name):
                del watch.exchanges[:]
                refusal: RecorderError | None = None
                try:
                    changed = change.call(recorder, recording, DEADLINE_S)
                except (UnsupportedFeature, UnsupportedOperation) as error:
                    refusal = error
                if refusal is not None:
                    assert watch.exchanges == [], f"{change.name} was refused after something was sent"
                    assert refusal.hint or refusal.fields().get("findings"), change.name
                    continue
                assert watch.exchanges, f"{change.name} sent nothing"
                after = changed if isinstance(changed, Recording) else recording
                assert recorder.status(after).state.running, f"after {change.name}"

    @clause("P7")
    @pytest.mark.parametrize("operation", WISHES)
    def test_other_wishes_are_sent_as_such(
        self, recorder: Recorder, make_spec: MakeSpec, watch: Watch, operation: str
    ) -> None:
        """P7: what differs is sent unlike, or refused: no wish is done as another one."""
        fields, wishes = WISHES[operation]
        for recording in self.begun_of(recorder, make_spec, fields, operation=operation):
            sent: list[object] = []
            for wish in wishes:
                del watch.exchanges[:]
                with suppress(UnsupportedFeature, UnsupportedOperation):
                    recording = getattr(recorder, operation)(recording, wish)
                    made = [(exchange.operation, exchange.request_body or exchange.url) for exchange in watch.exchanges]
                    assert made not in sent, f"{operation} with {wish!r} was sent as another one"
                    sent.append(made)

    @clause("P8")
    def test_an_unopened_provider_says_so(self, provider: Provider, make_spec: MakeSpec) -> None:
        """P8: without a recorder it can translate, and tries nothing else: it says who has to open it."""
        spec = make_spec(joined=False)
        plan = provider.translate(spec, intent := intent_of(provider, spec))
        native = {**dict.fromkeys((*provider.native_ids, provider.native_key), "1"), **provider.native_examples}
        handle = provider.draft(plan, intent).model_copy(update={"native": native})
        with pytest.raises(ConfigurationError):
            provider.status(handle)
