"""The page of the contract is complete: whoever writes a provider finds there what it may and must have."""

from __future__ import annotations

import re
from pathlib import Path

from recorder_core import Limit, Provider, ProviderConfig, webhooks

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "two-seams.md"


def code_of_the_page() -> set[str]:
    """What the page sets as code in its text, a method by its name alone."""
    text = re.sub(r"^```.*?^```", "", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return {code.partition("(")[0] for code in re.findall(r"`([^`\n]+)`", text)}


def test_everything_public_of_a_provider_is_on_the_page_of_the_contract() -> None:
    """Every attribute and method of `Provider`, those without a value too, and what its instances have."""
    public = {name for name in {*dir(Provider), *Provider.__annotations__, "config"} if not name.startswith("_")}
    assert {"parse_webhook", "limits", "name"} <= public
    assert public - code_of_the_page() == set()


def test_the_kit_for_callbacks_is_on_the_page_of_the_contract() -> None:
    """All of `recorder_core.webhooks`, and the fields of every configuration that it serves."""
    wanted = {*webhooks.__all__, "webhook_secret", "webhook_max_age", "calls_per_second", Limit.__name__}
    assert wanted - code_of_the_page() == set()
    assert {name for name in ProviderConfig.model_fields if name != "base_urls"} <= code_of_the_page()


def test_only_what_is_abstract_is_named_as_what_a_provider_must_have() -> None:
    """The abstract methods are in the first table, and none with a default is."""
    must = PAGE.read_text(encoding="utf-8").partition("### What a provider must have")[2].partition("###")[0]
    named = {row.partition("(")[0] for row in re.findall(r"^\| `([^`]+)`", must, re.MULTILINE)}
    without_value = {name for name in Provider.__annotations__ if not hasattr(Provider, name)}
    assert named == {*Provider.__abstractmethods__, *without_value}
