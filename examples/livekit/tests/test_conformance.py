"""LiveKit's provider keeps the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from recorder_core.testing.conformance import ProviderConformance

TWO = {"include": ["1001", "1002"]}


class TestConformance(ProviderConformance):
    name = "livekit"

    @pytest.fixture
    def parts_fields(self) -> Mapping[str, Any]:
        """Two participants, an egress each."""
        return {"mode": "individual", "participants": {"audio": TWO, "video": TWO}}
