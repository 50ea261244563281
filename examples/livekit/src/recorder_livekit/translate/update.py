"""Changes of a running egress, neutral to wire. Pure: what would be sent, and what that loses."""

from __future__ import annotations

from typing import Any

from recorder_core.models import Kept, Layout, Media, Participants, Recording
from recorder_core.models.base import thaw
from recorder_core.plan import Change, Finding

from recorder_livekit.translate.layout import BY_THE_PAGE, LayoutTranslator
from recorder_livekit.wire.requests import LONGEST_METADATA, UpdateLayoutRequest
from recorder_livekit.wire.template import TemplateClock, TemplateWatermark

__all__ = ["change_layout", "change_participants"]

UNKNOWN_BEFORE = "a newer release wrote what the recording has of it, in a form that isn't known here"
LAYOUT_UNKNOWN = "it is sent with them, and of a recording that was adopted nobody knows it"
OF_AN_ADOPTED = (
    Finding(
        "layout",
        "approximated",
        "what it leaves out isn't kept, for of a recording that was adopted nobody knows the layout",
        "say background and placeholders too",
    ),
    Finding(
        "participants",
        "approximated",
        "they are sent with it, and of a recording that was adopted only those of its start are known",
        "choose them by update_participants",
    ),
)
"""What the first change of such a layout may take back."""


def change_layout(name: str, recording: Recording, layout: Layout) -> Change:
    """UpdateLayout with another layout, of a page of ours; whose pictures and sound are recorded stays as it is."""
    if isinstance(recording.participants, Kept):
        return _refused("participants", UNKNOWN_BEFORE, "change it with that release")
    change = _change(name, recording, layout, recording.participants)
    if _is_layout_unknown(recording):
        change = change._replace(findings=(*change.findings, *OF_AN_ADOPTED))
    return change


def change_participants(name: str, recording: Recording, participants: Participants) -> Change:
    """UpdateLayout with another choice of people; the layout stays as it is."""
    if not recording.native.get("template"):
        return _refused("participants", "the vendor's own templates show and play everybody", BY_THE_PAGE)
    if isinstance(recording.layout, Kept):
        return _refused("layout", UNKNOWN_BEFORE, "change it with that release")
    if _is_layout_unknown(recording):
        return _refused("layout", LAYOUT_UNKNOWN, "give it a layout first")
    return _change(name, recording, recording.layout, participants)


def _is_layout_unknown(recording: Recording) -> bool:
    """Whether it was adopted, so that layout and people may have been changed since its start."""
    return recording.layout is None and recording.media != Media.AUDIO


def _change(name: str, recording: Recording, layout: Layout | None, participants: Participants) -> Change:
    translator = _PageUpdate(name, recording)
    if layout is not None:
        translator.walk_layout(layout, before=recording.layout)
    translator.walk_part("participants", participants)
    text = translator.layout_text()
    if len(text.encode()) > LONGEST_METADATA:
        translator.unsupported(
            "regions",
            f"{len(text)} characters describe it, more than the server takes",
            "use fewer regions",
            of="layout",
        )
    if translator.refused:
        return Change(None, translator.findings)
    (egress_id, *_) = recording.ids_under("egress_id")
    return Change(UpdateLayoutRequest(egress_id=egress_id, layout=text).tree(), translator.findings)


def _refused(path: str, detail: str, instead: str) -> Change:
    return Change(None, (Finding(path, "unsupported", detail, instead),))


class _PageUpdate(LayoutTranslator):
    """The whole of what the page is told, what no change alters included."""

    def __init__(self, name: str, recording: Recording) -> None:
        super().__init__(name)
        self.has_page = True
        settings: dict[str, Any] = thaw(recording.native.get("page") or {})
        self._told |= {name: settings[name] for name in ("idle", "longest") if name in settings}
        self._watermarks = [TemplateWatermark.model_validate(mark) for mark in settings.get("watermarks", ())]
        self._clocks = [TemplateClock.model_validate(clock) for clock in settings.get("clocks", ())]
