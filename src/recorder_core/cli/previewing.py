"""`recorder preview`: how a recording will look at each vendor, side by side. Nothing is sent."""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recorder_core.cli.console import OUT, Json, print_json, print_line, reporting
from recorder_core.cli.documents import Form, SpecSource, load_spec
from recorder_core.cli.planning import STYLES, planner
from recorder_core.cli.preview_drawing import WRITERS
from recorder_core.cli.preview_sheet import Preview, sheet, told
from recorder_core.errors import ConfigurationError, ProviderNotFound, UnsupportedFeature, UnsupportedOperation
from recorder_core.models import Media, Mode, RecordingSpec
from recorder_core.plugins import PROVIDERS, installed, load_provider
from recorder_core.preview import MOST_PEOPLE, page_of, people

if TYPE_CHECKING:
    from recorder_core.plan import Plan
    from recorder_core.preview import Picture
    from recorder_core.provider import Provider

__all__ = ["preview"]

logger = logging.getLogger("recorder_core.cli")

REFUSED = "This can't be recorded as it is asked; nothing would be sent."
RECORDED = {Media.AUDIO_VIDEO: "sound and pictures", Media.AUDIO: "sound alone", Media.VIDEO: "pictures alone"}
DROPPED = "Drawn as --on-unsupported warn would record it."


def preview(
    spec: SpecSource,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File for the picture: .svg or .png.", show_default=False)
    ] = None,
    provider: Annotated[
        list[str] | None,
        typer.Option("--provider", "-p", help="Installed provider; repeatable. All by default.", show_default=False),
    ] = None,
    participants: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=MOST_PEOPLE,
            help="How many are in the room; by default as many as the spec expects, names or has regions for.",
            show_default=False,
        ),
    ] = None,
    form: Form = None,
    as_json: Json = False,
) -> None:
    """Draw how a recording will look at each vendor, side by side.

    Computed from the requests that start would send. Nothing is sent or fetched, and no credentials are needed.
    Exits with 1 where none of the providers can record it.
    """
    with reporting(as_json):
        _require_suffix(output, as_json)
        given = load_spec(spec, form)
        room = people(given, participants)
        previews = [_preview(name, given, room) for name in dict.fromkeys(provider or _usable())]
        if output is not None:
            _draw(previews, given, room, output)
        if as_json:
            print_json({"participants": room, "previews": [_dump(made) for made in previews]})
        else:
            _show(previews, output)
        if all(made.fidelity == "unsupported" for made in previews):
            raise typer.Exit(1)


def _require_suffix(output: Path | None, as_json: bool) -> None:
    """Refuse a file of another kind before anything else is done.

    Raises:
        ConfigurationError: with the kinds that there are.
    """
    if output is None and as_json:
        return
    if output is None or output.suffix.lower() not in WRITERS:
        problem = "there is no file to draw into" if output is None else f"{output} is no {' or '.join(WRITERS)} file"
        raise ConfigurationError(problem, fault="caller", hint="Name one with -o picture.svg, or take --json alone.")


def _usable() -> list[str]:
    """Every installed provider that can be loaded; of the others it is said why.

    Raises:
        ProviderNotFound: there is none.
    """
    usable = []
    for found in installed(PROVIDERS):
        try:
            usable.append(load_provider(found.name).name)
        except ProviderNotFound as error:
            logger.warning("%s", error.message)
    if not usable:
        raise ProviderNotFound("no provider is installed", hint="pip install recorder-core")
    return usable


def _preview(name: str, spec: RecordingSpec, room: tuple[str, ...]) -> Preview:
    """What one provider makes of a spec with these people in the room."""
    with planner(name) as recorder:
        plan, picture = recorder.plan(spec), None
        try:
            reason = DROPPED if plan.lost(warn=True) else None
            picture = _picture(recorder.provider, plan, room)
        except UnsupportedFeature:
            reason = REFUSED
        except UnsupportedOperation as error:
            reason = f"No picture: {error.message}."
    return Preview(plan.provider, plan.fidelity, plan.findings, picture, reason)


def _picture(provider: Provider, plan: Plan, room: tuple[str, ...]) -> Picture:
    return page_of(plan.spec) if plan.spec.mode is Mode.WEB else provider.picture(plan, room)


def _draw(previews: list[Preview], spec: RecordingSpec, room: tuple[str, ...], output: Path) -> None:
    """Write the file.

    Raises:
        ConfigurationError: it can't be written.
    """
    subtitle = f"{spec.mode} recording of {RECORDED[spec.media]}"
    if spec.mode is Mode.COMPOSITE and spec.media.has_video:
        subtitle = f"{len(room)} in the room, cameras on; # is the place in the order of joining"
    content = WRITERS[output.suffix.lower()](sheet(previews, spec.room, subtitle))
    try:
        output.write_bytes(content)
    except OSError as error:
        problem = f"{output} can't be written: {error.strerror or error}"
        raise ConfigurationError(problem, fault="caller", hint="Choose another file with -o.") from None


def _dump(made: Preview) -> dict[str, Any]:
    return {
        "provider": made.provider,
        "fidelity": made.fidelity,
        "findings": [dataclasses.asdict(finding) for finding in made.findings],
        "picture": made.picture.dump() if made.picture else None,
        "reason": made.reason,
    }


def _show(previews: list[Preview], output: Path | None) -> None:
    """Each verdict with what is written below its picture, so that it needn't be opened to learn why."""
    for made in previews:
        print_line(OUT, f"{made.provider}: {made.fidelity}", STYLES[made.fidelity])
        for line in told(made):
            print_line(OUT, f"  {line}")
    print_line(OUT, f"Look at {output}")
