"""The tables of errors in the provider pages, made from the providers' rules.

`python tests/docs/rule_tables.py` writes them into the pages; a test compares them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from recorder_core.plugins import installed
from recorder_core.rules import Rule, Then

PAGES = Path(__file__).parents[2] / "docs" / "reference" / "providers"
HEAD = ("| answer | to | becomes | meaning, and what to check |", "| --- | --- | --- | --- |")
TABLE = re.compile(r"(<!-- rules -->\n).*?(<!-- end of rules -->)", re.DOTALL)


def pages() -> dict[str, Path]:
    """The page of every installed provider."""
    return {found.name: PAGES / f"{found.name}.md" for found in installed() if (PAGES / f"{found.name}.md").exists()}


def with_table(text: str, provider: str) -> str:
    """The page with its table renewed."""
    rules = import_module(f"recorder_{provider}.rules").RULES
    table = "\n".join([*HEAD, *_rows(rules)])
    return TABLE.sub(lambda match: f"{match[1]}\n{table}\n\n{match[2]}", text)


def _rows(rules: tuple[Rule, ...]) -> Iterator[str]:
    for rule in rules:
        words = [*(f"code {code}" if code is not None else "no code" for code in _plain(rule.codes))]
        words += [f"HTTP {status}" if str(status)[0].isdigit() else str(status) for status in rule.statuses]
        words += [f"“{rule.message}”"] if rule.message else []
        becomes = "an answer" if rule.then is Then.ACCEPT else f"`{rule.error.__name__}`"
        if rule.delays:
            becomes += f" after repeats at {', '.join(f'{delay:g}' for delay in rule.delays)} s"
        if rule.then is Then.NEXT_HOST:
            becomes += " and the other hosts"
        meaning = f"{rule.meaning[:1].upper()}{rule.meaning[1:]}. {rule.hint}".strip().replace("|", "\\|")
        cells = (", ".join(words) or "anything else", ", ".join(rule.operations) or "any", becomes, meaning)
        yield f"| {' | '.join(cells)} |"


def _plain(codes: tuple[int | str | None, ...]) -> Iterator[int | str | None]:
    for code in codes:
        yield int(code) if isinstance(code, int) else code


if __name__ == "__main__":
    for name, path in pages().items():
        path.write_text(with_table(path.read_text(encoding="utf-8"), name), encoding="utf-8")
