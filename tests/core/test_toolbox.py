"""What a provider is given for handles: their draft, what is noted of a start, and the way back from that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from recorder_core import Plan, Provider, Recording, StartIntent, Verdict

AT = datetime(2027, 1, 15, 8, 0, 0, 123456, tzinfo=UTC)
TOLD: dict[str, Any] = {
    "started_at": AT,
    "controllable_until": AT + timedelta(hours=1),
    "base_url": "https://one.example.com",
    "request_id": "q-1",
}


@pytest.fixture
def begun(recorder: Any, provider: Any, spec: Any) -> tuple[Plan, StartIntent]:
    """A plan, and the intent of its start with its draft, as the core makes it."""
    asked = spec()
    intent = StartIntent(id="r-1", provider="memory", account="tenant-1", room=asked.room, created_at=AT)
    plan = provider.translate(asked, intent)
    draft = provider.draft(plan, intent).model_copy(update={"dropped": ("video.fps",), "native": {"kept": [1, 2]}})
    return plan, intent.model_copy(update={"draft": draft})


def test_what_a_start_notes_makes_its_handle_again(provider: Any, begun: tuple[Plan, StartIntent]) -> None:
    """All that the vendor told is noted at once, durable as JSON, and with the draft it is the very handle."""
    plan, intent = begun
    notes: list[str] = []
    kept = intent.kept_by(lambda one: notes.append(one.model_dump_json()))
    recording = provider.begun(plan, kept, native={"tape": "t-1", "sides": {"a": 1}}, **TOLD)
    assert len(notes) == 1
    again = StartIntent.model_validate_json(notes[0])
    assert provider.revived(again) == recording
    assert dict(recording.native) == {"kept": (1, 2), "tape": "t-1", "sides": {"a": 1}}
    assert Recording.model_validate_json(recording.model_dump_json()) == recording


def test_a_provider_may_give_what_it_has_noted_itself(provider: Any, begun: tuple[Plan, StartIntent]) -> None:
    """`native=intent.noted`: what is noted besides doesn't get into the handle."""
    plan, intent = begun
    intent.note(tape="t-1")
    recording = provider.begun(plan, intent, started_at=AT, native=intent.noted)
    assert dict(recording.native) == {"kept": (1, 2), "tape": "t-1"}
    assert provider.revived(intent) == recording


def test_ids_that_are_known_otherwise_count_for_more(provider: Any, begun: tuple[Plan, StartIntent]) -> None:
    """A callback brings an id: without one, or without a draft, there is no handle."""
    _, intent = begun
    assert provider.revived(intent) is None
    recording = provider.revived(intent, tape="t-2", base_url="https://two.example.com", odd="left out")
    assert (recording.native["tape"], recording.base_url) == ("t-2", "https://two.example.com")
    assert "odd" not in recording.native
    assert (recording.started_at, recording.dropped) == (AT, ("video.fps",))
    assert intent.noted == {}
    assert provider.revived(intent.model_copy(update={"draft": None}), tape="t-2") is None


def test_without_a_draft_a_start_makes_its_own(provider: Any, begun: tuple[Plan, StartIntent]) -> None:
    """Whoever calls `start` without the core."""
    plan, intent = begun
    bare = intent.model_copy(update={"draft": None})
    recording = provider.begun(plan, bare, started_at=AT, native={"tape": "t-1"})
    assert (recording.id, recording.room, dict(recording.native)) == ("r-1", plan.spec.room, {"tape": "t-1"})


def test_where_a_vendor_has_no_ids_only_a_noted_start_makes_a_handle(
    provider: Any, begun: tuple[Plan, StartIntent], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An intent of which nothing is known is no recording."""
    plan, intent = begun
    monkeypatch.setattr(type(provider), "native_key", "")
    assert provider.revived(intent) is None
    recording = provider.begun(plan, intent, started_at=AT, native={})
    assert provider.revived(intent) == recording


def test_who_can_not_ask_says_who_may_still_tell(memory: Any, begun: tuple[Plan, StartIntent]) -> None:
    """A start whose id is lost is unclear by default; where callbacks bring lost ids, that is no last word."""

    class Mute(memory):  # type: ignore[misc]
        recover = Provider.recover
        identify = Provider.identify

    class Told(Mute):
        def identify(self, intent: StartIntent, event: object) -> None:
            """Whatever it is."""

    mute, told = (kind().recover(begun[1], None) for kind in (Mute, Told))
    assert (mute.verdict, told.verdict) == (Verdict.UNCLEAR, Verdict.UNCLEAR)
    assert "a callback may still tell" in told.reason
    assert "callback" not in mute.reason
