"""The page on the ledger has its tables as they are."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import create_engine, text

from recorder_core.ledger import Ledger
from recorder_core.ledger.schema import METADATA, VERSION_TABLE

from .conftest import at, event, recording, status

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "ledger.md"


def test_every_column_is_on_the_page() -> None:
    """Each table with its columns, in their order, and no column that it doesn't have."""
    page = PAGE.read_text(encoding="utf-8").partition("\n## Tables\n")[2].partition("\n## ")[0]
    found: dict[str, list[str]] = {}
    for block in re.split(r"\n(?=`recorder_)", page)[1:]:
        name = block.split("`")[1]
        cells = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", block, flags=re.MULTILINE)
        found[name] = [column for cell in cells for column in re.findall(r"`(\w+)`", cell)]
    assert found.pop(VERSION_TABLE) == []
    assert found == {name: [column.name for column in table.columns] for name, table in METADATA.tables.items()}


def test_what_is_no_longer_needed_goes_as_the_page_says(ledger: Ledger, url: str) -> None:
    """Its statements delete what has ended before a moment with its events, and nothing else."""
    for number, ended_at in ((1, at(-10)), (2, at(10)), (3, None)):
        ledger.hear(event(number))
        ledger.learn(recording(number), status("completed" if ended_at else "recording", ended_at=ended_at))
    (block,) = re.findall(r"```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in block.split(";")[:-1]:
            connection.execute(text(statement))
    engine.dispose()
    assert [entry.id for entry in ledger.entries()] == ["r-3", "r-2"]
    assert [ledger.hear(event(number)) for number in (1, 2, 3)] == [True, False, False]
