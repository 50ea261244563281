"""F: every fault, met by every call of every operation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from recorder_core.testing.battery import Build, Cell, Stage, battery, hanging
from recorder_core.testing.conformance.clauses import clause
from recorder_core.testing.conformance.fixtures import Fixtures, MakeProvider, OpenService
from recorder_core.testing.service import SkewedClock

__all__ = ["Failures"]

HUNG = {"DeadlineExceeded", "StartOutcomeUnknown", "unreachable", "a problem", "unclear"}
"""What may come of an operation that hangs; a recovery may ask nobody."""


class Failures(Fixtures):
    """F: every fault, met by every call of every operation."""

    @pytest.fixture
    def vendor_codes(self) -> Sequence[int | str] | None:
        """The vendor's own codes that its service can be made to answer, by `service.fail_next(operation, "code:…")`.
        None: those in the provider's rules, where the service is emulated."""
        return None

    @clause("F1", "F2", "F3", "F4", "F5")
    def test_whatever_goes_wrong(
        self,
        open_service: OpenService,
        make_provider: MakeProvider,
        spec_fields: Mapping[str, Any],
        vendor_codes: Sequence[int | str] | None,
    ) -> None:
        """F1: a result is true, and an error is whole. F2: it is over in time. F3: no start is carried out twice, and
        none runs that nobody is told of. F4: no redirect is followed. F5: no secret is shown."""
        with stages(open_service, make_provider, spec_fields, frozen=True) as build:
            cells = battery(build, vendor_codes)
        _fail_with(problems(cells))
        self.check_cells(cells)

    @clause("F2")
    def test_the_deadline_ends_what_hangs(
        self, open_service: OpenService, make_provider: MakeProvider, spec_fields: Mapping[str, Any]
    ) -> None:
        """F2: by its own clock, though every time-out comes much later; and all the rest holds as well."""
        with stages(open_service, make_provider, spec_fields, frozen=False) as build:
            cells = hanging(build)
        _fail_with(problems(cells))
        _fail_with([f"{cell.operation}, {cell.trouble}: {cell.outcome}" for cell in cells if cell.outcome not in HUNG])

    def check_cells(self, cells: Sequence[Cell]) -> None:
        """Look at what came of the faults; for tests of an author's own, such as of a table in the provider's docs."""


def _fail_with(found: Sequence[str]) -> None:
    """Fail, with all that doesn't hold, a line for each."""
    if found:
        pytest.fail("\n".join([f"{len(found)} don't hold:", *found]), pytrace=False)


@contextmanager
def stages(
    open_service: OpenService, make_provider: MakeProvider, spec_fields: Mapping[str, Any], *, frozen: bool
) -> Iterator[Build]:
    """What makes stages, whose services end together."""
    with ExitStack() as running:

        def build() -> Stage:
            service = running.enter_context(open_service(SkewedClock(frozen=frozen)))
            return Stage(service, make_provider, spec_fields)

        yield build


def problems(cells: Sequence[Cell]) -> list[str]:
    """What doesn't hold, each with where."""
    return [
        f"{cell.operation}, {cell.call}, {cell.trouble}{', always' * cell.always}: {cell.outcome}; {problem}"
        for cell in cells
        for problem in cell.problems
    ]


def summary(provider: str, cells: Sequence[Cell]) -> str:
    """The numbers."""
    starts = [cell for cell in cells if cell.operation == "start"]
    return (
        f"fault battery, {provider}: {len(cells)} cells, {sum(len(cell.calls) for cell in cells)} requests; "
        f"{len(starts)} starts, {sum(cell.running for cell in starts)} run, "
        f"{sum(cell.outcome == 'StartOutcomeUnknown' for cell in starts)} are of unknown outcome, "
        f"{sum(cell.running > 1 for cell in starts)} run twice"
    )
