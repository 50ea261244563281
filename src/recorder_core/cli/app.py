"""Which verbs there are."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated, Any

import typer

from recorder_core.cli import (
    adopting,
    capabilities,
    changing,
    demo,
    doctoring,
    emulating,
    following,
    keeping,
    listing,
    planning,
    previewing,
    providers,
    recording,
    recovering,
    scaffolding,
)
from recorder_core.cli.console import report_usage

__all__ = ["app", "run"]

UsageError: Any = typer.BadParameter.__base__
"""What Typer raises where a command is written wrong: Click's class in its older releases, then one of its own."""

app = typer.Typer(
    name="recorder",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"recorder-core {version('recorder-core')}")
        raise typer.Exit


@app.callback()
def recorder(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Record live rooms, whichever vendor runs them.

    Every verb takes --json: what it has to say then stands alone on stdout, warnings and errors are lines of
    JSON on stderr. Credentials are read from the environment. Exit codes: 0 done; 1 refused by the vendor, or
    failed; 2 wrong input or configuration, and nothing was sent; 130 interrupted (143 by SIGTERM).
    """


app.command("demo")(demo.demo)
app.command("providers")(providers.providers)
app.command("capabilities")(capabilities.capabilities)
app.command("plan")(planning.plan)
app.command("preview")(previewing.preview)
app.command("start")(recording.start)
app.command("status")(recording.status)
app.command("follow")(following.follow)
app.command("layout")(changing.layout)
app.command("pause")(changing.pause)
app.command("resume")(changing.resume)
app.command("snapshot")(changing.snapshot)
app.command("update")(changing.update)
app.command("stop")(recording.stop)
app.command("link")(keeping.link)
app.command("delete-files")(keeping.delete_files)
app.command("list")(listing.list_recordings)
app.command("recover")(recovering.recover)
app.command("dismiss")(recovering.dismiss)
app.command("adopt")(adopting.adopt)
app.command("doctor")(doctoring.doctor)
app.command("emulate")(emulating.emulate)
app.command("new-provider")(scaffolding.new_provider)


def run() -> int:
    """Do what the command line asks; returns the exit code."""
    try:
        return app(prog_name="recorder", standalone_mode=False) or 0
    except UsageError as error:
        report_usage(error, as_json="--json" in sys.argv)
        return int(error.exit_code)
