"""`recorder plan`: what a start would do. Nothing is sent."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from recorder_core.cli.console import OUT, Json, print_json, print_line, reporting
from recorder_core.cli.documents import Form, SpecSource, load_spec
from recorder_core.configuration import ProviderConfig
from recorder_core.errors import ConfigurationError
from recorder_core.plugins import load_provider
from recorder_core.recorder import Recorder

if TYPE_CHECKING:
    from recorder_core.plan import Plan

__all__ = ["ProviderName", "plan", "planner"]

ProviderName = Annotated[str, typer.Option("--provider", "-p", help="Name of an installed provider.")]
logger = logging.getLogger("recorder_core.cli")

STYLES = {"exact": "green", "approximated": "yellow", "unsupported": "red"}


def plan(spec: SpecSource, provider: ProviderName, form: Form = None, as_json: Json = False) -> None:
    """Show what start would send for a spec, and what is lost.

    Nothing is sent, and no credentials are needed; those in the environment are used where they are complete.
    Exits with 0 where the spec is recorded exactly or approximated, with 1 where something is unsupported.
    """
    with reporting(as_json):
        given = load_spec(spec, form)
        with planner(provider, warn=True) as recorder:
            made = recorder.plan(given)
        if as_json:
            print_json(made.dump())
        else:
            _show(made)
        if made.fidelity == "unsupported":
            raise typer.Exit(1)


def planner(provider: str, *, warn: bool = False) -> Recorder:
    """A recorder for plans, which need no credentials: the environment's where they are complete, else examples.

    Args:
        provider: name of an installed provider.
        warn: say so where they are examples.
    """
    found = load_provider(provider)
    try:
        config = found.Config.from_env()
    except ConfigurationError:
        if warn:
            logger.warning("no complete credentials in the environment: ids in URLs are examples")
        config = _completed(found.Config)
    return Recorder(found(config))


def _completed(found: type[ProviderConfig]) -> ProviderConfig:
    """What the environment has, and examples for the rest; all of it examples where these don't fit together."""
    try:
        return found.placeholder(**found.set_in_env())
    except ConfigurationError:
        return found.placeholder()


def _show(made: Plan) -> None:
    OUT.print(Text.assemble(f"{made.provider}: ", (made.fidelity, STYLES[made.fidelity])))
    if made.findings:
        table = Table("path", "verdict", "what is lost", "instead", box=box.SIMPLE_HEAD)
        for finding in made.findings:
            verdict = Text(finding.verdict, style=STYLES[finding.verdict])
            table.add_row(Text(finding.path), verdict, Text(finding.detail), Text(finding.instead))
        OUT.print(table)
    refused = [finding.path for finding in made.findings if finding.lost and not finding.droppable]
    if refused:
        paths = ", ".join(refused)
        print_line(
            OUT, f"Nothing would be sent, not even with --on-unsupported warn, which never drops {paths}", "bold"
        )
        return
    if made.fidelity == "unsupported":
        print_line(OUT, "What would be sent with --on-unsupported warn:", "bold")
    for request in made.requests:
        dumped = request.dump()
        print_line(OUT, f"\n{dumped['method']} {dumped['url']}", "bold")
        if dumped["body"]:
            print_line(OUT, json.dumps(dumped["body"], ensure_ascii=False, indent=2))
