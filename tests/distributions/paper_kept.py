"""The kit for a vendor whose only storage is its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from distributions import paper_conformance


class TestKept(paper_conformance.TestPaper):
    @pytest.fixture
    def spec_fields(self) -> Mapping[str, Any]:
        return {"output": {"formats": ["mp4"]}, "storage": {"kind": "vendor_managed"}}
