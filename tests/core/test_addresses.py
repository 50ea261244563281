"""Addresses that are signed: none of them is kept, and nobody is shown what signs them."""

from __future__ import annotations

from typing import Any

import pytest

from recorder_core import RecordedFile, RecordingEvent, RecordingState, RecordingStatus
from recorder_core.models.addresses import is_signed, unsigned
from recorder_core.models.base import MASK, thaw

OPENS = "c2VjcmV0LXRoYXQtb3BlbnM"
"""What signs an address in these tests: nowhere may it be seen."""

SIGNED = (
    f"https://b.s3.amazonaws.com/a.mp4?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature={OPENS}&X-Amz-Expires=9",
    f"https://b.s3.amazonaws.com/a.mp4?X-Amz-Expires=9&X-Amz-Credential={OPENS}%2F20260101%2Fs3%2Faws4_request",
    f"https://b.s3.amazonaws.com/a.mp4?X-Amz-Security-Token={OPENS}",
    f"https://b.s3.amazonaws.com/a.mp4?AWSAccessKeyId={OPENS}&Expires=1",
    f"https://storage.googleapis.com/b/a.mp4?X-Goog-Signature={OPENS}",
    f"https://storage.googleapis.com/b/a.mp4?GoogleAccessId={OPENS}&Expires=1",
    f"https://lessons.blob.core.windows.net/b/a.mp4?sv=2024-11-04&sr=b&sig={OPENS}",
    f"https://b.oss-cn-hangzhou.aliyuncs.com/a.mp4?OSSAccessKeyId=AK&Expires=1&Signature={OPENS}",
    f"https://b.oss-cn-hangzhou.aliyuncs.com/a.mp4?x-oss-signature={OPENS}",
    f"https://b.cos.ap-beijing.myqcloud.com/a.mp4?q-sign-algorithm=sha1&q-signature={OPENS}",
    f"https://b.obs.eu-west-101.myhuaweicloud.eu/a.mp4?AccessKeyId={OPENS}&Expires=1",
    f"https://b.bj.bcebos.com/a.mp4?authorization=bce-auth-v1%2F{OPENS}",
    f"https://files.example.com/a.mp4?e=1451491200&token={OPENS}",
    f"https://vod.example.com/a.mp4?t=5bc2&us=7&sign={OPENS}",
    f"https://vod.example.com/a.mp4?auth_key={OPENS}",
    f"https://files.example.com/a.mp4?access_token={OPENS}#t=10",
    f"https://somebody:{OPENS}@files.example.com/a.mp4",
    f"https://files.example.com/to?u=https%3A%2F%2Fb.s3.amazonaws.com%2Fa.mp4%3FX-Amz-Signature%3D{OPENS}",
)
LASTING = (
    "https://lessons.s3.eu-west-1.amazonaws.com/record/a.mp4",
    "https://lessons.example.com/a.mp4?v=2&design=3&signal=on&versionId=7",
    "https://lessons.example.com/token=7/a.mp4",
    "https://lessons.example.com:8443/a@b.mp4",
    "s3://lessons/a b.mp4",
    "a.mp4",
)


@pytest.mark.parametrize("address", SIGNED)
def test_a_signed_address_is_not_kept(address: str) -> None:
    """Neither as a file's address, nor in what the vendor told: not in a repr, and not in JSON."""
    file = RecordedFile(name="a.mp4", url=address)
    status = RecordingStatus(state=RecordingState.COMPLETED, files=(file,), raw={"files": [{"url": address}], "n": 1})
    event = RecordingEvent(
        kind="error",
        provider="memory",
        dedup_key="1",
        files=(file,),
        raw={"link": address},
        reason=f"Put {address}: EOF",
    )
    lost = RecordingStatus(state=RecordingState.FAILED, reason=f"{address} refused")
    assert is_signed(address)
    assert file.url is None
    assert lost.reason is not None
    assert lost.reason.endswith(" refused")
    for model in (file, status, event, lost):
        assert OPENS not in repr(model) + model.model_dump_json()
        assert type(model).model_validate_json(model.model_dump_json()) == model
    assert MASK in event.raw["link"]
    assert event.raw["link"].startswith(address.partition("//")[0])


@pytest.mark.parametrize("address", LASTING)
def test_a_lasting_address_stays_as_it_is(address: str) -> None:
    """A query alone signs nothing; what looks like a parameter in a path doesn't either."""
    raw = {"url": address, "list": [address, 1, None], "inner": {"url": address}}
    status = RecordingStatus(state=RecordingState.COMPLETED, raw=raw)
    assert RecordedFile(name="a", url=address).url == address
    assert thaw(status.raw) == raw


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"GET https://h/a?sig={OPENS}: 403", f"GET https://h/a?sig={MASK} 403"),
        (
            f'{{"url": "https://h/a?b=1\\u0026Signature={OPENS}"}}',
            f'{{"url": "https://h/a?b=1\\u0026Signature={MASK}"}}',
        ),
        (f"<a href='https://h/a?b=1&amp;token={OPENS}'>a</a>", f"<a href='https://h/a?b=1&amp;token={MASK}'>a</a>"),
        (f"https://h/a?sig={OPENS}&b=1#c", f"https://h/a?sig={MASK}&b=1#c"),
        (f"ftp://h/a?token={OPENS} https://u:{OPENS}@h/", f"ftp://h/a?token={MASK} https://u:{MASK}@h/"),
    ],
)
def test_the_rest_of_a_text_stays(text: str, shown: str) -> None:
    """What signs it is masked, wherever the address stands; whoever reads the rest knows what it was."""
    assert unsigned(text) == shown
    assert unsigned(shown) == shown


def test_what_holds_no_signed_address_is_not_copied() -> None:
    """Answers are large, and hardly any has one."""
    tree: dict[str, Any] = {"a": [{"b": "https://h/a.mp4"}, ("c", 1.5, True, None)], "d": {}}
    assert unsigned(tree) is tree
    signed = {**tree, "e": [{"f": f"https://h/?sig={OPENS}"}]}
    assert thaw(unsigned(signed)) == {**thaw(tree), "e": [{"f": f"https://h/?sig={MASK}"}]}


def test_however_deep_it_lies() -> None:
    """An answer that is nested ever so deep is looked through, and none of it is shown that may be signed."""
    tree: Any = f"https://h/?sig={OPENS}"
    for _ in range(5000):
        tree = {"a": tree}
    assert OPENS not in str(unsigned(tree))


def test_a_long_text_takes_no_time() -> None:
    """A text that nearly is such an address all along is read once: a minute would be enough to stall a server."""
    for text in ("://" + "?a_b.c-d" * 20_000, "://" + "&" * 100_000, "://" + "?" + "a-" * 50_000, "://a:" * 20_000):
        assert unsigned(text) == text
