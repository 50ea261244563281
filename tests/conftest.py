"""What every test may use."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

pytest_plugins = ["secret_scan.plugin", "recorder_core.testing.fixtures", "distributions.shelf", "servers"]

sys.path.insert(0, str(Path(__file__).parent))

# A shell starts what runs in its background with SIGINT ignored, and so would the programs be that tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Properties hold on a slow machine too.
settings.register_profile("recorder", deadline=None)
settings.load_profile("recorder")


@pytest.fixture(scope="session", autouse=True)
def _data_directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No command writes its ledger into the home of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        yield


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests measured: what they gave to `record_property("measured", …)`."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    measured = [value for report in reports for name, value in report.user_properties if name == "measured"]
    if measured:
        terminalreporter.section("measured")
    for line in sorted(measured):
        terminalreporter.line(line)
