"""`recorder demo`: the same lesson at every emulator, and a look at what came of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from recorder_core.cli.console import ERR, OUT, Json, print_json, print_line, reporting, working
from recorder_core.cli.emulating import chosen_emulators
from recorder_core.errors import ConfigurationError, ProviderNotFound, RecorderError

if TYPE_CHECKING:
    from recorder_core.cli.demo_lesson import Taped

__all__ = ["demo"]

REPORT, PICTURE = "demo.json", "side-by-side.png"


def demo(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Which providers; by default all that bring an emulator.", show_default=False),
    ] = None,
    output: Annotated[Path, typer.Option(help="Folder for what is recorded.")] = Path("demo-output"),
    as_json: Json = False,
) -> None:
    """Record one lesson at every emulator, and compare.

    No account is needed. In a lesson of 20 seconds three participants join one after the other; a grid
    becomes a spotlight, then a custom layout. Time is simulated: it takes less. Exits with 1 where a file is
    missing, doesn't play, or doesn't show what was asked for.
    """
    with reporting(as_json):
        chosen = chosen_emulators(names)
        _require_extra()
        _prepare(output, chosen)
        from recorder_core.cli.demo_comparison import compare
        from recorder_core.cli.demo_lesson import LESSON_S, record

        taped: dict[str, list[Taped]] = {}
        failed: list[RecorderError] = []
        for name in chosen:
            try:
                with working(f"Recording the lesson at {name}"):
                    taped[name] = record(name, output / name)
            except RecorderError as error:
                failed.append(error)
        if not taped:
            raise failed[0]
        with working("Comparing the pictures"):
            report = {"providers": chosen, "lesson_s": LESSON_S, **compare(taped, output / PICTURE)}
        report["failures"] = [str(error) for error in failed] + report["failures"]
        _write(report, output)
        if as_json:
            print_json(report)
        else:
            _show(report, output)
        if report["failures"]:
            raise typer.Exit(1)


def _require_extra() -> None:
    try:
        import av  # noqa: F401
        import numpy  # noqa: F401
        import PIL  # noqa: F401
    except ModuleNotFoundError as error:
        raise ProviderNotFound(
            f"the demo needs {error.name}, which isn't installed",
            hint="pip install 'recorder-core[emulator]'",
        ) from None


def _prepare(output: Path, providers: Sequence[str]) -> None:
    """Make the folder, and remove from it what an earlier demo put there and nothing else.

    The report is begun at once: by it the next demo knows the folder, even where this one is interrupted.

    Raises:
        ConfigurationError: it holds other things, or can't be made.
    """
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(output, f"can't be made: {error.strerror}") from None
    try:
        if any(output.iterdir()):
            report = json.loads((output / REPORT).read_text(encoding="utf-8"))
            for name in report["providers"]:
                if name == Path(name).name:
                    shutil.rmtree(output / name, ignore_errors=True)
            (output / PICTURE).unlink(missing_ok=True)
        _write({"providers": providers}, output)
        return
    except FileNotFoundError:
        problem = "holds files, and not those of a demo"
    except (ValueError, KeyError, TypeError):
        problem = f"holds a {REPORT} that no demo wrote"
    except OSError as error:
        problem = f"can't be used: {error.strerror}"
    raise _unusable(output, problem)


def _unusable(output: Path, problem: str) -> ConfigurationError:
    return ConfigurationError(f"{output} {problem}", fault="caller", hint="Choose another folder with --output.")


def _write(report: Mapping[str, Any], output: Path) -> None:
    (output / REPORT).write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def _show(report: Mapping[str, Any], output: Path) -> None:
    files = Table("provider", "format", "length", "size", "picture", "where", box=box.SIMPLE_HEAD)
    for entry in report["recordings"]:
        files.add_row(
            Text(entry["provider"]),
            Text(entry["format"]),
            f"{entry['duration_s']:.1f} s",
            f"{entry['size_bytes'] / 1000:,.0f} kB",
            f"{entry['width']}x{entry['height']}",
            Text(entry["path"], overflow="fold"),
        )
    print_line(OUT, "What was recorded", "bold")
    OUT.print(files)
    print_line(
        OUT,
        f"Lengths differ because a vendor's file begins when that vendor began to record; the lesson itself is "
        f"{report['lesson_s']:g} s long, and begins at lead_s in {REPORT}.",
    )
    first, moments = report["compared_with"], report["moments"]
    others = list(moments[0]["agreement"])
    if others:
        compared = Table("second", "layout", *(f"{first} and {other}" for other in others), box=box.SIMPLE_HEAD)
        for moment in moments:
            shares = (f"{moment['agreement'][other]:.1%}" for other in others)
            compared.add_row(f"{moment['at_s']:g}", moment["shows"], *shares)
        print_line(OUT, "\nHow the pictures compare: pixels that agree", "bold")
        OUT.print(compared)
        print_line(
            OUT,
            "Presets (grid, spotlight) promise who is large, and the order; exact places are the vendor's.\n"
            "A custom layout promises the places: there the pictures have to agree.",
        )
    print_line(OUT, f"\nLook at {report['picture']}, and play the files in {output}.", "bold")
    for failure in report["failures"]:
        print_line(ERR, f"error: {failure}", "bold red")
