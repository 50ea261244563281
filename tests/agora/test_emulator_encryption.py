"""The emulated rooms are encrypted: only a recorder with their cipher, secret and salt can read them."""

from __future__ import annotations

from typing import Any

import pytest

from planned import S3_STORAGE
from recorder_agora.tables import DECRYPTION_MODES
from recorder_core import RecordingFailed, RecordingSpec, RecordingState
from recorder_core.testing import connect, emulate

SALT = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="


def encryption(cipher: str, secret: str = "s3cret") -> dict[str, Any]:
    """The neutral encryption."""
    return {"cipher": cipher, "secret": secret, **({"salt": SALT} if cipher.endswith("gcm2") else {})}


def spec(mode: str, **fields: Any) -> RecordingSpec:
    return RecordingSpec.load({"room": "lesson-42", "mode": mode, "storage": S3_STORAGE, **fields})


@pytest.mark.parametrize("mode", ["composite", "individual"])
@pytest.mark.parametrize("cipher", sorted(DECRYPTION_MODES))
def test_the_right_cipher_secret_and_salt_are_read(cipher: str, mode: str) -> None:
    """Each of the eight ciphers records a room that uses it."""
    key = (DECRYPTION_MODES[cipher], "s3cret", SALT if cipher.endswith("gcm2") else None)
    with emulate("agora", media=False, encryption=key) as service, connect(service) as recorder:
        service.join("lesson-42", "7")
        recording = recorder.start(spec(mode, encryption=encryption(cipher)))
        assert recorder.wait(recording).state is RecordingState.RECORDING


@pytest.mark.parametrize(
    "fields",
    [{}, {"encryption": encryption("aes_128_gcm")}, {"encryption": encryption("aes_256_gcm", secret="other")}],
    ids=["none", "another cipher", "another secret"],
)
@pytest.mark.parametrize("mode", ["composite", "individual"])
def test_another_one_dies_within_half_a_minute(mode: str, fields: dict[str, Any]) -> None:
    """Start succeeds, as the vendor's does, and nothing is recorded."""
    key = (DECRYPTION_MODES["aes_256_gcm"], "s3cret", None)
    with emulate("agora", media=False, encryption=key) as service, connect(service) as recorder:
        service.join("lesson-42", "7")
        recording = recorder.start(spec(mode, **fields))
        with pytest.raises(RecordingFailed):
            recorder.wait(recording)
