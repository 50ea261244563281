"""The contract of recorder-core (docs/reference/contract.md there), as tests that are inherited."""

from __future__ import annotations

from recorder_core.testing.conformance import ProviderConformance


class TestConformance(ProviderConformance):
    """Every clause. One that can't be kept yet is named in `known_failures`, with the reason."""

    name = "vendorname"
