"""What the tests of the kit work with."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import partial
from typing import Any, ClassVar

import pytest

from recorder_core.models import Recording, RecordingSpec, RecordingState, RecordingStatus, StartIntent
from recorder_core.plan import Plan
from recorder_core.provider import Provider
from recorder_core.recorder import Recorder
from recorder_core.testing import emulate
from recorder_core.testing.service import Service, SkewedClock, configured
from recorder_core.testing.watching import STORAGE, Watch

__all__ = [
    "Fixtures",
    "MakeParted",
    "MakeProvider",
    "MakeSpec",
    "OpenService",
    "drafted",
    "emulated",
    "included",
    "intent_of",
]

SOMEBODY = "1001"

LOOKS = 20
"""After the first ones, until a state is given up for."""

OpenService = Callable[[SkewedClock], AbstractContextManager[Service]]
MakeProvider = Callable[[Service], Provider]
MakeSpec = Callable[..., RecordingSpec]
MakeParted = Callable[[], RecordingSpec]


class Fixtures:
    """Overridden by a provider's tests: `name`, and where no emulator of that name is installed, fixtures."""

    name: ClassVar[str] = ""
    """The provider's name."""

    @pytest.fixture
    def open_service(self) -> OpenService:
        """What opens a service by whose clock everything happens: by default the emulator of the provider's name.

        It is opened anew for each test, without limits of calls, and needn't make any media.
        """
        return emulated(self.name)

    @pytest.fixture
    def make_provider(self) -> MakeProvider:
        """What makes a configured provider for a service: by default the installed one, from the service's `env`."""
        return partial(configured, self.name)

    @pytest.fixture
    def spec_fields(self) -> Mapping[str, Any]:
        """Fields that every spec needs at this vendor beside room and storage, such as the one format that it makes."""
        return {}

    @pytest.fixture
    def parts_fields(self) -> Mapping[str, Any] | None:
        """Fields of a spec whose recording the vendor keeps in several parts: a provider with `several_ids` says which.
        None: its further ids come later, and no start has several. Whom they include is in the room."""
        return {}

    # Made of these

    @pytest.fixture
    def clock(self) -> SkewedClock:
        """The clock of the service and of the recorder. It stands still unless somebody waits."""
        return SkewedClock()

    @pytest.fixture
    def service(self, open_service: OpenService, clock: SkewedClock) -> Iterator[Service]:
        """A running service."""
        with open_service(clock) as service:
            yield service

    @pytest.fixture
    def provider(self, make_provider: MakeProvider, service: Service) -> Provider:
        """A configured provider, which no recorder has opened yet."""
        return make_provider(service)

    @pytest.fixture
    def watch(self) -> Watch:
        """What the recorder sends."""
        return Watch()

    @pytest.fixture
    def recorder(self, provider: Provider, clock: SkewedClock, watch: Watch) -> Iterator[Recorder]:
        """A recorder with the provider."""
        with Recorder(provider, clock=clock, hooks=(watch,)) as recorder:
            yield recorder

    @pytest.fixture
    def make_spec(self, service: Service, spec_fields: Mapping[str, Any]) -> MakeSpec:
        """What makes specs, each for a room of its own in which somebody is."""
        numbers = itertools.count(1)

        def made(*, joined: bool = True, **fields: Any) -> RecordingSpec:
            room = f"room-{next(numbers)}"
            if joined:
                service.join(room, SOMEBODY)
            return RecordingSpec.load({"room": room, "storage": STORAGE, **spec_fields, **fields})

        return made

    @pytest.fixture
    def make_parted(
        self,
        provider: Provider,
        make_spec: MakeSpec,
        parts_fields: Mapping[str, Any] | None,
        service: Service,
    ) -> MakeParted | None:
        """What makes specs whose recordings have several parts; None: the vendor has none such."""
        if not provider.several_ids and parts_fields:
            pytest.fail("`parts_fields` are overridden: say `several_ids = True` in the provider")
        if not provider.several_ids or parts_fields is None:
            return None
        if not parts_fields:
            pytest.fail("the provider has `several_ids`: override `parts_fields`, so that its parts are tried")

        def made() -> RecordingSpec:
            spec = make_spec(**parts_fields)
            for person in included(spec) - {SOMEBODY}:
                service.join(spec.room, person)
            return spec

        return made

    # What several tests do

    def begun_of(
        self,
        recorder: Recorder,
        make_spec: MakeSpec,
        *kinds: Mapping[str, Any],
        operation: str | None = None,
        make_parted: MakeParted | None = None,
    ) -> Iterator[Recording]:
        """A young recording of each kind, told by fields of its spec, and one in parts: of those that the vendor makes,
        and of whose mode it has the operation."""
        makers: list[MakeParted] = [partial(make_spec, **fields) for fields in kinds]
        for make in (*makers, *filter(None, [make_parted])):
            spec = make()
            is_offered = operation is None or recorder.provider.offers(operation, spec.mode)
            if is_offered and recorder.plan(spec).fidelity != "unsupported":
                yield recorder.start(spec, confirm=True)

    def until(self, recorder: Recorder, recording: Recording, *states: RecordingState) -> RecordingStatus:
        """The status when it is one of these, looked up at the pace that the vendor advises; at last what it is."""
        status = recorder.status(recording)
        for delay in (*recorder.provider.poll_delays, *[recorder.provider.poll_delays[-1]] * LOOKS):
            if status.state in states:
                break
            recorder.provider.runtime.clock.sleep(delay)
            status = recorder.status(recording)
        return status


def included(spec: RecordingSpec) -> set[str]:
    """Whom it names to be recorded."""
    chosen = (spec.participants.audio, spec.participants.video)
    return {one for some in chosen if some and some.include for one in some.include}


def intent_of(provider: Provider, spec: RecordingSpec) -> StartIntent:
    """An intent as a recorder would make it, always the same for a room."""
    return StartIntent(
        id=uuid.uuid5(uuid.NAMESPACE_URL, spec.room).hex,
        provider=provider.name,
        account=provider.account,
        room=spec.room,
        created_at=datetime.fromtimestamp(1_800_000_000, UTC),
    )


def drafted(provider: Provider, spec: RecordingSpec) -> tuple[Plan, StartIntent]:
    """The plan of a start, and its intent as it is when the first byte is sent."""
    intent = intent_of(provider, spec)
    plan = provider.translate(spec, intent)
    return plan, intent.model_copy(update={"draft": provider.draft(plan, intent)})


def emulated(name: str) -> OpenService:
    """What opens the emulated service of a provider."""
    return lambda clock: emulate(name, clock=clock, media=False, rate_limits=False)
