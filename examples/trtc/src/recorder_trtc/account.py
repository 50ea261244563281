"""The call that concerns the account and no recording: whether it is accepted."""

from __future__ import annotations

from recorder_core.errors import InvalidSpec, RecordingNotFound
from recorder_trtc.calls import Calls

__all__ = ["try_account"]

NO_TASK = "recorder-core-doctor"


def try_account(calls: Calls, base_url: str) -> str:
    """Ask for a task that can't be: who calls is judged before what is asked.

    Raises:
        AuthenticationError: the API key or the signature isn't accepted.
        PermissionDenied: the key may not use the application's recording.
        RecorderError: every other class, by what the vendor answered.
    """
    body = {"SdkAppId": calls.config.sdk_app_id, "TaskId": NO_TASK}
    try:
        calls.send("DescribeCloudRecording", None, body, base_url=base_url)
    except (RecordingNotFound, InvalidSpec):
        return _PROVEN
    return _PROVEN


_PROVEN = (
    "secret_id and secret_key are accepted for sdk_app_id; nothing was started, so app_key wasn't tried, which lets "
    "the recorder into rooms"
)
