"""The page of the vendors' own fields is what the tests of these fields prove."""

from __future__ import annotations

import field_tables

from recorder_core.plugins import installed


def test_the_page_of_fields_is_made_from_the_tests() -> None:
    """No row is typed by hand, and none is stale; `make tables` renews them."""
    text = field_tables.PAGE.read_text(encoding="utf-8")
    assert field_tables.with_tables(text) == text, "run `make tables`"


def test_every_provider_of_ours_has_its_fields() -> None:
    """A provider that this distribution brings lists where each of its vendor's fields is reached."""
    ours = {found.name for found in installed() if found.distribution == "recorder-core"}
    assert set(field_tables.vendors()) == ours
    for vendor in ours:
        homes = field_tables.fields_of(vendor).homes()
        assert len(homes) > 90
        assert all(homes.values())
