"""The battery finds what it is for, and talks to each vendor in that vendor's own terms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mutations.mutants import Eager
from recorder_core import Provider
from recorder_core.models.storage import StorageBase
from recorder_core.testing import emulate
from recorder_core.testing.battery import Stage
from recorder_core.testing.battery.cell import run
from recorder_core.testing.battery.operations import changes, operations
from recorder_core.testing.battery.troubles import UNKNOWN_NUMBER, UNKNOWN_WORD, undocumented
from recorder_core.testing.service import SkewedClock
from recorder_zegocloud.provider import ZegocloudProvider

COS = {"kind": "tencent_cos", "bucket": "b-1250000000", "region": "ap-beijing", "access_key": "a", "secret_key": "s"}


@pytest.fixture(params=[ZegocloudProvider, Eager])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """A provider, or the same that takes refusals for done."""

    def made(service: Any) -> Provider:
        provider: Provider = request.param(request.param.Config.from_env(service.env))
        return provider

    clock = SkewedClock()
    with emulate("zegocloud", clock=clock, media=False, rate_limits=False) as service, Stage(service, made) as stage:
        yield stage


def test_a_refusal_that_nobody_knows_is_no_success(stage: Stage) -> None:
    """A change that the vendor refuses by a code that it doesn't document, be it inside of a 200, isn't done."""
    (layout,) = (change for change in changes() if change.name == "layout")
    cell = run(stage, layout, undocumented([1, 2]), 0, "UpdateLayout")
    is_eager = isinstance(stage.direct.provider, Eager)
    assert cell.outcome == ("done" if is_eager else "UnexpectedResponse")
    said = f"it is said to be done, and the vendor has refused it with a code that nobody knows, {UNKNOWN_NUMBER}"
    assert cell.problems == ((said,) if is_eager else ())


def test_a_code_that_nobody_knows_is_of_the_vendor_s_kind() -> None:
    """A number where its codes are numbers, else a word."""
    assert undocumented([400]).code == UNKNOWN_NUMBER
    assert undocumented(["bad"]).code == UNKNOWN_WORD


def test_storage_is_renewed_by_one_that_the_vendor_takes() -> None:
    """Of the kind that its specs have: a bucket on S3 would be refused where there is none, and prove nothing."""

    class Told:
        def refresh_storage(self, recording: object, storage: StorageBase, *, deadline: float) -> StorageBase:
            return storage

    for fields, kind in (({}, "s3"), ({"storage": COS}, "tencent_cos")):
        (renewal,) = (one for one in operations(fields) if one.name == "refresh_storage")
        storage: Any = renewal.call(Told(), None, 1.0)  # type: ignore[arg-type]  # all that it needs of a recorder
        assert storage.kind == kind
