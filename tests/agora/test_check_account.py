"""What one harmless call or two at a host prove of the account, against the emulated service over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from recorder_core import errors
from recorder_core.testing import connect, emulate
from scripted_host import Asked, Told, scripted_host


@pytest.fixture
def service() -> Iterator[Any]:
    with emulate("agora", media=False) as running:
        yield running


def check(service: Any, **config: Any) -> str:
    """Check the account at the service with these credentials."""
    with connect(service, **config) as recorder:
        return recorder.provider.check_account(service.base_url)


def test_right_credentials_are_proved_and_nothing_is_started(service: Any) -> None:
    """The addresses of callbacks prove the Customer ID, an acquire the App ID; every check has a room of its own."""
    assert "nothing was started" in check(service)
    check(service)
    assert service.recordings == []
    entries = list(service.journal)
    assert [entry.operation for entry in entries] == ["ncs/ip", "acquire"] * 2
    rooms = [entry.body["cname"] for entry in entries if entry.operation == "acquire"]
    assert len(set(rooms)) == 2


def test_a_wrong_secret_fails_before_an_acquire(service: Any) -> None:
    """The vendor's own answer, and where the right secret is found."""
    with pytest.raises(errors.AuthenticationError, match="Check customer_id and customer_secret"):
        check(service, customer_secret="of-another-account")
    assert [entry.operation for entry in service.journal] == ["ncs/ip"]


def test_an_app_id_of_another_project(service: Any) -> None:
    """The credentials are right, so that it is the App ID that isn't."""
    with pytest.raises(errors.PermissionDenied, match="App ID is unknown"):
        check(service, app_id="f" * 32)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (62, errors.PermissionDenied),
        (400, errors.PermissionDenied),
        (405, errors.PermissionDenied),
        (406, errors.QuotaExceeded),
    ],
)
def test_what_acquire_refuses_is_the_services(service: Any, code: int, error: type[errors.RecorderError]) -> None:
    """Not enabled, overdue and full are told apart by the vendor's code."""
    service.fail_next("acquire", f"code:{code}")
    with pytest.raises(error) as caught:
        check(service)
    assert caught.value.vendor_code == code
    assert caught.value.hint


def test_a_refusal_of_acquire_alone_is_no_wrong_secret(service: Any) -> None:
    """The gateway says the same of a wrong pair and of a service that isn't enabled; the first call tells which."""

    def gateway(asked: Asked) -> Told:
        if asked.path.endswith("/ncs/ip"):
            return Told(200, b'{"data": {"service": {"hosts": [{"primaryIP": "127.0.0.1"}]}}}')
        return Told(401, b'{"message": "Invalid authentication credentials"}', {"X-Request-Id": "REQ1"})

    with (
        scripted_host(gateway) as host,
        connect(service, base_urls=(host.url,)) as recorder,
        pytest.raises(errors.PermissionDenied, match="not for this App ID") as caught,
    ):
        recorder.provider.check_account(host.url)
    assert (caught.value.http_status, caught.value.request_id) == (401, "REQ1")


def test_only_the_host_in_question_is_asked(service: Any) -> None:
    """A host that works says nothing of another one."""
    with emulate("agora", media=False) as other:
        hosts = (service.base_url, other.base_url)
        with connect(service, base_urls=hosts) as recorder:
            recorder.provider.check_account(service.base_url)
            assert len(other.journal) == 0
            with pytest.raises(errors.AuthenticationError):
                recorder.provider.check_account(other.base_url)


def test_a_host_without_the_method_is_judged_by_acquire(service: Any) -> None:
    """Where neither version of the method is known, acquire alone has to tell."""
    service.fail_next("ncs/ip", "code:404", times=2)
    assert check(service)
    assert [(entry.operation, entry.status) for entry in service.journal] == [
        ("ncs/ip", 404),
        ("ncs/ip", 404),
        ("acquire", 200),
    ]
