"""The page's code for files that the vendor keeps, at a vendor that keeps some."""

from __future__ import annotations

from pathlib import Path

from distributions.press import Press
from distributions.shelf import Run

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "after-the-start.md"


def test_what_the_vendor_keeps_is_fetched_and_deleted(run: Run, press: Press) -> None:
    """Its content is here, and the vendor has it no more."""
    section = PAGE.read_text(encoding="utf-8").partition("\n## Fetch what the vendor keeps\n")[2]
    code = section.partition("```python\n")[2].partition("```")[0]
    shown = run(
        code
        + """
from recorder_core import Recorder, RecordingSpec, VendorManaged

with Recorder.from_env("paper", hooks=[]) as recorder:
    spec = RecordingSpec(room="lesson-42", storage=VendorManaged(), output={"formats": ["mp4"]})
    recording = recorder.start(spec)
    name = recorder.stop(recording).files[0].name
    fetch(recorder, recording, ".")
    show(content=Path(name).read_text(), name=name, files=[str(one.status) for one in recorder.status(recording).files])
""",
        "paper",
    )
    assert shown["content"] == f"what was said in {shown['name']}"
    assert shown["files"] == ["expired"]
    assert [tape["deleted"] for tape in press.tapes.values()] == [True]
