"""Layouts, wire to neutral."""

from __future__ import annotations

from recorder_agora.translate.layout import RENDER_MODES
from recorder_agora.wire.layout import LayoutConfig, MixedLayout
from recorder_core.decoding import SpecTree, refused
from recorder_core.models import Fit

__all__ = ["put_layout"]

FITS = {number: fit.value for fit, number in RENDER_MODES.items()}
KINDS = {0: "floating", 1: "grid", 2: "spotlight", 3: "custom"}
BLACK = "#000000"


def put_layout(spec: SpecTree, mixed: MixedLayout, source: str) -> None:
    """`layout` from what updateLayout and `transcodingConfig` share."""
    kind = KINDS[mixed.mixedVideoLayout or 0]
    spec.put("layout.kind", kind, f"{source}.mixedVideoLayout")
    if kind == "spotlight":
        if not mixed.maxResolutionUid:
            raise refused(
                f"{source}.maxResolutionUid: is missing, so that the large region stays empty; "
                "a spotlight is on somebody"
            )
        spec.put("layout.participant", mixed.maxResolutionUid, f"{source}.maxResolutionUid")
    if kind == "custom":
        spec.put("layout.regions", [], f"{source}.layoutConfig")
        for index, region in enumerate(mixed.layoutConfig or ()):
            _put_region(spec, f"layout.regions.{index}", region, f"{source}.layoutConfig.{index}")
    spec.put("layout.background.color", mixed.backgroundColor or BLACK, f"{source}.backgroundColor")
    spec.put("layout.background.image", _cropped(mixed.backgroundImage), f"{source}.backgroundImage")
    images = {
        image.uid: {"url": image.image_url, "fit": FITS[image.render_mode or 0]}
        for image in mixed.backgroundConfig or ()
    }
    if everybodys := _cropped(mixed.defaultUserBackgroundImage):
        images["*"] = everybodys
    spec.put("layout.placeholders", images or None, f"{source}.backgroundConfig")


def _cropped(url: str | None) -> dict[str, str] | None:
    return None if url is None else {"url": url, "fit": Fit.COVER.value}


def _put_region(spec: SpecTree, path: str, region: LayoutConfig, source: str) -> None:
    spec.put(f"{path}.participant", region.uid or None, f"{source}.uid")
    spec.put(f"{path}.x", region.x_axis, f"{source}.x_axis")
    spec.put(f"{path}.y", region.y_axis, f"{source}.y_axis")
    spec.put(f"{path}.width", region.width, f"{source}.width")
    spec.put(f"{path}.height", region.height, f"{source}.height")
    spec.put(f"{path}.opacity", 1.0 if region.alpha is None else region.alpha, f"{source}.alpha")
    spec.put(f"{path}.fit", FITS[region.render_mode or 0], f"{source}.render_mode")
