"""The contract of recorder_core, proved for this provider by the library's own conformance kit."""

from __future__ import annotations

from recorder_core.testing.conformance import ProviderConformance


class TestConformance(ProviderConformance):
    name = "trtc"
