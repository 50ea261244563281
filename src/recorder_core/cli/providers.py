"""`recorder providers`: what is installed, where it comes from, and whether it can be used. Nothing is sent."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from recorder_core.cli.console import OUT, Json, print_json, print_line, reporting
from recorder_core.errors import ConfigurationError, ProviderNotFound
from recorder_core.plugins import HOOKS, PROVIDERS, Installed, installed, load_hook, load_provider, not_allowed

__all__ = ["providers"]

OK, UNUSABLE, BARRED = "ok", "can't be used", "not allowed"
STYLES = {OK: "green", UNUSABLE: "red", BARRED: "yellow"}


def providers(as_json: Json = False) -> None:
    """List the installed providers and hook plugins, where each comes from, and whether it can be used."""
    with reporting(as_json):
        rows = [_provider(found) for found in installed(PROVIDERS, barred=True)]
        hooks = [_hook(found) for found in installed(HOOKS, barred=True)]
        if as_json:
            print_json(rows + hooks)
            return
        columns = ("distribution", "version", "plugin API", "state")
        table = Table("name", *columns, "variables", box=box.SIMPLE_HEAD)
        for row in rows:
            _add(table, row, " ".join(row["variables"]))
        OUT.print(table if rows else "No provider is installed.")
        if hooks:
            table = Table("hook plugin", *columns, box=box.SIMPLE_HEAD)
            for row in hooks:
                _add(table, row)
            OUT.print(table)
        for row in rows + hooks:
            if row["state"] != OK:
                print_line(OUT, row["problem"], STYLES[row["state"]])
                print_line(OUT, f"  {row['hint']}")


def _add(table: Table, row: dict[str, Any], *more: str) -> None:
    api = "" if row["plugin_api"] is None else str(row["plugin_api"])
    state = Text(row["state"], style=STYLES[row["state"]])
    table.add_row(*map(Text, (row["name"], row["distribution"], row["version"], api)), state, *map(Text, more))


def _provider(found: Installed) -> dict[str, Any]:
    row = _described("provider", found)
    if not found.allowed:
        return row | _refused(BARRED, not_allowed(PROVIDERS, found))
    try:
        provider = load_provider(found.name)
        config = provider.Config
        needed = [config.env_name(name) for name, info in config.model_fields.items() if info.is_required()]
    except ProviderNotFound as error:
        return row | _refused(UNUSABLE, error)
    return row | {"plugin_api": provider.plugin_api, "variables": needed}


def _hook(found: Installed) -> dict[str, Any]:
    row = _described("hook", found)
    if not found.allowed:
        return row | _refused(BARRED, not_allowed(HOOKS, found))
    try:
        load_hook(found)
    except ConfigurationError as error:
        return row | _refused(UNUSABLE, error)
    return row


def _described(kind: str, found: Installed) -> dict[str, Any]:
    row = {"kind": kind, "name": found.name, "distribution": found.distribution, "version": found.version}
    return {**row, "plugin_api": None, "state": OK, "variables": []}


def _refused(state: str, error: ProviderNotFound | ConfigurationError) -> dict[str, Any]:
    return {"state": state, "problem": error.message, "hint": error.hint}
