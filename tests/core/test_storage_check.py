"""Storage is tried where a recording's files would go: over the real S3 protocol, and what each refusal means."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import boto3
import pytest
from moto.server import ThreadedMotoServer
from pydantic import TypeAdapter

from recorder_core import storage_check
from recorder_core.checks import StorageCheck
from recorder_core.clock import Deadline, SystemClock, deadline_scope
from recorder_core.models import Storage
from recorder_core.storage_check import check_storage
from recorder_core.storage_check.azure import REFUSALS as AZURE_REFUSALS
from recorder_core.storage_check.quiet import quiet
from recorder_core.storage_check.s3 import REFUSALS, _client, try_s3
from recorder_core.storage_check.stores import CLOUDS, NOT_SPOKEN, S3Store, store_of
from recorder_core.storage_check.verdicts import Refusal
from scripted_host import Asked, ScriptedHost, Told, free_address, scripted_host

KEYS = {"access_key": "AKIDEXAMPLE0000001", "secret_key": "secret/of+the=test", "session_token": "token/of+the=test"}
XML = {"Content-Type": "application/xml", "x-amz-request-id": "REQ1"}
STEPS = ("storage endpoint", "storage credentials", "storage bucket", "storage write")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that says nothing of proxies, and lies about where the cloud is."""
    for name in ("https_proxy", "http_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://{free_address()}")
    monkeypatch.setenv("AWS_USE_DUALSTACK_ENDPOINT", "true")


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """An S3 endpoint on loopback with the bucket `lessons`."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    try:
        objects(f"{host}:{port}").create_bucket(Bucket="lessons")
        yield f"{host}:{port}"
    finally:
        server.stop()


def objects(address: str) -> Any:
    """A client of the endpoint."""
    keys = {"aws_access_key_id": "AK", "aws_secret_access_key": "SK"}
    return boto3.client("s3", endpoint_url=f"http://{address}", region_name="us-east-1", **keys)


def storage(**fields: Any) -> Any:
    """A storage as a spec has it."""
    return TypeAdapter(Storage).validate_python(fields)


def compatible(address: str, **fields: Any) -> Any:
    """A bucket at an endpoint of its own."""
    return storage(
        **{
            "kind": "s3_compatible",
            "endpoint": address,
            "bucket": "lessons",
            "region": "us-east-1",
            "access_key": KEYS["access_key"],
            "secret_key": KEYS["secret_key"],
            **fields,
        }
    )


def verdicts(found: StorageCheck) -> list[str]:
    """The verdicts of the four steps; nothing of the keys is in any text."""
    assert not [key for key in KEYS.values() if key in f"{found} {found!r}"]
    assert tuple(check.name for check in found.checks) == STEPS
    assert all(check.fix for check in found.checks if check.verdict in ("failed", "warning"))
    return [check.verdict for check in found.checks]


def refusal(code: str, more: str = "", status: int = 403) -> Told:
    """An error as S3 writes it, with the key of the request in its text."""
    text = f"The key {KEYS['access_key']} is refused"
    body = f"<Error><Code>{code}</Code><Message>{text}</Message>{more}<RequestId>REQ1</RequestId></Error>"
    return Told(status, f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'.encode(), XML)


class Store:
    """Keeps one object, as far as it is allowed to."""

    def __init__(self, **answers: Told | None) -> None:
        self.answers = answers
        self.content: bytes | None = None

    def __call__(self, asked: Asked) -> Told | None:
        if asked.method in self.answers:
            return self.answers[asked.method]
        if asked.method == "PUT":
            self.content = asked.body
            return Told(headers={"ETag": '"1"'})
        if asked.method == "GET":
            return Told(body=self.content or b"", headers={"ETag": '"1"'})
        self.content = None
        return Told(204)


@pytest.fixture
def host() -> Iterator[Callable[..., ScriptedHost]]:
    """Stores on loopback."""
    with ExitStack() as running:
        yield lambda script: running.enter_context(scripted_host(script))


# --- over the protocol -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", [None, "lessons/2026", "/lessons/"])
@pytest.mark.parametrize("path_style", [False, True])
def test_a_bucket_that_takes_files_passes_and_is_left_as_it_was(
    moto: str, prefix: str | None, path_style: bool
) -> None:
    """All four steps pass, under the recording's own prefix, and nothing is left behind."""
    found = check_storage(compatible(moto, path_style=path_style), prefix)
    assert verdicts(found) == ["passed"] * 4
    assert found.verdict == "passed"
    assert (f"under {prefix.strip('/')}" if prefix else "at the root") in found.checks[-1].detail
    assert "Contents" not in objects(moto).list_objects_v2(Bucket="lessons")


def test_the_object_lies_under_the_prefix_and_says_what_it_is(host: Any) -> None:
    """Who meets it, where it couldn't be deleted, knows where it came from."""
    store = host(Store())
    assert check_storage(compatible(store.url), "a/b").verdict == "passed"
    put, got, deleted = store.asked
    assert [asked.method for asked in store.asked] == ["PUT", "GET", "DELETE"]
    assert put.path.startswith("/lessons/a/b/recorder-core-check-")
    assert put.path == got.path == deleted.path
    assert b"may be deleted" in put.body
    assert put.headers["authorization"].startswith("AWS4-HMAC-SHA256")
    assert "aws-chunked" not in put.headers.get("content-encoding", "")


def test_a_bucket_that_is_not_there(moto: str) -> None:
    """The endpoint answers, the bucket fails, and what comes after isn't told."""
    found = check_storage(compatible(moto, bucket="nowhere"))
    assert verdicts(found) == ["passed", "not_checked", "failed", "not_checked"]
    assert "NoSuchBucket" in found.checks[2].detail
    assert "storage.bucket" in found.checks[2].fix


def test_a_key_that_may_not_write(host: Any) -> None:
    """It is known, and has no right to put anything there; the store's request id is told."""
    found = check_storage(compatible(host(Store(PUT=refusal("AccessDenied"))).url))
    assert verdicts(found) == ["passed", "passed", "not_checked", "failed"]
    assert "(code AccessDenied, request id REQ1)" in found.checks[3].detail
    assert "s3:PutObject" in found.checks[3].fix


def test_a_key_that_may_only_write_is_enough(host: Any) -> None:
    """Neither reading back nor deleting is needed for a recording; what couldn't be done is said."""
    store = host(Store(GET=refusal("AccessDenied"), DELETE=refusal("AccessDenied")))
    found = check_storage(compatible(store.url), "a")
    assert verdicts(found) == ["passed"] * 4
    assert "can't be read back (AccessDenied)" in found.checks[3].detail
    assert f"is left there as {store.asked[0].path.removeprefix('/lessons/')}" in found.checks[3].detail


@pytest.mark.parametrize("row", REFUSALS, ids=lambda row: row.codes[0])
def test_every_row_of_the_table_fails_at_its_step(host: Any, row: Refusal) -> None:
    """Each is the failure of one step, with what mends it; no step passes but those that it proves."""
    found = check_storage(compatible(host(Store(PUT=refusal(row.codes[0], status=400))).url))
    verdicts(found)
    assert [check.name for check in found.checks if check.verdict == "failed"] == [f"storage {row.step}"]
    proved = {f"storage {step}" for step in row.proves}
    assert {check.name for check in found.checks if check.verdict == "passed"} == proved


@pytest.mark.parametrize("table", [REFUSALS, AZURE_REFUSALS])
def test_no_code_stands_in_two_rows(table: tuple[Refusal, ...]) -> None:
    """The first row would hide the second."""
    codes = [code for row in table for code in row.codes]
    assert len(codes) == len(set(codes))


def test_a_code_that_nobody_knows_is_told(host: Any) -> None:
    """It is shown for the store's documents to explain."""
    found = check_storage(compatible(host(Store(PUT=refusal("Whatever"))).url))
    assert verdicts(found) == ["passed", "not_checked", "not_checked", "failed"]
    assert "code Whatever" in found.checks[3].detail


@pytest.mark.parametrize(
    "told",
    [
        refusal("PermanentRedirect", "<Endpoint>lessons.s3.eu-west-1.amazonaws.com</Endpoint>", 301),
        refusal("AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>", 400),
        refusal("AccessDenied", "<Endpoint>oss-eu-west-1.aliyuncs.com</Endpoint>"),
        Told(301, b"", {"x-amz-bucket-region": "eu-west-1"}),
        Told(307, refusal("TemporaryRedirect").body, {**XML, "Location": "http://127.0.0.1:1/"}),
    ],
    ids=["moved", "signed", "oss", "bare", "for now"],
)
def test_another_region_is_told_and_not_followed(host: Any, told: Told) -> None:
    """A recording vendor writes to the region that it is given, so that this one fails, with the right one named."""
    store = host(Store(PUT=told))
    found = check_storage(compatible(store.url, region="us-east-2"))
    assert verdicts(found) == ["passed", "not_checked", "failed", "not_checked"]
    assert [asked.method for asked in store.asked if asked.method != "HEAD"] == ["PUT"]
    assert "another region" in found.checks[2].detail
    if told.status != 307:
        assert "eu-west-1" in found.checks[2].detail
    assert "storage.region" in found.checks[2].fix


def test_a_store_that_is_busy_is_asked_once_more(host: Any) -> None:
    """A passing failure isn't the setup's; one that lasts is the endpoint's."""
    busy = [refusal("SlowDown", status=503)]
    store = Store()
    recovering = host(lambda asked: busy.pop() if busy else store(asked))
    assert check_storage(compatible(recovering.url)).verdict == "passed"
    lasting = host(Store(PUT=refusal("SlowDown", status=503)))
    found = check_storage(compatible(lasting.url))
    assert verdicts(found) == ["failed", "not_checked", "not_checked", "not_checked"]
    assert len(lasting.asked) == 2


# --- what isn't a store ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "told",
    [
        Told(200, b"<html><body>Please sign in</body></html>", {"Content-Type": "text/html"}),
        Told(404, b"<html>no such page</html>", {"Content-Type": "text/html"}),
        Told(403, b"forbidden"),
    ],
)
def test_an_answer_that_is_no_stores_is_no_success(host: Any, told: Told) -> None:
    """A web page in the endpoint's place answers too."""
    found = check_storage(compatible(host(Store(PUT=told)).url))
    assert verdicts(found) == ["failed", "not_checked", "not_checked", "not_checked"]
    assert "not as a store" in found.checks[0].detail


def test_what_comes_back_must_be_what_was_written(host: Any) -> None:
    """A store that takes everything and keeps nothing is none."""
    found = check_storage(compatible(host(Store(GET=Told(200, b"something else", {"ETag": '"1"'}))).url))
    assert verdicts(found)[-1] == "failed"


@pytest.mark.parametrize(
    ("address", "stage"),
    [("127.0.0.1:1", "TCP: Connection refused"), ("https://store.invalid", "DNS: ")],
)
def test_an_endpoint_that_is_not_there(address: str, stage: str) -> None:
    """How far the way led is told."""
    found = check_storage(compatible(address))
    assert verdicts(found) == ["failed", "not_checked", "not_checked", "not_checked"]
    assert stage in found.checks[0].detail


def test_a_name_that_holds_the_bucket_may_want_another_style() -> None:
    """Where the bucket is a part of the host's name, a name that isn't found may be no fault of the endpoint."""
    (check, *_) = check_storage(compatible("https://store.invalid")).checks
    assert "storage.path_style" in check.fix
    (check, *_) = check_storage(compatible("https://store.invalid", path_style=True)).checks
    assert "storage.path_style" not in check.fix


def test_a_port_that_speaks_no_tls(host: Any) -> None:
    """The handshake fails, and no key has left."""
    store = host(Store())
    found = check_storage(compatible(store.url.replace("http:", "https:")))
    assert "TLS: " in found.checks[0].detail
    assert store.asked == []


def test_a_silent_store_is_left_at_the_deadline(host: Any) -> None:
    """No wait outlasts the operation's own deadline."""
    over = threading.Event()

    def stall(_: Asked) -> Told:
        over.wait(20)
        return Told()

    with deadline_scope(Deadline(SystemClock(), 0.2)):
        found = check_storage(compatible(host(stall).url))
    over.set()
    assert verdicts(found) == ["failed", "not_checked", "not_checked", "not_checked"]
    assert "didn't answer within" in found.checks[0].detail


def test_a_proxy_is_not_asked_for_this_machine(host: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loopback is spoken to as it is, whatever the environment says of proxies."""
    monkeypatch.setenv("HTTP_PROXY", f"http://{free_address()}")
    assert check_storage(compatible(host(Store()).url)).verdict == "passed"


# --- what isn't tried --------------------------------------------------------------------------------------------

KEYED = {"bucket": "lessons", "access_key": "AK-EXAMPLE", "secret_key": "SK-EXAMPLE"}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"kind": "s3", "bucket": "b", "region": "eu-west-1", "role_arn": "arn:aws:iam::1:role/r"}, "role"),
        ({"kind": "s3", "bucket": "b", "region": "eu-west-1", "bucket_policy": True}, "policy"),
        ({"kind": "google_cloud_storage", "bucket": "b", "credentials_json": '{"a": 1}'}, "HMAC"),
        ({"kind": "qiniu_kodo", "region": "z0", **KEYED}, "another name"),
        ({"kind": "kingsoft_ks3", "region": "BEIJING", **KEYED}, "no document"),
        ({"kind": "china_mobile_eos", "region": "eos-shanghai-1", **KEYED}, "no document"),
        ({"kind": "baidu_bos", "region": "fwh", **KEYED}, "'fwh'"),
        ({"kind": "tencent_cos", "region": "x.evil.example/", **KEYED, "bucket": "b-1"}, "no document"),
        ({"kind": "tencent_vod", "region": "ap-beijing", "access_key": "AK", "secret_key": "SK"}, "video service"),
        ({"kind": "vendor_managed"}, "vendor keeps"),
        ({"kind": "account", "store": "s3", "bucket": "b", "region": "eu-west-1"}, "its keys aren't here"),
        ({"kind": "azure_blob", "container": "c", "account_name": "Evil#", "account_key": "K"}, "no storage account"),
        ({"kind": "s3_compatible", "region": "r", "endpoint": "http://store.example", **KEYED}, "http"),
    ],
)
def test_what_cannot_be_tried_says_why(fields: dict[str, Any], reason: str) -> None:
    """It is no failure and no success; nothing is sent."""
    found = check_storage(storage(**fields))
    (check,) = found.checks
    assert (found.verdict, check.name, check.verdict) == ("not_checked", "storage", "not_checked")
    assert reason in check.detail
    assert check.fix


def test_every_kind_is_known() -> None:
    """A kind is either spoken to or has a reason why not."""
    kinds = {model.model_fields["kind"].default for model in get_args(get_args(Storage)[0])}
    assert kinds == {*CLOUDS, *NOT_SPOKEN, "s3_compatible", "azure_blob"}
    assert not CLOUDS.keys() & NOT_SPOKEN.keys()


def test_the_page_says_of_every_kind_how_it_is_tried() -> None:
    """Who reads it finds theirs, and whether it is tried at all."""
    page = Path(__file__).parents[2] / "docs" / "how-to" / "check-a-setup.md"
    rows = [line.split(" | ") for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    told = {kind: row[1] for row in rows for kind in re.findall(r"`(\w+)`", row[0])}
    for kind in (*CLOUDS, "s3_compatible"):
        assert "the S3 protocol" in told[kind]
    for kind in NOT_SPOKEN:
        assert told[kind].startswith("not tried: ")
    assert "azure_blob" in told


def test_a_missing_extra_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without boto3 nothing is tried, and how to get it is said."""
    monkeypatch.setitem(sys.modules, "boto3", None)
    (check,) = check_storage(compatible("127.0.0.1:1")).checks
    assert check.verdict == "not_checked"
    assert "recorder-core[storage]" in check.fix


# --- how each cloud is spoken to -----------------------------------------------------------------------------------


def sent_by(host: Any, **fields: Any) -> Asked:
    """The request that a cloud would get, at an address of ours."""
    store = store_of(storage(**fields))
    assert isinstance(store, S3Store)
    here = host(Store())
    try_s3(replace(store, endpoint=here.url), "key.txt", b"content")
    return here.asked[0]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("fields", "endpoint"),
    [
        ({"kind": "s3", "region": "eu-west-1"}, None),
        ({"kind": "alibaba_oss", "region": "oss-cn-hangzhou"}, "https://s3.oss-cn-hangzhou.aliyuncs.com"),
        ({"kind": "tencent_cos", "region": "ap-beijing", "bucket": "b-1"}, "https://cos.ap-beijing.myqcloud.com"),
        ({"kind": "huawei_obs", "region": "cn-north-4"}, "https://obs.cn-north-4.myhuaweicloud.com"),
        ({"kind": "baidu_bos", "region": "bj"}, "https://s3.bj.bcebos.com"),
        ({"kind": "google_cloud_storage"}, "https://storage.googleapis.com"),
        ({"kind": "s3_compatible", "region": "r", "endpoint": "store.example:9000"}, "https://store.example:9000"),
        ({"kind": "s3_compatible", "region": "r", "endpoint": "localhost:9000"}, "http://localhost:9000"),
        ({"kind": "s3_compatible", "region": "r", "endpoint": "https://s.example/x/"}, "https://s.example/x"),
    ],
)
def test_the_address_is_the_clouds_own(fields: dict[str, Any], endpoint: str | None) -> None:
    """As its document has it; secrets leave this machine over https alone."""
    store = store_of(storage(**{**KEYED, **fields}))
    assert isinstance(store, S3Store)
    assert store.endpoint == endpoint
    assert store.cloud.source
    assert "SK-EXAMPLE" not in repr(store)


def test_amazons_own_address_is_that_of_the_region(monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3 knows it, and neither the environment nor a profile may say otherwise."""
    monkeypatch.setenv("AWS_PROFILE", "of-somebody-else")
    for region, address in (
        ("eu-west-1", "https://s3.eu-west-1.amazonaws.com"),
        ("cn-north-1", "https://s3.cn-north-1.amazonaws.com.cn"),
    ):
        store = store_of(storage(kind="s3", region=region, **KEYED))
        assert isinstance(store, S3Store)
        assert _client(store).meta.endpoint_url == address


def test_a_cloud_with_the_older_signature_gets_that(host: Any) -> None:
    """Its document asks for it; temporary keys travel with their token."""
    token = {"session_token": KEYED["secret_key"]}
    sent = sent_by(host, kind="alibaba_oss", region="cn-hangzhou", **KEYED, **token)
    assert sent.headers["authorization"].startswith("AWS AK-EXAMPLE:")
    assert sent.headers["x-amz-security-token"] == "SK-EXAMPLE"


def test_a_cloud_that_takes_no_signed_body_gets_none(host: Any) -> None:
    """Its document knows unsigned bodies only; the others' are signed."""
    assert sent_by(host, kind="huawei_obs", region="cn-north-4", **KEYED).headers["x-amz-content-sha256"] == (
        "UNSIGNED-PAYLOAD"
    )
    signed = sent_by(host, kind="baidu_bos", region="bj", **KEYED)
    assert len(signed.headers["x-amz-content-sha256"]) == 64
    assert "/bj/s3/aws4_request" in signed.headers["authorization"]


@pytest.mark.parametrize(("asked", "sent"), [(None, None), ("aes256", "AES256"), ("kms", "aws:kms")])
def test_the_encryption_of_the_files_is_tried_too(host: Any, asked: str | None, sent: str | None) -> None:
    """A bucket may refuse what isn't encrypted as it wants."""
    request = sent_by(host, kind="s3", region="eu-west-1", **KEYED, server_side_encryption=asked)
    assert request.headers.get("x-amz-server-side-encryption") == sent
    assert "x-amz-server-side-encryption-aws-kms-key-id" not in request.headers


def test_a_key_of_kms_is_tried_by_its_name(host: Any) -> None:
    """The bucket's default may be another one, which the keys may use."""
    sealed = {"server_side_encryption": "kms", "kms_key_id": "alias/lessons"}
    request = sent_by(host, kind="s3", region="eu-west-1", **KEYED, **sealed)
    assert request.headers["x-amz-server-side-encryption-aws-kms-key-id"] == "alias/lessons"


# --- temporary keys ----------------------------------------------------------------------------------------------


def temporary(left: timedelta | None, **fields: Any) -> StorageCheck:
    """Temporary keys that end so much later, at a vendor that wants them to be good for four hours."""
    ends = {} if left is None else {"session_expires_at": datetime.now(UTC) + left}
    given = storage(kind="tencent_cos", region="ap-beijing", **{**KEYED, **KEYS, "bucket": "b-1"}, **ends, **fields)
    return check_storage(given, shortest_session=4 * 3600)


@pytest.mark.parametrize(
    ("left", "word"), [(timedelta(minutes=-1), "ended at"), (timedelta(hours=3), "wants 4 h or more")]
)
def test_temporary_keys_that_end_too_early_fail_before_anything_is_sent(host: Any, left: timedelta, word: str) -> None:
    """A recording whose keys end keeps nothing; no request is needed to know it."""
    found = temporary(left)
    assert verdicts(found) == ["not_checked", "failed", "not_checked", "not_checked"]
    assert word in found.checks[1].detail


@pytest.mark.parametrize(("left", "verdict"), [(timedelta(hours=5), "passed"), (None, "warning")])
def test_temporary_keys_are_tried_with_their_token(
    host: Any, monkeypatch: pytest.MonkeyPatch, left: timedelta | None, verdict: str
) -> None:
    """Good ones pass; of those whose end nobody tells that much is said."""
    here = host(Store())
    monkeypatch.setattr(storage_check, "store_of", lambda given: replace(store_of(given), endpoint=here.url))
    found = temporary(left)
    assert verdicts(found) == ["passed", verdict, "passed", "passed"]
    assert here.asked[0].headers["x-amz-security-token"] == KEYS["session_token"]


# --- secrets -----------------------------------------------------------------------------------------------------


def test_a_store_that_echoes_the_keys_shows_none(host: Any) -> None:
    """Whatever stands in its answer, code and request id included."""
    key = KEYS["access_key"]
    told = Told(403, f"<Error><Code>{key}</Code><RequestId>{key}</RequestId></Error>".encode(), XML)
    found = check_storage(compatible(host(Store(PUT=told)).url))
    assert verdicts(found)[-1] == "failed"


LOGGED = """
import logging, sys
logging.basicConfig(level=1, stream=sys.stdout)
from pydantic import TypeAdapter
from recorder_core.models import Storage
from recorder_core.storage_check.s3 import try_s3
from recorder_core import storage_check
from recorder_core.storage_check.stores import store_of
from dataclasses import replace

address, *keys = sys.argv[1:]
fields = dict(zip(("access_key", "secret_key", "session_token"), keys))
given = TypeAdapter(Storage).validate_python({"kind": "tencent_cos", "region": "ap-beijing", "bucket": "b-1", **fields})
storage_check.store_of = lambda storage: replace(store_of(storage), endpoint=address)
print(storage_check.check_storage(given))
logging.getLogger("botocore.auth").debug("logged afterwards")
"""


def test_no_log_shows_a_key(host: Any) -> None:
    """In a fresh process that logs everything; an application's own calls are logged as before."""
    here = host(Store(GET=refusal("AccessDenied")))
    command = (sys.executable, "-c", LOGGED, here.url, *KEYS.values())
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert "storage write: passed" in done.stdout
    assert "logged afterwards" in done.stdout
    assert "urllib3" in done.stdout
    assert not [key for key in KEYS.values() if key in done.stdout + done.stderr]
    assert "Signature=" not in done.stdout


def test_another_threads_calls_are_logged_meanwhile(host: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Quiet is the check alone."""
    log = logging.getLogger("botocore.auth")
    with caplog.at_level(logging.DEBUG), quiet():
        log.debug("of the check")
        other = threading.Thread(target=lambda: log.debug("of the application"))
        other.start()
        other.join()
    assert [record.message for record in caplog.records if record.name == "botocore.auth"] == ["of the application"]
