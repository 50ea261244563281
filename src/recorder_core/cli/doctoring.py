"""`recorder doctor`: whether a setup works, line by line, and what mends it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from recorder_core.checks import Check
from recorder_core.cli.console import OUT, Json, legible, print_json, reporting, working
from recorder_core.cli.documents import Form, load_spec
from recorder_core.cli.planning import ProviderName
from recorder_core.doctor import diagnose, in_environment
from recorder_core.plugins import load_provider
from recorder_core.recorder import Recorder

if TYPE_CHECKING:
    from recorder_core.models import RecordingSpec
    from recorder_core.provider import Provider

__all__ = ["doctor"]

SIGNS = {
    "passed": ("✓", "green"),
    "warning": ("!", "yellow"),
    "failed": ("✗", "red"),
    "not_checked": ("\N{EN DASH}", "dim"),
}
UNREACHED = "without a complete configuration nothing can be looked at"


def doctor(
    provider: ProviderName,
    spec: Annotated[
        str | None,
        typer.Option(
            metavar="SPEC",
            help="File in JSON, YAML or TOML, or - for stdin: its storage and callback_url are looked at too.",
            show_default=False,
        ),
    ] = None,
    form: Form = None,
    as_json: Json = False,
) -> None:
    """Look at a setup: configuration, hosts, clock, credentials, service, storage, callbacks.

    Nothing is started or recorded. With --spec a small object is written to its storage and deleted again. Takes less
    than a minute. Exits with 1 where something failed.
    """
    with reporting(as_json):
        found = load_provider(provider)
        given = None if spec is None else load_spec(spec, form)
        checks = []
        with working(f"Looking at {provider}"), closing(_checks(found, given)) as coming:
            for check in coming:
                checks.append(check)
                if not as_json:
                    _show(check)
        failed = [check for check in checks if check.verdict == "failed"]
        if as_json:
            verdict = "failed" if failed else "passed"
            print_json({"provider": provider, "verdict": verdict, "checks": [check.dump() for check in checks]})
        if failed:
            raise typer.Exit(1)


def _checks(found: type[Provider], spec: RecordingSpec | None) -> Generator[Check, None, None]:
    config, configuration = in_environment(found)
    if config is None:
        yield configuration
        yield Check("everything else", "not_checked", UNREACHED)
        return
    with Recorder(found(config)) as recorder:
        yield from diagnose(recorder.provider, spec, configuration=configuration)


def _show(check: Check) -> None:
    """One line: a sign and a word for the verdict, what was looked at, what was seen, what mends it."""
    sign, style = SIGNS[check.verdict]
    word = check.verdict.replace("_", " ")
    line = Text.assemble(
        (f"{sign} {word:<11}  ", style),
        (legible(check.name), "bold"),
        f": {legible(check.detail)}",
        (check.fix and f"  → {legible(check.fix)}"),
    )
    OUT.print(line, soft_wrap=True)
