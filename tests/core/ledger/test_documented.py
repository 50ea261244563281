"""The page on the ledger has its tables as they are."""

from __future__ import annotations

import re
from pathlib import Path

from recorder_core.ledger.schema import METADATA, VERSION_TABLE

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "ledger.md"


def test_every_column_is_on_the_page() -> None:
    """Each table with its columns, in their order, and no column that it doesn't have."""
    text = PAGE.read_text(encoding="utf-8").partition("\n## Tables\n")[2].partition("\n## ")[0]
    found: dict[str, list[str]] = {}
    for block in re.split(r"\n(?=`recorder_)", text)[1:]:
        name = block.split("`")[1]
        cells = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", block, flags=re.MULTILINE)
        found[name] = [column for cell in cells for column in re.findall(r"`(\w+)`", cell)]
    assert found.pop(VERSION_TABLE) == []
    assert found == {name: [column.name for column in table.columns] for name, table in METADATA.tables.items()}
