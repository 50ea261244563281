"""`recorder demo`: what it leaves behind, opened and looked at."""

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from recorder_core.cli.demo_lesson import CUSTOM, LESSON_S, MOMENTS
from recorder_core.cli.demo_picture import agreement, frames
from recorder_core.emulation.room import Participant

PROVIDERS = ["agora", "zegocloud"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """The folder and the report of one demo."""
    folder = tmp_path_factory.mktemp("demo")
    command = (sys.executable, "-m", "recorder_core.cli", "demo", "--json")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)


def mp4(demo: tuple[Path, Any], provider: str) -> tuple[Path, float]:
    """The MP4 of a provider, and at which second of it the lesson begins."""
    folder, report = demo
    (found,) = (entry for entry in report["recordings"] if (entry["provider"], entry["format"]) == (provider, "mp4"))
    return folder / found["path"], found["lead_s"]


def test_every_provider_has_an_mp4_and_an_hls_that_play(demo: tuple[Path, Any]) -> None:
    """Each provider has both formats; each opens, holds pictures and sound, and is as long as the lesson."""
    folder, report = demo
    found = {(entry["provider"], entry["format"]): entry for entry in report["recordings"]}
    assert set(found) == {(name, form) for name in PROVIDERS for form in ("mp4", "hls")}
    for entry in found.values():
        with av.open(str(folder / entry["path"])) as container:
            assert container.streams.video
            assert container.streams.audio
            assert container.duration is not None
            length = container.duration / av.time_base
        assert length == pytest.approx(entry["duration_s"], abs=0.01)
        assert LESSON_S - 0.2 <= length - entry["lead_s"] <= LESSON_S + 2
        assert entry["size_bytes"] > 10_000


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_pictures_change_as_the_lesson_asks(demo: tuple[Path, Any], provider: str) -> None:
    """The frames before and after each join and each layout change differ."""
    path, lead = mp4(demo, provider)
    pictures = frames(path, [lead + moment.at for moment in MOMENTS])
    for before, after in pairwise(pictures):
        assert agreement(before, after) < 0.9


@pytest.mark.parametrize("provider", PROVIDERS)
def test_who_is_large_is_who_was_asked_for(demo: tuple[Path, Any], provider: str) -> None:
    """Left of the middle there is 1001 while alone, and 1002 in the spotlight."""
    path, lead = mp4(demo, provider)
    alone, spotlight = frames(path, [lead + 2, lead + 13])
    for picture, participant in ((alone, "1001"), (spotlight, "1002")):
        assert np.abs(picture[360, 400].astype(int) - Participant.of(participant).color).max() < 12


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_custom_layout_is_where_its_regions_say(demo: tuple[Path, Any], provider: str) -> None:
    """The centre of each region has its participant's colour."""
    path, lead = mp4(demo, provider)
    (picture,) = frames(path, [lead + 18])
    for region in CUSTOM.regions:
        x, y = (region.x + region.width / 2) * 1280, (region.y + region.height / 2) * 720
        color = Participant.of(region.participant or "").color
        assert np.abs(picture[int(y), int(x)].astype(int) - color).max() < 12


def test_one_custom_layout_is_one_picture(demo: tuple[Path, Any]) -> None:
    """At the moment of the custom layout both providers' pictures agree nearly everywhere."""
    _, report = demo
    assert report["failures"] == []
    custom = next(moment for moment in report["moments"] if moment["shows"] == "custom layout")
    assert all(share > 0.97 for share in custom["agreement"].values())


def test_the_picture_shows_them_side_by_side(demo: tuple[Path, Any]) -> None:
    """side-by-side.png has a row for each provider and a column for each moment."""
    folder, report = demo
    with Image.open(folder / report["picture"]) as picture:
        assert picture.format == "PNG"
        assert picture.width > len(MOMENTS) * 320
        assert picture.height > len(PROVIDERS) * 180


def test_a_second_demo_replaces_the_first_and_nothing_else(run: Any, tmp_path: Path) -> None:
    """The folder of an earlier demo is used again; one with other things in it is refused untouched."""
    (tmp_path / "demo-output").mkdir()
    assert run("demo", "agora").returncode == 0
    first = {path.name for path in (tmp_path / "demo-output" / "agora").rglob("*.mp4")}
    (tmp_path / "demo-output" / "mine.txt").write_text("keep")
    again = run("demo", "agora")
    assert again.returncode == 0, again.stderr
    assert "agora" in again.stdout
    assert "the lesson itself is 20 s long" in again.stdout
    second = {path.name for path in (tmp_path / "demo-output" / "agora").rglob("*.mp4")}
    assert len(second) == 1
    assert first != second
    assert (tmp_path / "demo-output" / "mine.txt").read_text() == "keep"

    other = tmp_path / "other"
    other.mkdir()
    (other / "mine.txt").write_text("keep")
    refused = run("demo", "agora", "--output", "other")
    assert refused.returncode == 2
    assert [path.name for path in other.iterdir()] == ["mine.txt"]


def test_a_folder_that_cannot_be_made_is_said_with_its_own_reason(run: Any, tmp_path: Path) -> None:
    """Where --output can't be made the system's reason is told, not one about what it holds."""
    (tmp_path / "mine.txt").write_text("keep")
    for output, reason in (("mine.txt", "File exists"), ("mine.txt/below", "Not a directory")):
        done = run("demo", "agora", "--output", output)
        assert done.returncode == 2
        assert f"{output} can't be made: {reason}" in done.stderr
    assert "can't be made: " in run("demo", "agora", "--output", "/proc/demo").stderr
