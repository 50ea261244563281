"""`recorder providers` and `recorder plan`: what there is, and what it would do. Nothing is sent."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from recorder_core.cli.console import OUT, Json, print_json, print_line, reporting
from recorder_core.cli.documents import Form, SpecSource, load_spec
from recorder_core.errors import ConfigurationError, ProviderNotFound
from recorder_core.plugins import PROVIDERS, Installed, installed, load_provider
from recorder_core.recorder import Recorder

if TYPE_CHECKING:
    from recorder_core.plan import Plan

__all__ = ["ProviderName", "plan", "planner", "providers"]

ProviderName = Annotated[str, typer.Option("--provider", "-p", help="Name of an installed provider.")]
logger = logging.getLogger("recorder_core.cli")

STYLES = {"exact": "green", "approximated": "yellow", "unsupported": "red"}


def providers(as_json: Json = False) -> None:
    """List the installed providers, and whether each can be used."""
    with reporting(as_json):
        rows = [_described(found) for found in installed(PROVIDERS)]
        if as_json:
            print_json(rows)
            return
        table = Table("name", "distribution", "version", "plugin API", "state", box=box.SIMPLE_HEAD)
        for row in rows:
            usable = row["state"] == "ok"
            state = Text("ok", style="green") if usable else Text("can't be used", style="red")
            api = str(row["plugin_api"]) if usable else ""
            table.add_row(Text(row["name"]), Text(row["distribution"]), Text(row["version"]), api, state)
        OUT.print(table if rows else "No provider is installed.")
        for row in rows:
            if row["state"] != "ok":
                print_line(OUT, row["state"], "red")


def _described(found: Installed) -> dict[str, Any]:
    described = {"name": found.name, "distribution": found.distribution, "version": found.version}
    try:
        return {**described, "plugin_api": load_provider(found.name).plugin_api, "state": "ok"}
    except ProviderNotFound as error:
        return {**described, "plugin_api": None, "state": error.message, "hint": error.hint}


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
        config = found.Config.placeholder()
    return Recorder(found(config))


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
