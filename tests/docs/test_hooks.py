"""The reference of hooks has all of each: when, where, with what, what it may, and an example with what it prints."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from recorder_core import HttpExchange
from recorder_core.hooks import HOOKS, HookSpecs

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "hooks.md"


def sections() -> dict[str, str]:
    """What stands under each heading, by every hook that the heading names."""
    parts = re.split(r"^## (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {
        hook: text
        for heading, text in zip(parts[1::2], parts[2::2], strict=True)
        for hook in re.findall(r"`(recorder_\w+)`", heading)
    }


def test_every_hook_has_a_section_with_all_that_is_to_be_known() -> None:
    """Its moment, its thread, what it is given and what it may do; code that has the hook, and what that prints."""
    found = sections()
    assert found.keys() == set(HOOKS)
    for hook, text in found.items():
        assert {f"*{word}*:" in text for word in ("When", "Thread", "Given", "May")} == {True}, hook
        (example,) = re.findall(r"```python\n(.*?)```\n\n```text\n.+?```", text, re.DOTALL)
        assert f"def {hook}(self" in example
        assert "hooks=[" in example


def test_the_table_has_every_hook_with_its_arguments() -> None:
    """As `recorder_core.hooks` has them, in the same order."""
    table = re.findall(r"^\| \[`(recorder_[^`]+)`\]", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert table == [
        f"{name}({', '.join([*inspect.signature(getattr(HookSpecs, name)).parameters][1:])})" for name in HOOKS
    ]


def test_every_field_of_an_exchange_is_explained() -> None:
    """In the section of `recorder_http`."""
    named = set(re.findall(r"`(\w+)`", sections()["recorder_http"]))
    assert set(HttpExchange.__dataclass_fields__) <= named
