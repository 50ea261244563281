"""What one harmless call at a host proves of the account, against the emulated service over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from recorder_core import errors
from recorder_core.testing import connect, emulate


@pytest.fixture
def service() -> Iterator[Any]:
    with emulate("zegocloud", media=False) as running:
        yield running


def check(service: Any, **config: Any) -> str:
    """Check the account at the service with these credentials."""
    with connect(service, **config) as recorder:
        return recorder.provider.check_account(service.base_url)


def test_right_credentials_are_proved_and_nothing_is_started(service: Any) -> None:
    """A list of the tasks of the last minute, one at most, is asked for."""
    assert "nothing was started" in check(service)
    (entry,) = service.journal
    assert entry.operation == "DescribeTasks"
    assert entry.body["EndTime"] - entry.body["StartTime"] in (60_000, 60_001)  # whole milliseconds outward
    assert entry.body["PageSize"] == 1
    assert service.recordings == []


def test_a_wrong_secret(service: Any) -> None:
    """The vendor's own answer, and where the right secret is found."""
    with pytest.raises(errors.AuthenticationError, match="signature is wrong") as caught:
        check(service, server_secret="f" * 32)
    assert "AppSign" in str(caught.value.hint)


def test_an_app_id_of_another_project(service: Any) -> None:
    """The vendor has no secret for it."""
    with pytest.raises(errors.AuthenticationError, match="no server secret for this app_id"):
        check(service, app_id=7)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (300000002, errors.PermissionDenied),
        (100000017, errors.PermissionDenied),
        (100000004, errors.AuthenticationError),
        (100000016, errors.ConfigurationError),
    ],
)
def test_what_is_refused_keeps_its_code(service: Any, code: int, error: type[errors.RecorderError]) -> None:
    """Not enabled, a clock that is off and a project in its test environment are told apart."""
    service.fail_next("DescribeTasks", f"code:{code}")
    with pytest.raises(error) as caught:
        check(service)
    assert caught.value.vendor_code == code
    assert caught.value.hint


def test_only_the_host_in_question_is_asked(service: Any) -> None:
    """A host that works says nothing of another one."""
    with (
        emulate("zegocloud", media=False, server_secret="e" * 32) as other,
        connect(service, base_urls=(service.base_url, other.base_url)) as recorder,
    ):
        recorder.provider.check_account(service.base_url)
        assert len(other.journal) == 0
        with pytest.raises(errors.AuthenticationError):
            recorder.provider.check_account(other.base_url)
