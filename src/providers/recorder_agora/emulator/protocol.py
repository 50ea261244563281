"""How the emulated service says no, and how it reads a body before it says anything else."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from recorder_agora.tables import STORAGE_REGIONS, StorageVendor
from recorder_agora.wire.requests import (
    IndividualStartClientRequest,
    StartClientRequest,
    StreamSubscribe,
    WebStartClientRequest,
)
from recorder_agora.wire.storage import StorageConfig
from recorder_core.emulation.exchange import EmulatedRequest, EmulatedResponse

__all__ = [
    "RefusedError",
    "check_storage",
    "check_stricter",
    "check_stricter_lists",
    "documented",
    "gateway",
    "json_object",
    "read",
    "refusal",
]

Model = TypeVar("Model", bound=BaseModel)

SERVICES: Final = frozenset({"web_recorder_service", "rtmp_publish_service"})
POSTPONED_SCENE: Final = 2
NOTHING_POSTPONED: Final = {"combinationPolicy": "default"}
WITHDRAWN: Final = "left the documentation in April 2025 and isn't emulated"
LEAST_INTERVAL_S: Final = 5
"""Between two snapshots; 1 by "Start recording" (2022) and by the guide of 2026."""

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
        unknown = [_keys(problem["loc"]) for problem in problems if problem["type"] == "extra_forbidden"]
        if strict or not unknown:
            break
        known = copy.deepcopy(known)
        for *parents, name in unknown:
            holder: Any = known
            for parent in parents:
                holder = holder[parent]
            del holder[name]
    first = problems[0]
    path = [str(part) for part in _keys(first["loc"])]
    if path == ["cname"] and first["type"] == "value_error":
        raise refusal(401 if operation == "acquire" else 1013, operation, "invalid_channel_name")
    raise _invalid(operation, ".".join(path).removeprefix("clientRequest."), first["msg"])


def _keys(path: tuple[int | str, ...]) -> list[int | str]:
    """A problem's path in the body: without the name of a service, which is in none of its keys."""
    return [part for part in path if part not in SERVICES]


def _null_in(tree: Any) -> str | None:
    """Where the first null is; one field alone takes one."""
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in pairs:
        if value is None and key != "readyTimeout":
            return str(key)
        if (below := _null_in(value)) is not None:
            return f"{key}.{below}"
    return None


def _invalid(operation: str, path: str, why: str) -> RefusedError:
    why = why.removeprefix("Value error, ")
    if why.startswith("uid inside the List"):
        return refusal(2, operation, why)
    return refusal(2, operation, f"{operation[0].upper()}{operation[1:]}: invalid {path} value! {why}")


def documented(body: dict[str, Any], mode: str, operation: str, *, strict: bool) -> dict[str, Any]:
    """The body without what left the pages in April 2025 and changes nothing; what changes something is refused.

    A lenient service also takes an individual recording without `subscribeUidGroup`, as two samples have it,
    for one with group 0. `mode` is empty at acquire. The body that is returned may be changed.
    """
    client = body.get("clientRequest")
    if not isinstance(client, dict):
        return body
    client = dict(client)
    if not mode and client.get("scene") == POSTPONED_SCENE:
        raise _invalid(operation, "scene", f"2 {WITHDRAWN}")
    if mode == "mix" and "extensionServiceConfig" in client:
        raise _invalid(operation, "extensionServiceConfig", f"aliyun_vod_service {WITHDRAWN}")
    if mode == "individual":
        if "transcodeOptions" in client:
            raise _invalid(operation, "transcodeOptions", f"postponed transcoding {WITHDRAWN}")
        if client.pop("appsCollection", {}) not in ({}, NOTHING_POSTPONED):
            raise _invalid(operation, "appsCollection", f"postponed transcoding {WITHDRAWN}")
        recording = client.get("recordingConfig")
        if not strict and isinstance(recording, dict):
            client["recordingConfig"] = {"subscribeUidGroup": 0, **recording}
    return {**body, "clientRequest": client}


def check_storage(storage: StorageConfig, operation: str, *, strict: bool = False) -> None:
    """Refuse a region number that the cloud's table doesn't have; clouds without a table take any.

    By "Start recording" (2022) their number has no effect, by the pages of 2026 it is 0.
    """
    if not STORAGE_REGIONS[StorageVendor(storage.vendor)] and storage.region and strict:
        raise _invalid(operation, "storageConfig.region", f"vendor {storage.vendor} takes 0")
    numbers = {region.number for region in STORAGE_REGIONS[StorageVendor(storage.vendor)].values()}
    if numbers and storage.region not in numbers:
        raise _invalid(operation, "storageConfig.region", f"vendor {storage.vendor} has no region {storage.region}")


def check_stricter(
    request: StartClientRequest | IndividualStartClientRequest | WebStartClientRequest, operation: str
) -> None:
    """The rules that only some of the pages print, taken by a strict service."""
    if isinstance(request, StartClientRequest):
        video = request.recordingConfig and request.recordingConfig.transcodingConfig
        given = [getattr(video, name) is not None for name in ("width", "height", "fps", "bitrate") if video]
        if any(given) and not all(given):
            raise _invalid(operation, "recordingConfig.transcodingConfig", "width, height, fps and bitrate go together")
    if isinstance(request, IndividualStartClientRequest) and request.snapshotConfig is not None:
        interval = request.snapshotConfig.captureInterval
        if interval is not None and interval < LEAST_INTERVAL_S:
            raise _invalid(operation, "snapshotConfig.captureInterval", f"at least {LEAST_INTERVAL_S} s")


def check_stricter_lists(subscribe: StreamSubscribe, operation: str) -> None:
    """An update's lists have 1 to 32 uids; start's may be empty."""
    for part in (subscribe.audioUidList, subscribe.videoUidList):
        for name, uids in part or ():
            if uids is not None and not uids:
                raise _invalid(operation, f"streamSubscribe.{name}", "a list has 1 to 32 uids")
