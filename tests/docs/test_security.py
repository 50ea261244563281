"""SECURITY.md names checks that there are, and the docs lead to it."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")


def test_every_check_that_is_named_exists() -> None:
    """Files, folders and tests."""
    paths = re.findall(r"`(tests/[^`]*)`", TEXT)
    assert len(paths) > 10
    assert [path for path in paths if not (ROOT / path).exists()] == []
    names = re.findall(r"`(test_\w+)`", TEXT)
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    assert names
    assert [name for name in names if f"def {name}(" not in code] == []


def test_every_promise_has_its_check() -> None:
    """No row of the table ends with nothing."""
    rows = [row.strip("|").split(" | ") for row in TEXT.splitlines() if row.startswith("| ")][2:]
    assert len(rows) > 10
    assert [promise for promise, *checks in rows if "`" not in "".join(checks)] == []


def test_the_docs_lead_to_it() -> None:
    """From the first page that somebody reads, and from where plugins are explained."""
    assert "(SECURITY.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
    for page in ("explanation/two-seams.md", "how-to/write-a-hook.md"):
        text = (ROOT / "docs" / page).read_text(encoding="utf-8")
        assert "`SECURITY.md`" in text
        assert "with all its rights" in text
