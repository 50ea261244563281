"""Containers of Azure are tried by the cloud's own library, against a store that judges its signatures."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from pydantic import SecretStr

from recorder_core import storage_check
from recorder_core.checks import StorageCheck
from recorder_core.models import AzureBlob
from recorder_core.storage_check.azure import REFUSALS
from recorder_core.storage_check.stores import AzureStore, store_of
from recorder_core.storage_check.verdicts import Refusal
from scripted_host import Asked, ScriptedHost, Told, scripted_host

ACCOUNT = "lessons"
KEY = base64.b64encode(b"the key of the account, 32 bytes").decode()
SIGNED_HEADERS = (
    *("content-encoding", "content-language", "content-length", "content-md5", "content-type", "date"),
    *("if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range"),
)
STEPS = ("storage endpoint", "storage credentials", "storage bucket", "storage write")


def signature(asked: Asked) -> str:
    """The signature of a request ("Authorize with Shared Key", Azure Storage REST API)."""
    headers = {**asked.headers, "content-length": str(len(asked.body) or "")}
    lines = [asked.method, *(headers.get(name, "") for name in SIGNED_HEADERS)]
    lines += [f"{name}:{value}" for name, value in sorted(headers.items()) if name.startswith("x-ms-")]
    parts = urlsplit(asked.path)
    resource = f"/{ACCOUNT}{parts.path}"
    resource += "".join(f"\n{name}:{value}" for name, value in sorted(parse_qsl(parts.query)))
    digest = hmac.new(base64.b64decode(KEY), "\n".join([*lines, resource]).encode(), hashlib.sha256).digest()
    return f"SharedKey {ACCOUNT}:{base64.b64encode(digest).decode()}"


def refusal(code: str, status: int = 403) -> Told:
    """An error as the store writes it."""
    body = f"<?xml version='1.0' encoding='utf-8'?><Error><Code>{code}</Code><Message>{KEY}</Message></Error>"
    headers = {"x-ms-error-code": code, "x-ms-request-id": "REQ1", "Content-Type": "application/xml"}
    return Told(status, body.encode(), headers)


class Container:
    """The container `recordings`, which takes what is signed with the account's key."""

    def __init__(self, **answers: Told) -> None:
        self.answers = answers
        self.blobs: dict[str, bytes] = {}

    def __call__(self, asked: Asked) -> Told:
        if asked.headers["authorization"] != signature(asked):
            return refusal("AuthenticationFailed")
        if asked.method in self.answers:
            return self.answers[asked.method]
        path = urlsplit(asked.path).path
        if not path.startswith("/recordings/"):
            return refusal("ContainerNotFound", 404)
        stamps = {"ETag": '"0x1"', "Last-Modified": "Mon, 05 Jan 2026 10:00:00 GMT", "x-ms-request-id": "REQ1"}
        if asked.method == "PUT":
            self.blobs[path] = asked.body
            return Told(201, b"", stamps)
        if asked.method == "DELETE":
            del self.blobs[path]
            return Told(202, b"", stamps)
        content = self.blobs[path]
        ranged = {"Content-Range": f"bytes 0-{len(content) - 1}/{len(content)}", "x-ms-blob-type": "BlockBlob"}
        return Told(206, content, {**stamps, **ranged})


@pytest.fixture
def host() -> Iterator[Callable[..., ScriptedHost]]:
    with ExitStack() as running:
        yield lambda script: running.enter_context(scripted_host(script))


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch) -> Callable[..., StorageCheck]:
    """Checks a container of the account, whose address is one of ours."""

    def run(url: str, *, key: str = KEY, container: str = "recordings") -> StorageCheck:
        given = AzureBlob(container=container, account_name=ACCOUNT, account_key=SecretStr(key))
        here = store_of(given)
        assert isinstance(here, AzureStore)
        monkeypatch.setattr(storage_check, "store_of", lambda _: replace(here, account_url=url))
        found = storage_check.check_storage(given, "a/b")
        assert key not in f"{found} {found!r}"
        return found

    return run


def verdicts(found: StorageCheck) -> list[str]:
    assert tuple(step.name for step in found.checks) == STEPS
    return [step.verdict for step in found.checks]


def test_the_address_is_the_accounts() -> None:
    """Over https, and its repr shows no key."""
    store = store_of(AzureBlob(container="recordings", account_name=ACCOUNT, account_key=SecretStr(KEY)))
    assert isinstance(store, AzureStore)
    assert store.account_url == "https://lessons.blob.core.windows.net"
    assert KEY not in repr(store)


def test_a_container_that_takes_files_passes_and_is_left_as_it_was(host: Any, check: Any) -> None:
    """The object was written under the prefix, read and deleted, each request signed."""
    container = Container()
    here = host(container)
    assert verdicts(check(here.url)) == ["passed"] * 4
    assert [asked.method for asked in here.asked] == ["PUT", "GET", "DELETE"]
    assert here.asked[0].path.startswith("/recordings/a/b/recorder-core-check-")
    assert container.blobs == {}


def test_another_accounts_key(host: Any, check: Any) -> None:
    """The signature is wrong."""
    found = check(host(Container()).url, key=base64.b64encode(b"another key, of another account.").decode())
    assert verdicts(found) == ["passed", "failed", "not_checked", "not_checked"]
    assert "(code AuthenticationFailed, request id REQ1)" in found.checks[1].detail


def test_a_key_that_is_none(host: Any, check: Any) -> None:
    """It isn't base64: nothing can be signed with it."""
    here = host(Container())
    found = check(here.url, key="not base64!")
    assert verdicts(found)[1] == "failed"
    assert "isn't base64" in found.checks[1].detail
    assert here.asked == []


def test_a_container_that_is_not_there(host: Any, check: Any) -> None:
    """The key is right and the name isn't."""
    found = check(host(Container()).url, container="elsewhere")
    assert verdicts(found) == ["passed", "passed", "failed", "not_checked"]
    assert "storage.container" in found.checks[2].fix


@pytest.mark.parametrize("row", REFUSALS, ids=lambda row: row.codes[0])
def test_every_row_of_the_table_fails_at_its_step(host: Any, check: Any, row: Refusal) -> None:
    """Each is the failure of one step; no step passes but those that it proves."""
    found = check(host(Container(PUT=refusal(row.codes[0], status=409))).url)
    verdicts(found)
    assert [step.name for step in found.checks if step.verdict == "failed"] == [f"storage {row.step}"]
    assert {step.name for step in found.checks if step.verdict == "passed"} == {f"storage {s}" for s in row.proves}


def test_what_cannot_be_deleted_is_told(host: Any, check: Any) -> None:
    """It is no failure: no recording needs it."""
    here = host(Container(DELETE=refusal("BlobImmutableDueToPolicy", 409)))
    found = check(here.url)
    assert verdicts(found) == ["passed"] * 4
    assert f"left there as {here.asked[0].path.removeprefix('/recordings/')}" in found.checks[3].detail


@pytest.mark.parametrize("told", [Told(404, b"<html></html>"), Told(200, b"<html></html>"), Told(403, b"no")])
def test_an_answer_that_is_no_stores_is_no_success(host: Any, check: Any, told: Told) -> None:
    """A web page in the account's place answers too."""
    found = check(host(Container(PUT=told)).url)
    assert verdicts(found) == ["failed", "not_checked", "not_checked", "not_checked"]
    assert "not as Azure Blob Storage" in found.checks[0].detail


@pytest.mark.parametrize(
    ("url", "stage", "fix"),
    [
        ("http://127.0.0.1:1", "TCP: Connection refused", "port"),
        ("https://lessons.blob.invalid", "DNS: ", "account_name"),
    ],
)
def test_an_account_that_is_not_there(check: Any, url: str, stage: str, fix: str) -> None:
    """How far the way led is told; a name that isn't found may be a slip, or another of the cloud's worlds."""
    found = check(url)
    assert verdicts(found) == ["failed", "not_checked", "not_checked", "not_checked"]
    assert stage in found.checks[0].detail
    assert fix in found.checks[0].fix


def test_a_missing_extra_is_told(check: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the library nothing is tried, and how to get it is said."""
    monkeypatch.setitem(sys.modules, "azure.storage.blob", None)
    (only,) = check("http://127.0.0.1:1").checks
    assert only.verdict == "not_checked"
    assert "recorder-core[storage]" in only.fix


def test_no_log_shows_a_key(host: Any, check: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Nor a signature, however much is logged."""
    with caplog.at_level(1):
        logging.getLogger("azure").setLevel(1)
        check(host(Container()).url)
    assert "SharedKey" not in caplog.text
    assert KEY not in caplog.text
    assert not [record for record in caplog.records if record.name.startswith("azure")]
