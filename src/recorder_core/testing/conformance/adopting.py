"""R7: what becomes of a recording that nobody here has started."""

from __future__ import annotations

from datetime import timedelta

import pytest

from recorder_core.errors import RecordingNotFound, UnsupportedOperation
from recorder_core.models import Recording, RemoteRecording
from recorder_core.models.recording import ids_of
from recorder_core.recorder import Recorder
from recorder_core.testing.conformance.clauses import clause
from recorder_core.testing.conformance.fixtures import Fixtures, MakeParted, MakeProvider, MakeSpec
from recorder_core.testing.service import Service, SkewedClock, running
from recorder_core.testing.watching import Watch, assert_hidden

__all__ = ["Adopting"]


class Adopting(Fixtures):
    """R7: what becomes of a recording that nobody here has started."""

    @clause("R7")
    def test_what_others_began_is_adopted(
        self,
        recorder: Recorder,
        make_spec: MakeSpec,
        make_provider: MakeProvider,
        service: Service,
        clock: SkewedClock,
    ) -> None:
        """R7: `adopt` gives the handle of a recording that was started elsewhere, by what the vendor lists of it, or by
        its id alone: the same one each time, without a secret, with which it is looked at and stopped. Adopting changes
        nothing. Where it isn't overridden it is refused."""
        spec = make_spec()
        recording = recorder.start(spec, confirm=True)
        with Recorder(make_provider(service), clock=clock, hooks=()) as another:
            remote = _remote_of(another, recording)
            if not another.provider.offers("adopt"):
                with pytest.raises(UnsupportedOperation) as refused:
                    another.adopt(remote)
                assert refused.value.hint
                assert recorder.status(recording).state.running
                return
            adopted = another.adopt(remote)
            assert another.adopt(remote) == adopted
            assert _id_of(another, adopted) == _id_of(another, recording)
            assert (adopted.provider, adopted.account) == (recording.provider, recording.account)
            assert adopted.room in (recording.room, ""), "it is another room's"
            assert_hidden(another.provider, adopted.model_dump_json())
            assert another.status(adopted).state.running
        assert running(service, spec.room) == 1, "adopting changed what runs"
        kept = Recording.model_validate_json(adopted.model_dump_json())
        with Recorder(make_provider(service), clock=clock, hooks=()) as third:
            assert third.adopt(remote).id == adopted.id, "it has another id each time"
            assert not third.stop(kept).state.running
        assert running(service, spec.room) == 0

    @clause("R7")
    def test_parts_that_others_began_are_adopted_together(
        self,
        recorder: Recorder,
        make_parted: MakeParted | None,
        make_provider: MakeProvider,
        service: Service,
        clock: SkewedClock,
    ) -> None:
        """R7: what has several parts is adopted by all of their ids, as one handle, which ends all of them."""
        if make_parted is None or not recorder.provider.offers("adopt"):
            return
        spec = make_parted()
        recording = recorder.start(spec, confirm=True)
        ids = recording.ids_under(recorder.provider.native_key)
        with Recorder(make_provider(service), clock=clock, hooks=()) as another:
            adopted = another.adopt(_bare(another, recording, *ids))
            assert set(adopted.ids_under(another.provider.native_key)) == set(ids)
            assert another.status(adopted).state.running
        assert running(service, spec.room) == len(ids), "adopting changed what runs"
        with Recorder(make_provider(service), clock=clock, hooks=()) as third:
            assert not third.stop(Recording.model_validate_json(adopted.model_dump_json())).state.running
        assert running(service, spec.room) == 0

    @clause("R7")
    def test_what_the_vendor_never_knew_is_not_adopted(
        self, recorder: Recorder, make_spec: MakeSpec, watch: Watch
    ) -> None:
        """R7: an id that the vendor doesn't know is `RecordingNotFound`, and no handle. Whoever can't adopt isn't
        asked."""
        recording = recorder.start(make_spec())
        del watch.exchanges[:]
        changed = _another(_id_of(recorder, recording))
        remote = _bare(recorder, recording.model_copy(update={"room": ""}), changed)
        offers = recorder.provider.offers("adopt")
        with pytest.raises(RecordingNotFound if offers else UnsupportedOperation) as caught:
            recorder.adopt(remote)
        assert caught.value.hint
        assert bool(watch.exchanges) == offers
        assert recorder.status(recording).state.running


def _remote_of(recorder: Recorder, recording: Recording) -> RemoteRecording:
    """The recording as the vendor lists it, or with its id alone where there is no list."""
    native_id = _id_of(recorder, recording)
    if not recorder.provider.offers("list_remote"):
        return _bare(recorder, recording, native_id)
    now = recorder.provider.now()
    listed = recorder.list_remote(now - timedelta(hours=1), now + timedelta(hours=1), room=recording.room)
    found = [remote for remote in listed if native_id in ids_of(remote.native.get(recorder.provider.native_key))]
    assert len(found) == 1, "it isn't listed"
    return found[0]


def _bare(recorder: Recorder, recording: Recording, first: str, *others: str) -> RemoteRecording:
    """What is known of it by its ids alone."""
    provider = recorder.provider
    return RemoteRecording(
        provider=provider.name,
        account=provider.account,
        room=recording.room or None,
        native={provider.native_key: (first, *others) if others else first},
    )


def _id_of(recorder: Recorder, recording: Recording) -> str:
    ids = recording.ids_under(recorder.provider.native_key)
    assert ids, "the handle lacks the vendor's id"
    return ids[0]


def _another(native_id: str) -> str:
    """An id that nobody has."""
    return f"{native_id[:-1]}{'1' if native_id.endswith('0') else '0'}"
