"""The tables of what becomes of what a kill has cut short, measured at the emulators.

`python tests/docs/kill_tables.py` writes them into the page; tests/test_kill.py compares them, at both databases.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from killing.lives import Nursery, world
from killing.table import COLUMNS, PAGE, kill_everywhere, with_tables

if __name__ == "__main__":
    fates = {}
    nursery = Nursery()
    for vendor, columns in COLUMNS.items():
        for column in columns:
            with (
                tempfile.TemporaryDirectory() as folder,
                world(f"sqlite:///{folder}/recordings.db", nursery, agora={"sid_in_201": column.sid_in_201}) as found,
            ):
                fates[vendor, column], _ = kill_everywhere(found, vendor, column)
    nursery.close()
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), fates), encoding="utf-8")
