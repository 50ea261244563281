"""The pytest plugin: what a test brings about is searched when its fixtures have been torn down."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from secret_scan.errors import Errors
from secret_scan.known import TESTS, KnownSecrets
from secret_scan.search import Evidence, Finding
from secret_scan.stores import ADDRESSES, look_at_folder, look_at_server
from secret_scan.watching import Watch

FOUND = "secret_scan_found"
"""What a worker of xdist tells its controller."""


class Scan:
    """The scan of one process."""

    def __init__(self) -> None:
        self.known = KnownSecrets()
        self.evidence = Evidence(self.known)
        self.errors = Errors(self.evidence)
        self.watch = Watch(self.known, self.evidence, self.errors)
        self.servers: set[str] = set()
        self.late: list[str] = []
        """What was found after the last test."""

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Iterator[None]:
        """Learn the addresses of servers."""
        value = yield
        if isinstance(value, str) and value.startswith(ADDRESSES) and "://" in value:
            self.known.add(value, f"fixture {fixturedef.argname}")
            self.servers.add(value)
        return value

    def pytest_collection_finish(self) -> None:
        """Learn the constants of the tests."""
        for module in list(sys.modules.values()):
            if str(getattr(module, "__file__", None)).startswith(TESTS):
                self.known.add_constants(module)
        self.known.collecting = False

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """One test, from its first fixture to its last."""
        self.watch.test = item.nodeid
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Iterator[None]:
        """Look at the errors that a test still holds."""
        try:
            return (yield)
        finally:
            self.watch.look_at_errors()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self) -> Iterator[None]:
        """Look at what is gone afterwards, then at what is left."""
        servers, self.servers = self.servers, set()
        for url in servers:
            look_at_server(url, self.evidence)
        result = yield
        for folder in self.watch.folders:
            look_at_folder(folder, self.evidence, self.watch.written)
        self.watch.look_at_errors()
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[Any]:
        """Fail the teardown of a test that let a secret out."""
        report = yield
        if call.excinfo is not None:
            self.errors.look(call.excinfo.value, item.nodeid)
        for name, text in report.sections:
            self.evidence.add(name, text)
        report.sections = [(name, self.known.masked(text)) for name, text in report.sections]
        if report.failed and report.longreprtext != (text := self.known.masked(report.longreprtext)):
            report.longrepr = text
        if call.when == "teardown" and (found := self._finish_test()):
            report.outcome = "failed"
            report.longrepr = told(found)
        return report

    def _finish_test(self) -> list[Finding]:
        found = self.evidence.findings()
        self.known.forget_test()
        self.watch.forget_test()
        return found

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """What came to light too late for a test fails the session."""
        self.late += map(str, self.evidence.findings())
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput[FOUND] = self.late
        elif self.late:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """A worker has ended."""
        self.late += getattr(node, "workeroutput", {}).get(FOUND, [])

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell what came to light too late for a test."""
        if self.late:
            terminalreporter.section("secrets", red=True)
            terminalreporter.line(told(self.late))


def told(found: list[Finding] | list[str]) -> str:
    """What is said of findings."""
    return "\n".join(["a secret stands where everybody could read it:", *(f"  {finding}" for finding in found)])


SCAN = Scan()
SCAN.watch.begin()  # now, for other plugins and conftests make secrets when they are imported


def pytest_configure(config: pytest.Config) -> None:
    """Take part."""
    config.pluginmanager.register(SCAN, "secret_scan")
    config.add_cleanup(SCAN.watch.end)
