"""Nothing is lost in silence: the kit's own proof, where its plain spec doesn't lead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from recorder_core.testing.conformance.translation import Translation

from asking import PAGE
from recorder_livekit.config import LivekitConfig
from recorder_livekit.provider import LivekitProvider

ONE = {"audio": {"include": ["1001"]}, "video": {"include": ["1001"]}}


class Proof(Translation):
    """The kit's proofs of translation."""

    name = "livekit"


@pytest.mark.parametrize(
    ("page", "fields"),
    [(None, {}), (PAGE, {"participants": ONE})],
)
def test_nothing_is_lost_in_silence(page: str | None, fields: Mapping[str, Any]) -> None:
    """With the vendor's own templates; and of one participant, in individual mode too."""
    provider = LivekitProvider(LivekitConfig.placeholder(template_url=page))
    Proof().test_nothing_is_lost_in_silence(provider, fields)
