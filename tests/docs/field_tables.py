"""The page of the vendors' own fields: where each is reached from, as the tests prove it.

`python tests/docs/field_tables.py` writes the tables into the page; a test compares them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

sys.path.insert(0, str(Path(__file__).parents[1]))

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "vendor-fields.md"
PATH = re.compile(r"(?<![\w.])(\w+\(.*?…\)|[a-z_]+(?:\.[a-z_]+|\.\*|\[[^]]+\])+|^[a-z_]+(?= \(|$))")
"""A path in a spec, an option or an operation, in a line of words."""
TABLE = re.compile(r"(<!-- fields of (\w+) -->\n).*?(<!-- end of fields -->)", re.DOTALL)


def with_tables(text: str) -> str:
    """The page with its tables renewed."""
    return TABLE.sub(lambda match: "\n".join([match[1], *_lines(match[2]), "", match[3]]), text)


def vendors() -> list[str]:
    """The providers whose fields the page lists."""
    return [match[2] for match in TABLE.finditer(PAGE.read_text(encoding="utf-8"))]


def fields_of(provider: str) -> ModuleType:
    """The module that says where each field of a provider's vendor is reached."""
    return import_module(f"{provider}.fields")


def _lines(provider: str) -> Iterator[str]:
    homes = fields_of(provider).homes()
    for call in dict.fromkeys(field.partition(".")[0] for field in homes):
        yield from ("", f"### {call}", "", "| the vendor's field | from here |", "| --- | --- |")
        for field, reached in homes.items():
            if field.startswith(f"{call}."):
                yield f"| `{field.removeprefix(f'{call}.')}` | {'; '.join(map(_shown, reached))} |"


def _shown(home: str) -> str:
    """What a caller writes stands as code; why a value is fixed, and the modes, as words."""
    return PATH.sub(r"`\1`", home)


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
