"""Callbacks, looks and operations of one recording become one list: each thing once, no state taken back."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest

from recorder_core import RecordingState
from recorder_core.following.merging import Life

START = 1_800_000_000.0


class Following:
    """A life, and what was told of it: kind, state, source and names of files."""

    def __init__(self, story: Any) -> None:
        self.life = Life(START)
        self.story = story
        self.all: list[Any] = []

    def _told(self, events: list[Any]) -> list[tuple[Any, ...]]:
        self.all += events
        return [
            (
                str(event.kind),
                None if event.state is None else str(event.state),
                str(event.source),
                *(file.name for file in event.files),
            )
            for event in events
        ]

    def callback(self, kind: str, seconds: float, state: str | None = None, **fields: Any) -> list[tuple[Any, ...]]:
        """It comes when it happens, unless `comes` says later."""
        comes = fields.pop("comes", seconds)
        return self._told(self.life.told(self.story.callback(kind, seconds, state, **fields), self.story.at(comes)))

    def operation(self, kind: str, seconds: float, state: str | None = None) -> list[tuple[Any, ...]]:
        return self._told(self.life.told(self.story.operation(kind, seconds, state), self.story.at(seconds)))

    def look(self, seconds: float, state: str, *files: Any, **fields: Any) -> list[tuple[Any, ...]]:
        return self._told(self.life.saw(self.story.look(state, *files, **fields), self.story.at(seconds)))

    def release(self, seconds: float) -> list[tuple[Any, ...]]:
        return self._told(self.life.release(self.story.at(seconds)))


@pytest.fixture
def following(story: Any) -> Following:
    return Following(story)


# --- looks alone ---


def test_looks_tell_what_has_changed(following: Following, story: Any) -> None:
    """Each state once, each file once when it is new and once when it is known where it ended up."""
    first, second = story.file("a.mp4"), story.file("b.mp4")
    assert following.look(5, "starting") == [("status", "starting", "look")]
    assert following.look(10, "starting") == []
    assert following.look(20, "recording") == [("recording", "recording", "look")]
    assert following.look(140, "recording", first) == [("file_started", "recording", "look", "a.mp4")]
    assert following.look(260, "recording", first) == []
    assert following.look(380, "paused", first, second) == [("paused", "paused", "look", "b.mp4")]
    assert following.look(500, "recording", first, second) == [("resumed", "recording", "look")]
    assert following.look(620, "stopping", first, second) == [("stopped", "stopping", "look")]
    assert following.look(630, "uploading", first, second) == [("upload_started", "uploading", "look")]
    uploaded = story.file("a.mp4", "uploaded")
    assert following.look(640, "uploading", uploaded, second) == [("status", "uploading", "look", "a.mp4")]
    assert following.look(650, "completed", uploaded, story.file("b.mp4", "lost")) == [
        ("ended", "completed", "look", "a.mp4", "b.mp4")
    ]
    assert following.life.is_over(story.at(650))


def test_a_file_that_has_expired_is_told_once_more(following: Following, story: Any) -> None:
    """That it was there was told, and that it is no more is news; that it was there isn't any longer."""
    following.look(5, "recording")
    assert following.look(640, "uploading", story.file("a.mp4", "uploaded")) == [
        ("upload_started", "uploading", "look", "a.mp4")
    ]
    assert following.look(650, "uploading", story.file("a.mp4", "expired")) == [
        ("status", "uploading", "look", "a.mp4")
    ]
    assert following.look(660, "uploading", story.file("a.mp4", "uploaded")) == []


@pytest.mark.parametrize("state", ["completed", "failed", "gone"])
def test_nothing_follows_an_end(following: Following, state: str) -> None:
    """Whatever is told or found after the end."""
    assert following.look(5, state) == [("ended", state, "look")]
    assert following.look(6, "recording") == []
    assert following.callback("recording", 7, "recording") == []
    assert following.operation("paused", 8, "paused") == []


def test_a_look_takes_no_state_back(following: Following) -> None:
    """A look that was overtaken by a callback of a later state is left aside."""
    following.look(5, "recording")
    following.callback("stopped", 100, "stopping")
    assert following.look(101, "recording") == []
    assert following.life.state is RecordingState.STOPPING


def test_unreachable_and_back(following: Following) -> None:
    """Told once, and so is that it is there again; it may have moved then, and what was changed may be lost."""
    following.look(5, "recording")
    assert following.look(125, "unreachable", reason="the vendor doesn't know it") == [
        ("status", "unreachable", "look")
    ]
    assert following.all[-1].reason == "the vendor doesn't know it"
    assert following.look(140, "unreachable") == []
    assert following.life.is_missing
    assert following.look(170, "recording") == [("status", "recording", "look")]
    assert following.life.has_moved
    assert not following.life.is_missing


def test_unreachable_and_further_on(following: Following) -> None:
    """What comes back in a later state is told with that state's own kind; there is nothing to restore then."""
    following.look(5, "recording")
    following.look(125, "unreachable")
    assert following.look(140, "uploading") == [("upload_started", "uploading", "look")]
    assert not following.life.has_moved


def test_a_young_one_that_starts_anew(following: Following) -> None:
    """A vendor that says "starting" again of what recorded has moved it: no state is taken back, but it is noticed."""
    following.look(5, "recording")
    assert following.look(20, "starting") == []
    assert following.life.is_missing
    assert following.look(35, "recording") == []
    assert following.life.has_moved


def test_unreachable_from_the_start(following: Following) -> None:
    """Of what never recorded nothing was changed: that it comes up isn't taken for a move."""
    assert following.look(5, "unreachable") == [("status", "unreachable", "look")]
    assert following.look(20, "recording") == [("recording", "recording", "look")]
    assert not following.life.has_moved


# --- callbacks and looks ---


def test_a_look_repeats_no_callback(following: Following, story: Any) -> None:
    """What a callback told isn't told again by a look."""
    assert following.callback("started", 3, "starting", sequence=0) == [("started", "starting", "callback")]
    assert following.look(5, "starting") == []
    assert following.callback("file_started", 16, "recording", sequence=1, files=(story.file("a.m3u8"),)) == [
        ("file_started", "recording", "callback", "a.m3u8")
    ]
    assert following.look(20, "recording", story.file("a.m3u8")) == []


def test_a_callback_repeats_no_look(following: Following, story: Any) -> None:
    """What a look told isn't told again by a callback that says no more: a state, an earlier state, a file."""
    following.look(20, "recording", story.file("a.m3u8"))
    assert following.callback("started", 3, "starting", comes=21, sequence=0) == []
    assert following.callback("recording", 15, "recording", comes=21, sequence=1) == []
    assert (
        following.callback("file_started", 16, "recording", comes=21, sequence=2, files=(story.file("a.m3u8"),)) == []
    )
    assert following.callback("segment_started", 16, "recording", comes=21, sequence=3) == [
        ("segment_started", "recording", "callback")
    ]


def test_a_callback_that_says_more_than_a_look(following: Following) -> None:
    """The cause of an end, or whose fault it is, is told although a look has told the state."""
    following.look(100, "stopping")
    assert following.callback("stopped", 99, "stopping", comes=101, ending="idle") == [
        ("stopped", "stopping", "callback")
    ]


def test_the_same_state_a_second_time(following: Following) -> None:
    """A pause that happened after the one that a look has found is another one."""
    following.look(100, "paused")
    following.look(200, "recording")
    assert following.callback("paused", 99, "paused", comes=205) == []
    assert following.callback("paused", 300, "paused") == [("paused", "paused", "callback")]


def test_a_late_callback_changes_no_state(following: Following) -> None:
    """It is told with its own time, and without a state."""
    following.callback("started", 3, "starting", sequence=0)
    following.callback("paused", 50, "paused", sequence=2)
    assert following.release(56) == [("paused", "paused", "callback")]
    assert following.callback("resumed", 40, "recording", comes=60, sequence=1) == [("resumed", None, "callback")]
    assert following.all[-1].occurred_at.timestamp() == START + 40
    assert following.life.state is RecordingState.PAUSED


def test_callbacks_that_are_behind(following: Following) -> None:
    """One that tells an earlier state than what is known is told without it, numbered or not."""
    following.callback("stopped", 100, "stopping")
    assert following.callback("file_started", 99, "recording", comes=101) == [("file_started", None, "callback")]


def test_unproven_callbacks_are_reasons_to_look(following: Following, story: Any) -> None:
    """Nothing that isn't verified is told."""
    following.look(5, "recording")
    assert following.callback("ended", 100, "completed", verified=False) == []
    assert following.life.is_doubtful
    assert following.look(101, "recording") == []
    assert not following.life.is_doubtful


def test_a_migration(following: Following) -> None:
    """It is told, and what was changed since the start may be lost; that it was away before isn't counted twice."""
    following.look(5, "recording")
    following.look(125, "unreachable")
    assert following.callback("migrated", 150) == [("migrated", None, "callback")]
    assert following.life.has_moved
    following.life.has_moved = False
    assert following.look(160, "recording") == [("status", "recording", "look")]
    assert not following.life.has_moved


# --- ends ---


def test_the_last_callback_ends_it(following: Following, story: Any) -> None:
    """`ended` is the last word."""
    following.look(5, "recording")
    following.callback("uploaded", 100, "completed", sequence=1)
    assert not following.life.is_over(story.at(100))
    assert following.callback("ended", 101, "completed", sequence=2) == [("ended", "completed", "callback")]
    assert following.life.is_over(story.at(101))


def test_an_end_waits_a_moment_for_more(following: Following, story: Any) -> None:
    """Without `ended` it is over 6 s after the first that told the end; what comes until then has the state too."""
    following.look(5, "recording")
    following.callback("uploaded", 100, "completed")
    assert following.callback("stopped", 99, "uploading", comes=103) == [("stopped", "completed", "callback")]
    assert not following.life.is_over(story.at(105.9))
    assert following.life.is_over(story.at(106))


def test_the_pictures_of_a_day_take_no_memory(following: Following, story: Any) -> None:
    """One every five seconds, each told once and not remembered: no list of a recording's files has them."""
    following.look(5, "recording")
    tracemalloc.start()
    try:
        for number in range(17_280):
            event = story.callback("snapshot", sequence=number, files=(story.file(f"lesson-{number}.jpg", "uploaded"),))
            assert following.life.told(event, story.at(5 + 5 * number)) == [event]
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken < 50_000


def test_an_end_without_a_cause_waits_a_moment_for_it(following: Following, story: Any) -> None:
    """That all is over may be told before what ended it: the last event has the cause."""
    following.look(5, "recording")
    assert following.callback("ended", 100, "completed", sequence=1) == [("ended", "completed", "callback")]
    assert not following.life.is_over(story.at(100))
    told = following.callback("stopped", 100, "uploading", sequence=2, ending="idle")
    assert told == [("stopped", "completed", "callback")]
    assert following.life.is_over(story.at(106))


def test_an_end_that_nothing_proves_or_explains_is_looked_at(following: Following, story: Any) -> None:
    """The vendor's status may know what ended it; the last word is withheld for that, 6 s at most."""
    following.look(5, "recording")
    following.callback("ended", 100, "completed", sequence=1, nonce="n-1")
    assert following.all[-1].kind == "recording"
    assert following.life.is_doubtful
    assert following.look(101, "failed", ending="fault", fault="vendor") == []
    assert following.release(106) == [("ended", "failed", "look")]
    assert following.all[-1].ending == "fault"
    assert following.life.is_over(story.at(106))


def test_an_end_that_a_look_denies_isn_t_told(following: Following) -> None:
    """Whatever it says of its own cause: forged, it would be the last that anybody heard of a recording that runs."""
    following.look(5, "recording")
    following.callback("ended", 100, "completed", sequence=1, nonce="n-1", ending="idle")
    assert following.life.is_doubtful
    assert following.look(101, "recording") == []
    assert following.release(106) == []
    assert not following.life.is_over(following.story.at(106))


def test_an_end_that_nothing_proves_is_told_without_a_look(following: Following, story: Any) -> None:
    """Where the vendor can't be asked in that time, it is told as it came."""
    following.callback("ended", 100, "completed", sequence=1, nonce="n-1")
    assert following.release(106) == [("ended", "completed", "callback")]
    assert following.life.is_over(story.at(106))


def test_a_look_after_the_end_that_knows_no_more(following: Following, story: Any) -> None:
    """What was told of the end stays the last word."""
    uploaded = story.file("a.mp4", "uploaded")
    following.callback("uploaded", 100, "completed", sequence=1, nonce="n-1", files=(uploaded,))
    assert following.look(100, "completed", uploaded) == []
    assert following.release(106) == []
    assert following.life.is_over(story.at(106))


@pytest.mark.parametrize("explained", ["stopped", "idle"])
def test_an_end_that_is_explained_isn_t_looked_at(following: Following, explained: str) -> None:
    """By whomever: thousands of recordings that end together can't all be looked at."""
    following.look(5, "recording")
    following.callback("stopped", 100, "uploading", sequence=1, nonce="n-1", ending=explained)
    told = following.callback("ended", 101, "completed", sequence=2, nonce="n-2")
    assert told == [("ended", "completed", "callback")]
    assert not following.life.is_doubtful


def test_a_look_that_was_under_way_at_the_end(following: Following, story: Any) -> None:
    """It finds what a callback has just told: the end is told once."""
    following.look(5, "recording")
    following.callback("ended", 100, "completed", sequence=1)
    assert following.look(101, "completed") == []
    assert following.release(106) == []
    assert following.life.is_over(story.at(106))


def test_an_end_that_a_look_finds_waits_for_callbacks(following: Following, story: Any) -> None:
    """Where callbacks come, they have 6 s to tell it; then it is told as the look found it, after those that came."""
    following.callback("recording", 5, "recording", sequence=0)
    following.callback("error", 90, sequence=2)
    assert following.look(91, "completed") == []
    assert following.release(96) == [("error", None, "callback")]
    assert not following.life.is_over(story.at(97))
    assert following.release(97) == [("ended", "completed", "look")]
    assert following.life.is_over(story.at(97))


def test_a_death_without_a_cause_waits_for_the_callback_that_tells_it(following: Following, story: Any) -> None:
    """A vendor may tell nothing until then, so that nobody knows yet whether callbacks come."""
    assert following.look(20, "failed", ending="fault") == []
    told = following.callback("error", 20, "uploading", sequence=0, ending="fault", fault="vendor", comes=21)
    assert told == [("error", "uploading", "callback")]
    assert following.release(26) == [("ended", "failed", "look")]


@pytest.mark.parametrize("cause", [{"ending": "fault", "fault": "vendor"}, {"ending": "limit"}, {}])
def test_an_end_that_a_look_explains_is_told_at_once(following: Following, cause: dict[str, str]) -> None:
    """Where no callback has ever come, none is waited for."""
    assert following.look(20, "failed", **cause) == [("ended", "failed", "look")]


def test_an_end_that_a_look_finds_and_callbacks_tell(following: Following, story: Any) -> None:
    """It is told once, by them, with what they know of it."""
    following.callback("recording", 5, "recording", sequence=0)
    following.look(91, "completed")
    uploaded = story.file("a.mp4", "uploaded")
    assert following.callback("uploaded", 92, "completed", sequence=1, files=(uploaded,)) == [
        ("uploaded", "completed", "callback", "a.mp4")
    ]
    assert following.callback("ended", 95, "completed", sequence=2) == [("ended", "completed", "callback")]
    assert following.life.is_over(story.at(95))


def test_an_end_of_which_a_look_knows_more(following: Following, story: Any) -> None:
    """Such as a stop of ours, of which no callback says that it was one: the last word is that of the look."""
    following.callback("uploaded", 100, "completed", sequence=0)
    assert following.look(101, "completed", ending="stopped") == []
    assert following.release(106) == [("ended", "completed", "look")]
    assert following.all[-1].ending == "stopped"
    assert following.life.is_over(story.at(106))


@pytest.mark.parametrize("state", ["unreachable", "recording", "uploading"])
def test_a_look_that_the_end_has_overtaken(following: Following, state: str) -> None:
    """It began before a callback told the end, and was answered after: it tells nothing."""
    following.look(5, "recording")
    following.callback("uploaded", 100, "completed", sequence=0)
    assert following.look(101, state) == []
    assert following.life.state is RecordingState.COMPLETED


def test_the_end_that_a_held_callback_tells(following: Following) -> None:
    """Where a held callback tells the end itself, the look doesn't tell it a second time."""
    following.callback("recording", 5, "recording", sequence=0)
    following.callback("ended", 90.5, "completed", sequence=2)
    assert following.look(90, "completed") == []
    assert following.release(96) == [("ended", "completed", "callback")]


def test_the_last_words_are_waited_for_from_the_stop_on(following: Following) -> None:
    """A quiet recording's callbacks have their minute after its stop, though the first of them may be lost."""
    following.callback("started", 5, "recording", sequence=1)
    following.operation("stopped", 600, "stopping")
    assert following.look(659, "gone") == []
    assert following.look(660, "gone") == [("ended", "gone", "look")]


def test_the_last_words_of_a_recording_that_is_gone(following: Following) -> None:
    """Where callbacks come, a vendor that knows the recording no more has the last of them still on its way."""
    following.callback("stopped", 100, "stopping", sequence=5)
    assert following.look(110, "gone") == []
    assert following.callback("uploaded", 140, "completed", sequence=6) == [("uploaded", "completed", "callback")]


def test_last_words_that_never_come(following: Following) -> None:
    """A minute without one, and it is gone."""
    following.callback("stopped", 100, "stopping", sequence=5)
    assert following.look(159, "gone") == []
    assert following.look(160, "gone") == [("ended", "gone", "look")]


# --- operations ---


def test_an_operation_is_told_once(following: Following) -> None:
    """Whether or not a callback follows, and whether or not a look finds it."""
    following.look(5, "recording")
    assert following.operation("paused", 60, "paused") == [("paused", "paused", "operation")]
    assert following.callback("paused", 60.4, "paused", sequence=4) == []
    assert following.look(70, "paused") == []
    assert following.operation("resumed", 80, "recording") == [("resumed", "recording", "operation")]
    assert following.look(90, "recording") == []
    assert following.callback("resumed", 80.1, "recording", comes=95, sequence=5) == []


def test_callbacks_that_come_after_the_next_operation(following: Following) -> None:
    """The callback of a pause that is over by now brings the pause not back."""
    following.look(5, "recording")
    following.operation("paused", 60, "paused")
    following.operation("resumed", 61, "recording")
    assert following.callback("paused", 60.2, "paused", comes=62, sequence=4) == []
    assert following.callback("resumed", 61.2, "recording", comes=62, sequence=5) == []
    assert following.life.state is RecordingState.RECORDING


def test_callbacks_that_are_dated_by_their_repeat(following: Following) -> None:
    """Some vendors tell when a callback was sent and not when it happened: one that belongs to a turn brings none back.

    Whether it does is then asked.
    """
    following.look(5, "recording")
    following.operation("paused", 60, "paused")
    following.operation("resumed", 64, "recording")
    assert following.callback("paused", 75, "paused", sequence=4) == []
    assert following.life.is_doubtful
    assert following.callback("resumed", 75, "recording", sequence=5) == []
    assert following.life.state is RecordingState.RECORDING


def test_a_turn_after_one_of_ours(following: Following) -> None:
    """One callback belongs to one turn: the next like it is told, however soon it comes."""
    following.look(5, "recording")
    following.operation("paused", 60, "paused")
    following.callback("paused", 60.2, "paused", sequence=4)
    following.operation("resumed", 62, "recording")
    following.callback("resumed", 62.2, "recording", sequence=5)
    assert following.callback("paused", 63, "paused", sequence=6) == [("paused", "paused", "callback")]


def test_an_operation_that_a_callback_of_another_kind_was_faster_than(following: Following) -> None:
    """That it was resumed is told once, although the segment that it began was told before."""
    following.operation("paused", 60, "paused")
    assert following.callback("segment_started", 70, "recording") == [("segment_started", "recording", "callback")]
    assert following.operation("resumed", 70, "recording") == [("resumed", "recording", "operation")]
    assert following.operation("resumed", 71, "recording") == []
    assert following.callback("resumed", 70, "recording", comes=72) == []


def test_the_state_that_it_is_in(following: Following) -> None:
    """A callback that tells only the state that was told already tells nothing, whenever it comes."""
    following.callback("stopped", 60, "uploading", sequence=0)
    assert following.callback("stopped", 61, "uploading", sequence=1) == []
    assert following.callback("uploaded", 63, "completed", sequence=2) == [("uploaded", "completed", "callback")]


def test_an_operation_that_a_look_found_first(following: Following) -> None:
    """A look that came in between has told it."""
    following.look(5, "recording")
    following.look(60, "paused")
    assert following.operation("paused", 60.1, "paused") == []


def test_operations_without_a_state(following: Following) -> None:
    """Each is told, however often."""
    following.look(5, "recording")
    for second in (10, 20):
        assert following.operation("layout_changed", second) == [("layout_changed", None, "operation")]


def test_a_snapshot_is_ordered_and_arrives(following: Following, story: Any) -> None:
    """The operation says that it was ordered, the callback which file it is."""
    following.look(5, "recording")
    assert following.operation("snapshot", 10) == [("snapshot", None, "operation")]
    assert following.callback("snapshot", 11, sequence=3, files=(story.file("1.jpg", "uploaded"),)) == [
        ("snapshot", None, "callback", "1.jpg")
    ]


def test_a_stop_and_its_callbacks(following: Following) -> None:
    """A stop of ours is told by us; the vendor's word for it says no more, its uploads and its end do."""
    following.look(5, "recording")
    assert following.operation("stopped", 60, "stopping") == [("stopped", "stopping", "operation")]
    assert following.callback("stopped", 60.2, "stopping", sequence=9, ending="stopped") == []
    assert following.callback("stopped", 60.3, "uploading", sequence=10) == []
    assert following.callback("uploaded", 61, "completed", sequence=11) == [("uploaded", "completed", "callback")]
