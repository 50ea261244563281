"""The conformance kit for a provider from elsewhere, which an interpreter has installed without an emulator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from distributions.press_service import PressService
from recorder_core.testing.conformance import ProviderConformance


class TestPaper(ProviderConformance):
    name = "paper"

    @pytest.fixture
    def open_service(self) -> type[PressService]:
        return PressService

    @pytest.fixture
    def spec_fields(self) -> Mapping[str, Any]:
        return {"output": {"formats": ["mp4"]}}

    @pytest.fixture
    def post_callbacks(self) -> Callable[[PressService, str], None]:
        return PressService.post_to
