"""What users ask of the composed picture: who stands where, and what lies behind and over them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from recorder_core.geometry import pinned
from recorder_core.models import Fit, ScreenShare, Side
from recorder_core.probes.probe import COMPOSITE, ONE, PICTURE, Probe

__all__ = ["LAYOUTS", "OVERLAYS"]

FITS = {Fit.COVER: "cropped", Fit.CONTAIN: "whole, with bars", Fit.STRETCH: "stretched"}
SHARES = {
    ScreenShare.WINDOW: "in a window of its own",
    ScreenShare.LARGE: "in a large window",
    ScreenShare.HIDDEN: "not shown",
}
BOARD = {"whiteboard": {"aspect": "16:9"}}
WHOLE = {"participant": ONE, "x": 0, "y": 0, "width": 1, "height": 1}
CORNER = {"participant": "1002", "x": 0, "y": 0, "width": 0.25, "height": 0.25}


def _layout(label: str, kind: str, /, **layout: Any) -> Probe:
    return Probe("Layout", label, {"layout": {"kind": kind, **layout}}, modes=COMPOSITE)


def _fitted(label: str, kind: str, /, **layout: Any) -> Iterator[Probe]:
    for fit, words in FITS.items():
        yield _layout(f"{label}, {words}", kind, **layout, fit=fit.value)


def _sharing(kind: str, /, **layout: Any) -> Iterator[Probe]:
    for share, words in SHARES.items():
        yield _layout(f"{kind}, a shared screen {words}", kind, **layout, screen_share=share.value)


def _columns(count: int, first: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A custom layout of so many windows side by side; `first` has the fields of the first one."""
    regions = [{"x": index / count, "y": 0, "width": 1 / count, "height": 1} for index in range(count)]
    regions[0] |= first or {}
    return {"layout": {"kind": "custom", "regions": regions}}


def _window(label: str, beside: Mapping[str, Any] | None = None, /, **window: Any) -> Probe:
    """One window of a custom layout, and what is asked beside it."""
    return Probe("Layout", label, {**_columns(2, window), **(beside or {})}, _columns(2), COMPOSITE)


LAYOUTS = (
    _layout("grid", "grid"),
    *_fitted("grid", "grid"),
    *_sharing("grid"),
    _layout("grid of at most 9 windows", "grid", windows=9),
    _layout("grid of 25 windows", "grid", windows=25),
    Probe(
        "Layout",
        "a grid of the same pixels everywhere (pinned)",
        {"layout": pinned(4).model_dump(mode="json")},
        modes=COMPOSITE,
    ),
    _layout("floating", "floating"),
    _layout("floating with a named participant", "floating", participant=ONE),
    _layout("floating on whoever speaks", "floating", follows="speaker"),
    *_fitted("floating", "floating"),
    *_sharing("floating"),
    _layout("floating of at most 9 windows", "floating", windows=9),
    *(_layout(f"spotlight {side}", "spotlight", side=side.value, participant=ONE) for side in Side),
    _layout("spotlight on the first to join", "spotlight"),
    _layout("spotlight on whoever speaks", "spotlight", follows="speaker"),
    *_fitted("spotlight", "spotlight", participant=ONE),
    *_sharing("spotlight", participant=ONE),
    _layout("spotlight of at most 9 windows", "spotlight", participant=ONE, windows=9),
    Probe("Layout", "custom", _columns(2), modes=COMPOSITE),
    Probe("Layout", "17 windows", _columns(17), modes=COMPOSITE),
    Probe("Layout", "25 windows", _columns(25), modes=COMPOSITE),
    _window("a window for a named participant", participant=ONE),
    _window("a window for a camera", participant=ONE, content="participant"),
    _window("a window for a shared screen", participant=ONE, content="screen"),
    _window("a window for the whiteboard", BOARD, content="whiteboard"),
    *(_window(f"a window {words}", fit=fit.value) for fit, words in FITS.items()),
    _window("opacity", opacity=0.5),
    _layout("overlapping windows", "custom", regions=[WHOLE, CORNER]),
    _layout("a stacking order of its own (z)", "custom", regions=[CORNER | {"z": 1}, WHOLE]),
)


def _overlay(label: str, **asks: Any) -> Probe:
    return Probe("Background and overlays", label, asks, modes=COMPOSITE)


def _image(label: str, **image: Any) -> Probe:
    return _overlay(label, layout={"kind": "grid", "background": {"image": PICTURE | image}})


def _placeholder(label: str, **image: Any) -> Probe:
    return _overlay(label, layout={"kind": "grid", "placeholders": {"*": PICTURE | image}})


OVERLAYS = (
    _overlay("background colour", layout={"kind": "grid", "background": {"color": "#101820"}}),
    _image("background image"),
    *(_image(f"background image, {words}", fit=fit.value) for fit, words in FITS.items()),
    _placeholder("a picture for cameras that are off"),
    *(_placeholder(f"a picture for cameras that are off, {words}", fit=fit.value) for fit, words in FITS.items()),
    Probe(
        "Background and overlays",
        "a picture of their own for one participant",
        {"layout": _columns(2, {"participant": ONE})["layout"] | {"placeholders": {ONE: PICTURE}}},
        _columns(2, {"participant": ONE}),
        COMPOSITE,
    ),
    _overlay("watermark", watermarks=[{"kind": "image", "x": 0, "y": 0, "width": 0.2, "height": 0.2, **PICTURE}]),
    _overlay("watermark with the time of day", watermarks=[{"kind": "clock", "font_size": 24}]),
)
