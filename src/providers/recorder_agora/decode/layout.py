"""Layouts, wire to neutral."""

from __future__ import annotations

from typing import Any

from recorder_agora.wire.layout import LayoutConfig, MixedLayout
from recorder_core.decoding import SpecTree, refused
from recorder_core.models import Fit

__all__ = ["put_layout"]

FITS = {0: Fit.COVER.value, 1: Fit.CONTAIN.value}
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
        regions = [_region(region) for region in mixed.layoutConfig or ()]
        spec.put("layout.regions", regions, f"{source}.layoutConfig")
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


def _region(region: LayoutConfig) -> dict[str, Any]:
    return {
        "participant": region.uid or None,
        "x": region.x_axis,
        "y": region.y_axis,
        "width": region.width,
        "height": region.height,
        "opacity": 1.0 if region.alpha is None else region.alpha,
        "fit": FITS[region.render_mode or 0],
    }
