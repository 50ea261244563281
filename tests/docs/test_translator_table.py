"""The page on writing a provider says how a translator's methods are called."""

from __future__ import annotations

from pathlib import Path

from recorder_core import translation

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "write-a-provider.md"


def test_the_page_has_the_table_of_the_module() -> None:
    """Row by row: who writes a provider needn't read the source."""
    rows = [line for line in (translation.__doc__ or "").splitlines() if line.startswith("| ")]
    assert len(rows) > 5
    assert "\n".join(rows) in PAGE.read_text(encoding="utf-8")
