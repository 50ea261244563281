"""What a decoded spec says otherwise than the one that was translated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from planned import revealed
from recorder_core import Plan, RecordingSpec
from recorder_core.geometry import edges, pixels
from recorder_zegocloud.decode.requests import decoded

CARRIED_ALL_THE_SAME = ("layout.regions",)
"""Findings about what the vendor does with what is carried whole: they excuse no difference."""


def _lower(tree: Any, key: str) -> None:
    if tree and tree.get(key):
        tree[key] = tree[key].lower()


def _fill(tree: Any, key: str, value: str) -> None:
    if tree and tree.get(key, ...) is None:
        tree[key] = value


def _sort_names(spec: Any) -> None:
    for selection in spec["participants"].values():
        for side, names in (selection or {}).items():
            selection[side] = names and sorted(names)


def _rank(spec: Any) -> None:
    regions = (spec["layout"] or {}).get("regions", [])
    order = sorted(range(len(regions)), key=lambda index: (regions[index]["z"], index))
    for rank, index in enumerate(order):
        regions[index]["z"] = rank


def _drop_said_already(spec: Any, option: str, value: Any) -> None:
    if "*" in (spec["layout"] or {}).get("placeholders", {}) and _options(spec).get(option) == value:
        _options(spec).pop(option, None)


def _drop_default(spec: Any, option: str, default: Any) -> None:
    if _options(spec).get(option) == default:
        _options(spec).pop(option, None)


def _options(spec: Any) -> dict[str, Any]:
    options: dict[str, Any] = spec["options"].setdefault("zegocloud", {})
    return options


def _placeholders(spec: Any) -> Iterator[Any]:
    yield from (spec["layout"] or {}).get("placeholders", {}).values()


SETTLED: dict[str, Callable[[Any], None]] = {
    "expected_participants": lambda spec: spec.update(expected_participants=None),
    "participants.*.*": _sort_names,
    "layout.fit": lambda spec: _fill(spec["layout"], "fit", "cover"),
    "layout.background.color": lambda spec: _lower((spec["layout"] or {}).get("background"), "color"),
    "layout.background.image.fit": lambda spec: _fill(
        ((spec["layout"] or {}).get("background") or {}).get("image"), "fit", "stretch"
    ),
    "layout.placeholders.*.fit": lambda spec: (
        [_fill(image, "fit", "stretch") for image in _placeholders(spec)] and None
    ),
    "layout.regions.*.z": _rank,
    "watermarks": lambda spec: spec["watermarks"].sort(key=lambda mark: str(mark["kind"]), reverse=True),
    "whiteboard.background": lambda spec: _lower(spec["whiteboard"], "background"),
    "options.zegocloud.stream_id": lambda spec: _drop_default(spec, "stream_id", "{participant}"),
    "options.zegocloud.screen_stream_id": lambda spec: _drop_default(spec, "screen_stream_id", None),
    "options.zegocloud.fill_blank": lambda spec: _drop_said_already(spec, "fill_blank", True),
    "options.zegocloud.camera_off": lambda spec: _drop_said_already(spec, "camera_off", "nothing"),
    "options.zegocloud.camera_off_color": lambda spec: _lower(_options(spec), "camera_off_color"),
    "options.zegocloud.realtime_upload": lambda spec: _drop_default(spec, "realtime_upload", True),
    "options.zegocloud.short_fragment_path": lambda spec: _drop_default(spec, "short_fragment_path", True),
}
"""How each difference that decoding documents is taken out of a spec's dump."""


def settled(spec: RecordingSpec) -> dict[str, Any]:
    """The spec's dump without what the wire doesn't tell apart, places in pixels."""
    dump: dict[str, Any] = spec.model_dump(mode="json", context={"reveal": True})
    for settle in SETTLED.values():
        settle(dump)
    width, height = dump["video"]["width"], dump["video"]["height"]
    if width and height:
        for place in (*(dump["layout"] or {}).get("regions", []), *dump["watermarks"]):
            if "x" in place:
                corners = edges(*(place.pop(side) for side in ("x", "y", "width", "height")))
                lengths = (width, height, width, height)
                place["box"] = [pixels(edge, length) for edge, length in zip(corners, lengths, strict=True)]
    return dump


def leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that isn't None, by its path."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from leaves(value, f"{path}.{key}" if path else key)
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from leaves(value, f"{path}.{index}")
    elif tree is not None:
        yield path, tree


def without_lost_marks(spec: RecordingSpec, plan: Plan) -> RecordingSpec:
    """Watermarks that aren't sent make those behind them move up."""
    lost = {finding.path.split(".")[1] for finding in plan.findings if finding.path.startswith("watermarks.")}
    kept = tuple(mark for index, mark in enumerate(spec.watermarks) if str(index) not in lost)
    return spec.model_copy(update={"watermarks": kept})


def differences(plan: Plan) -> dict[str, tuple[Any, Any]]:
    """What the decoded spec says otherwise than the resolved one, without having been found."""
    options = plan.spec.options_for("zegocloud")
    names = {name: options[name] for name in ("stream_id", "screen_stream_id") if options.get(name)}
    resolved = dict(leaves(settled(without_lost_marks(plan.spec, plan))))
    back = dict(leaves(settled(decoded(revealed(plan.request("StartRecord").payload), **names))))
    found = [finding.path for finding in plan.findings if finding.path not in CARRIED_ALL_THE_SAME]
    return {
        path: (resolved.get(path), back.get(path))
        for path in resolved.keys() | back.keys()
        if resolved.get(path) != back.get(path)
        and not any(path == finding or path.startswith(f"{finding}.") for finding in found)
    }
