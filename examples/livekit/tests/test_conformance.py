"""LiveKit's provider keeps the contract."""

from __future__ import annotations

from recorder_core.testing.conformance import ProviderConformance


class TestConformance(ProviderConformance):
    name = "livekit"
