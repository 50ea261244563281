"""How the emulated service says no, and how it reads a body before it says anything else."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from recorder_agora.tables import STORAGE_REGIONS, StorageVendor
from recorder_agora.wire import RecordingConfig, StorageConfig, StreamSubscribe
from recorder_core.emulation.exchange import EmulatedRequest, EmulatedResponse

__all__ = [
    "RefusedError",
    "check_storage",
    "check_stricter",
    "check_stricter_lists",
    "gateway",
    "json_object",
    "read",
    "refusal",
]

Model = TypeVar("Model", bound=BaseModel)

# HTTP status and reason by code ("Common errors", 2026); 400 where the pages print no status, an empty reason
# where they print none.
_BAD_REQUEST = 400
_ANSWERS: Mapping[int | str, tuple[int, str]] = {
    7: (201, "already started"),
    15: (500, ""),
    49: (_BAD_REQUEST, "invalid operation"),
    50: (206, ""),
    53: (_BAD_REQUEST, "task conflict"),
    65: (206, "request not completed"),
    400: (_BAD_REQUEST, "invalid_appid"),
    401: (_BAD_REQUEST, "invalid_channel_name"),
    404: (404, "failed to find worker"),
    405: (_BAD_REQUEST, "no_active_status"),
    406: (_BAD_REQUEST, "vendor_over_load"),
    435: (206, "no recorded data"),
    500: (500, "internal_error"),
    501: (500, "no_worker_manager_available"),
    502: (500, "Failed to allocate worker"),
    504: (500, "allocate_timeout"),
}
_TIMEOUT = 62
_TIMEOUT_STATUS: Mapping[str, int] = {"acquire": 400, "start": 500}


class RefusedError(Exception):
    """Ends a request with `response`."""

    def __init__(self, response: EmulatedResponse) -> None:
        super().__init__(response.status)
        self.response = response


def gateway(status: int, message: str) -> RefusedError:
    """The gateway's refusal: a message without a code."""
    return RefusedError(EmulatedResponse(status, {"message": message}))


def refusal(code: int | str, operation: str, reason: str = "", **echo: str | None) -> RefusedError:
    """The service's refusal: code, reason where there is one, and what the request was about."""
    if code == _TIMEOUT:
        status, usual = _TIMEOUT_STATUS.get(operation, 504), "request timeout"
    else:
        status, usual = _ANSWERS.get(code, (_BAD_REQUEST, ""))
    said = {"reason": reason or usual} if reason or usual else {}
    known = {name: value for name, value in echo.items() if value is not None}
    return RefusedError(EmulatedResponse(status, {"code": code, **said, **known}))


def json_object(request: EmulatedRequest, operation: str) -> dict[str, Any]:
    """The body, which is a JSON object that says so."""
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise refusal(8, operation, "Content-Type is not application/json")
    try:
        body = request.json()
    except ValueError:
        raise refusal(8, operation, "the body is not JSON") from None
    if not isinstance(body, dict):
        raise refusal(8, operation, "the body is not a JSON object")
    return body


def read(model: type[Model], body: dict[str, Any], operation: str, *, strict: bool) -> Model:
    """The body as the service understands it.

    Two pages disagree about keys that it doesn't know or that lie at the wrong depth: by a support article of
    2025 it ignores them and uses defaults, by "Common errors" (2026) it answers code 2, as `strict` does.
    """
    known = body
    if strict and (null := _null_in(body)) is not None:
        raise _invalid(operation, null.removeprefix("clientRequest."), "null is no value of this field")
    while True:
        try:
            return model.model_validate(known)
        except ValidationError as error:
            problems = error.errors(include_url=False, include_context=False, include_input=False)
        unknown = [problem["loc"] for problem in problems if problem["type"] == "extra_forbidden"]
        if strict or not unknown:
            break
        known = copy.deepcopy(known)
        for *parents, name in unknown:
            holder: Any = known
            for parent in parents:
                holder = holder[parent]
            del holder[name]
    first = problems[0]
    path = [str(part) for part in first["loc"]]
    if path == ["cname"] and first["type"] == "value_error":
        raise refusal(401 if operation == "acquire" else 1013, operation, "invalid_channel_name")
    raise _invalid(operation, ".".join(path).removeprefix("clientRequest."), first["msg"])


def _null_in(tree: Any) -> str | None:
    """Where the first null is; no field of this mode takes one."""
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in pairs:
        if value is None:
            return str(key)
        if (below := _null_in(value)) is not None:
            return f"{key}.{below}"
    return None


def _invalid(operation: str, path: str, why: str) -> RefusedError:
    why = why.removeprefix("Value error, ")
    if why.startswith("uid inside the List"):
        return refusal(2, operation, why)
    return refusal(2, operation, f"{operation[0].upper()}{operation[1:]}: invalid {path} value! {why}")


def check_storage(storage: StorageConfig, operation: str, *, strict: bool = False) -> None:
    """Refuse a region number that the cloud's table doesn't have; clouds without a table take any.

    By "Start recording" (2022) their number has no effect, by the pages of 2026 it is 0.
    """
    if not STORAGE_REGIONS[StorageVendor(storage.vendor)] and storage.region and strict:
        raise _invalid(operation, "storageConfig.region", f"vendor {storage.vendor} takes 0")
    numbers = {region.number for region in STORAGE_REGIONS[StorageVendor(storage.vendor)].values()}
    if numbers and storage.region not in numbers:
        raise _invalid(operation, "storageConfig.region", f"vendor {storage.vendor} has no region {storage.region}")


def check_stricter(recording: RecordingConfig | None, operation: str) -> None:
    """The rules that only some of the pages print, taken by a strict service."""
    video = recording and recording.transcodingConfig
    if video is not None:
        given = [getattr(video, name) is not None for name in ("width", "height", "fps", "bitrate")]
        if any(given) and not all(given):
            raise _invalid(operation, "recordingConfig.transcodingConfig", "width, height, fps and bitrate go together")


def check_stricter_lists(subscribe: StreamSubscribe, operation: str) -> None:
    """An update's lists have 1 to 32 uids; start's may be empty."""
    for part in (subscribe.audioUidList, subscribe.videoUidList):
        for name, uids in part or ():
            if uids is not None and not uids:
                raise _invalid(operation, f"streamSubscribe.{name}", "a list has 1 to 32 uids")
