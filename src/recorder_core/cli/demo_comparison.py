"""Whether the demo's recordings show what was asked for, and how they compare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from recorder_core.cli.demo_lesson import MOMENTS, Taped
from recorder_core.cli.demo_picture import Frame, agreement, frames, side_by_side

__all__ = ["compare"]

ALIKE: Final = 0.97
"""The least share of pixels in which pictures of one custom layout agree; the rest is edges and letters."""

DIFFERENT: Final = 0.9
"""The largest share in which the pictures before and after a change may agree."""


def compare(taped: Mapping[str, Sequence[Taped]], picture: Path) -> dict[str, Any]:
    """Draw `picture`; say what was recorded and how the first provider's frames compare with the others'.

    `failures` has a sentence for everything that isn't as the lesson asked.
    """
    rows = {name: _pictures(files) for name, files in taped.items()}
    first, *others = rows
    moments: list[dict[str, Any]] = [
        {
            "at_s": moment.at,
            "shows": moment.shows,
            "agreement": {other: agreement(rows[first][index], rows[other][index]) for other in others},
        }
        for index, moment in enumerate(MOMENTS)
    ]
    titles = [(f"{moment.at:g} s", moment.shows) for moment in MOMENTS]
    footers = [_in_words(moment["agreement"]) for moment in moments] if others else []
    side_by_side(rows, titles, footers).save(picture)
    return {
        "picture": str(picture),
        "recordings": [
            {
                "provider": name,
                "format": file.file.format,
                "path": str(file.path),
                "duration_s": round(file.duration_s, 3),
                "lead_s": file.lead_s,
                "size_bytes": file.size_bytes,
                "width": file.width,
                "height": file.height,
                "uri": file.file.uri,
            }
            for name, files in taped.items()
            for file in files
        ],
        "compared_with": first,
        "moments": moments,
        "failures": [
            *(failure for name, pictures in rows.items() for failure in _unchanged(name, pictures)),
            *_unlike(first, moments),
        ],
    }


def _pictures(files: Sequence[Taped]) -> list[Frame]:
    """What the MP4 shows at each moment of the lesson."""
    mp4 = next(file for file in files if file.file.format == "mp4")
    return frames(mp4.path, [mp4.lead_s + moment.at for moment in MOMENTS])


def _unchanged(name: str, pictures: Sequence[Frame]) -> Iterator[str]:
    """Where somebody joined or the layout was changed, and the picture stayed as it was."""
    for index in range(1, len(MOMENTS)):
        before, after = MOMENTS[index - 1], MOMENTS[index]
        share = agreement(pictures[index - 1], pictures[index])
        if share > DIFFERENT:
            yield (
                f"{name}: the {after.shows} at {after.at:g} s looks like the {before.shows} at "
                f"{before.at:g} s ({share:.1%} of the pixels agree)"
            )


def _unlike(first: str, moments: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Where one custom layout gives two pictures."""
    for moment, compared in zip(MOMENTS, moments, strict=True):
        for other, share in compared["agreement"].items():
            if moment.pinned and share < ALIKE:
                yield (
                    f"{first} and {other} agree in only {share:.1%} of the pixels at {moment.at:g} s, "
                    f"and a custom layout has to give the same picture ({ALIKE:.0%}) everywhere"
                )


def _in_words(shares: Mapping[str, float]) -> str:
    if len(shares) == 1:
        return f"{next(iter(shares.values())):.1%} of the pixels agree"
    return ", ".join(f"{name} {share:.1%}" for name, share in shares.items())
