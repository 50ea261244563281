"""What a start refuses before anything is sent, against the emulated service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from recorder_core import ConfigurationError, InvalidSpec, RecordingSpec
from recorder_core.testing import connect, emulate

STORAGE = {"kind": "s3", "bucket": "lessons", "region": "eu-west-1", "access_key": "AK-1", "secret_key": "SK-1"}
SPEC = RecordingSpec.load({"room": "lesson-42", "storage": STORAGE})


@pytest.fixture
def service() -> Iterator[Any]:
    with emulate("agora", media=False) as running:
        yield running


@pytest.mark.parametrize("made", [None, "", 5, b"007-valid"])
def test_what_is_no_token_is_named(service: Any, made: Any) -> None:
    """A factory that returns something else than a text is named, and what it returned isn't shown."""
    with connect(service, token_factory=lambda room, uid: made) as recorder:
        with pytest.raises(ConfigurationError, match="token_factory made") as caught:
            recorder.start(SPEC)
        assert caught.value.hint
        assert "007-valid" not in str(caught.value)
    assert list(service.journal) == []


@pytest.mark.parametrize("other", ["a-text", None, {"id": "r"}])
def test_only_handles_can_be_stayed_apart_from(service: Any, other: Any) -> None:
    """Anything else is InvalidSpec, and nothing is sent."""
    with connect(service) as recorder, pytest.raises(InvalidSpec, match="apart_from takes a Recording"):
        recorder.start(SPEC, apart_from=[other])
    assert list(service.journal) == []
