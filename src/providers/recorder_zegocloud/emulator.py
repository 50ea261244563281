"""The vendor's Cloud Recording server API on localhost: mixed tasks, to files that can be played.

Spoken as "Cloud Recording Server API" (OpenAPI files, ZEGOCLOUD, 2025-11 to 2026-08-18) and "Accessing server
APIs" (2025-10-29) describe it. Answers are the vendor's envelope with HTTP 200, errors included, whose status
the vendor doesn't document. Of the vendor's actions PauseRecord, ResumeRecord, TakeSnapshot and
UpdateWhiteboard aren't spoken, nor are callbacks, single-stream tasks and interval screenshots: they are
refused, never silently without effect.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import secrets
from collections.abc import Callable, Collection, Mapping
from typing import Any, ClassVar, TypeVar

from pydantic import ValidationError

from recorder_core.emulation.exchange import EmulatedRequest, EmulatedResponse
from recorder_core.emulation.limits import RateLimit
from recorder_core.emulation.recording import EmulatedRecording
from recorder_core.emulation.service import EmulatedService
from recorder_zegocloud.emulator_session import Readings, Task
from recorder_zegocloud.tables import CLOCK_TOLERANCE_S, KEPT_S, SIGNATURE_VERSION, Code
from recorder_zegocloud.wire import (
    DescribeRecordStatusRequest,
    DescribeRecordStatusResponse,
    DescribeTasksRequest,
    DescribeTasksResponse,
    Request,
    Response,
    StartedTask,
    StartRecordRequest,
    StartRecordResponse,
    StopRecordRequest,
    TaskList,
    UpdateLayoutRequest,
)
from recorder_zegocloud.wire_values import FileFormat, RecordMode, TaskStatus

__all__ = ["ZegocloudEmulator", "signature"]

LARGEST_APP_ID = 2**32 - 1
LONGEST_TIMESTAMP = 11
"""Digits; a Unix time in milliseconds has 13."""

Body = TypeVar("Body", bound=Request)


def signature(app_id: str, nonce: str, server_secret: str, timestamp: str) -> str:
    """Signature v2.0: the MD5 of the four, joined without separators, in lower-case hex."""
    text = f"{app_id}{nonce}{server_secret}{timestamp}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


class RefusedError(Exception):
    """The call is answered with this code."""

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.message = message


class ZegocloudEmulator(EmulatedService):
    """The service, with one app.

    Args:
        app_id: the project's number.
        server_secret: the project's server secret, 32 characters.
        stream_ids: the id of the stream that somebody publishes, made from `{room}` and `{participant}`.
        buckets: the buckets that the customer's cloud has; None for any. Files for others go to the vendor's
        backup. backup: False loses files that the customer's storage refused.
        max_tasks: how many tasks may run at once.
        max_record_time: longest MaxRecordTime in seconds; 172800 by the vendor's agreement.
        ended_tasks_count: whether a ClientTaskId still stands for its task once that has ended.
        time_outs_are_abnormal: whether MaxIdleTime and MaxRecordTime end with Status 4 instead of 3.
        service: what every emulated service takes. `strict=False` ignores unknown keys and other content
        types.
    """

    name: ClassVar[str] = "zegocloud"
    operations: ClassVar[frozenset[str]] = frozenset(
        {"StartRecord", "StopRecord", "UpdateLayout", "DescribeRecordStatus", "DescribeTasks"}
    )
    secret_names: ClassVar[frozenset[str]] = frozenset({"AccessKeyId", "AccessKeySecret", "SecretId", "SecretKey"})
    secret_query: ClassVar[frozenset[str]] = frozenset({"Signature"})

    def __init__(
        self,
        *,
        app_id: int = 1234567890,
        server_secret: str = "00112233445566778899aabbccddeeff",  # noqa: S107 - opens only this
        stream_ids: str = "{participant}",
        buckets: Collection[str] | None = None,
        backup: bool = True,
        max_tasks: int = 200,
        max_record_time: int = 86400,
        ended_tasks_count: bool = True,
        time_outs_are_abnormal: bool = False,
        **service: Any,
    ) -> None:
        super().__init__(**service)
        self.app_id = app_id
        self.server_secret = server_secret
        self.max_tasks = max_tasks
        self.max_record_time = max_record_time
        self.ended_tasks_count = ended_tasks_count
        self._readings = Readings(
            buckets=buckets,
            backup=backup,
            time_outs_are_abnormal=time_outs_are_abnormal,
            stream_ids=stream_ids,
        )
        self._tasks: dict[str, Task] = {}
        self._by_client_id: dict[str, Task] = {}
        self._host_id = secrets.token_bytes(5)
        self._counter = itertools.count(secrets.randbelow(2**16))
        self._limits = {
            action: RateLimit(50 if action in ("StartRecord", "StopRecord") else 10) for action in self.operations
        }
        self._actions: Mapping[str, Callable[[EmulatedRequest], Response]] = {
            "StartRecord": self._start_record,
            "StopRecord": self._stop_record,
            "UpdateLayout": self._update_layout,
            "DescribeRecordStatus": self._describe_record_status,
            "DescribeTasks": self._describe_tasks,
        }

    @property
    def env(self) -> dict[str, str]:
        """What `Recorder.from_env` reads."""
        return {
            "ZEGO_APP_ID": str(self.app_id),
            "ZEGO_SERVER_SECRET": self.server_secret,
            "ZEGO_BASE_URLS": self.base_url,
        }

    def operation(self, request: EmulatedRequest) -> str:
        """The Action."""
        return request.query.get("Action") or "none"

    def handle(self, request: EmulatedRequest) -> EmulatedResponse:
        """Carry out one action."""
        if request.path not in ("", "/"):
            return EmulatedResponse(404)
        if request.method != "POST":
            return EmulatedResponse(405, headers={"Allow": "POST"})
        try:
            if request.fault_code is not None:
                raise RefusedError(int(request.fault_code))
            action = self._authorised(request.query)
            if not self.allows(self._limits[action], action):
                raise RefusedError(Code.RATE_EXCEEDED)
            return self._answer(self._actions[action](request))
        except RefusedError as refused:
            return self._answer(Response(Code=refused.code, Message=refused.message or _said(refused.code)))

    def rate_limited(self) -> EmulatedResponse:
        """Code 300000003."""
        return self._answer(Response(Code=Code.RATE_EXCEEDED, Message=_said(Code.RATE_EXCEEDED)))

    def settle(self, now: float) -> None:
        """Advance every task."""
        for task in self._tasks.values():
            task.settle(now)

    def emulated_recordings(self) -> list[EmulatedRecording]:
        """Every task."""
        return [task.recording() for task in self._tasks.values()]

    # The gateway

    def _authorised(self, query: Mapping[str, str]) -> str:
        """The action, if it is one and may be done."""
        app_id, timestamp, action = (query.get(name, "") for name in ("AppId", "Timestamp", "Action"))
        nonce, signed, version = (query.get(name, "") for name in ("SignatureNonce", "Signature", "SignatureVersion"))
        checks = (
            (not _is_decimal(app_id) or int(app_id) > LARGEST_APP_ID, Code.APP_ID_MALFORMED),
            (not timestamp, Code.TIMESTAMP_EMPTY),
            (not _is_decimal(timestamp) or len(timestamp) > LONGEST_TIMESTAMP, Code.TIMESTAMP_MALFORMED),
            (not action, Code.ACTION_EMPTY),
            (action not in self.operations, Code.ACTION_NOT_SUPPORTED),
            (not nonce, Code.NONCE_EMPTY),
            (not signed, Code.SIGNATURE_EMPTY),
            (not version, Code.VERSION_EMPTY),
            (version != SIGNATURE_VERSION, Code.VERSION_NOT_SUPPORTED),
            (app_id != str(self.app_id), Code.SECRET_NOT_FOUND),
        )
        for fails, code in checks:
            if fails:
                raise RefusedError(code)
        if abs(self.clock.wall() - int(timestamp)) > CLOCK_TOLERANCE_S:
            raise RefusedError(Code.SIGNATURE_EXPIRED)
        right = signature(app_id, nonce, self.server_secret, timestamp)
        if not hmac.compare_digest(right.encode(), signed.encode()):
            raise RefusedError(Code.SIGNATURE_WRONG)
        return action

    def _read(self, model: type[Body], request: EmulatedRequest) -> Body:
        """The body, checked.

        Raises:
            RefusedError: it isn't what the vendor's documents ask for; the message names each key.
        """
        kind = request.headers.get("Content-Type", "").split(";")[0].strip().lower()
        if self.strict and kind != "application/json":
            raise RefusedError(Code.BAD_PARAMETER, f"the content type is {kind or 'missing'}, not application/json")
        try:
            tree = request.json()
        except ValueError:
            raise RefusedError(Code.BAD_PARAMETER, "the body is not JSON") from None
        try:
            return model.model_validate_json(request.body)
        except ValidationError as error:
            problems = error.errors(include_url=False, include_input=False, include_context=False)
        if not self.strict:
            for problem in problems:
                if problem["type"] == "extra_forbidden":
                    _remove(tree, problem["loc"])
            try:
                return model.model_validate_json(json.dumps(tree))
            except ValidationError as error:
                problems = error.errors(include_url=False, include_input=False, include_context=False)
        details = "; ".join(
            ": ".join(filter(None, (".".join(map(str, problem["loc"])), problem["msg"].removeprefix("Value error, "))))
            for problem in problems
        )
        raise RefusedError(Code.BAD_PARAMETER, f"invalid parameter: {details}")

    def _answer(self, response: Response) -> EmulatedResponse:
        envelope = {
            "Code": Code.ACCEPTED,
            "Message": "succeed",
            "RequestId": str(10**18 + secrets.randbelow(9 * 10**18)),
        }
        return EmulatedResponse(200, envelope | response.model_dump(exclude_none=True))

    # The actions

    def _start_record(self, request: EmulatedRequest) -> StartRecordResponse:
        body = self._read(StartRecordRequest, request)
        params = body.RecordInputParams
        if params.MaxRecordTime > self.max_record_time:
            raise RefusedError(Code.BAD_PARAMETER, f"RecordInputParams.MaxRecordTime: more than {self.max_record_time}")
        if params.RecordMode is not RecordMode.MIXED:
            raise RefusedError(Code.BAD_PARAMETER, "RecordInputParams.RecordMode: single-stream tasks aren't emulated")
        if body.RecordOutputParams.OutputFileFormat is FileFormat.JPG:
            raise RefusedError(Code.BAD_PARAMETER, "RecordOutputParams.OutputFileFormat: jpg tasks aren't emulated")
        known = self._by_client_id.get(params.ClientTaskId or "")
        if known and (known.running or self.ended_tasks_count):
            return StartRecordResponse(Data=StartedTask(TaskId=known.id))
        if sum(task.running for task in self._tasks.values()) >= self.max_tasks:
            raise RefusedError(Code.TOO_MANY_TASKS)
        now = self.clock.time()
        task = Task(
            self._new_task_id(now),
            body,
            begun_at=now,
            service=self,
            readings=self._readings,
            doomed=request.fault == "die",
        )
        self._tasks[task.id] = task
        if params.ClientTaskId:
            self._by_client_id[params.ClientTaskId] = task
        return StartRecordResponse(Data=StartedTask(TaskId=task.id))

    def _stop_record(self, request: EmulatedRequest) -> Response:
        task = self._running(self._read(StopRecordRequest, request).TaskId)
        task.stop(self.clock.time())
        return Response()

    def _update_layout(self, request: EmulatedRequest) -> Response:
        body = self._read(UpdateLayoutRequest, request)
        task = self._running(body.TaskId)
        try:
            task.change_layout(self.clock.time(), body)
        except ValueError as error:
            raise RefusedError(Code.BAD_PARAMETER, f"invalid parameter: {error}") from None
        return Response()

    def _describe_record_status(self, request: EmulatedRequest) -> DescribeRecordStatusResponse:
        task = self._known(self._read(DescribeRecordStatusRequest, request).TaskId)
        return DescribeRecordStatusResponse(Data=task.state(self.clock.time()))

    def _describe_tasks(self, request: EmulatedRequest) -> DescribeTasksResponse:
        body = self._read(DescribeTasksRequest, request)
        now = self.clock.time()
        if body.StartTime < (now - KEPT_S) * 1000:
            raise RefusedError(Code.BAD_PARAMETER, "invalid parameter: StartTime: more than three days ago")
        running = body.Status is TaskStatus.RUNNING
        found = [
            task
            for task in reversed(self._tasks.values())
            if task.running is running
            and body.StartTime <= round(task.begun_at * 1000) <= body.EndTime
            and body.RoomId in (None, "", task.request.RoomId)
        ]
        page = max(1, body.PageOffset)
        shown = found[(page - 1) * body.PageSize : page * body.PageSize]
        return DescribeTasksResponse(
            Data=TaskList(
                PageOffset=page,
                PageSize=body.PageSize,
                TotalCount=len(found),
                TaskidList=[task.listed(now) for task in shown],
            )
        )

    # Tasks

    def _known(self, task_id: str) -> Task:
        task = self._tasks.get(task_id)
        if task is None or not task.known(self.clock.time()):
            raise RefusedError(Code.NO_SUCH_TASK)
        return task

    def _running(self, task_id: str) -> Task:
        task = self._known(task_id)
        if not task.running:
            raise RefusedError(Code.TASK_ENDED)
        return task

    def _new_task_id(self, now: float) -> str:
        """URL-safe base64 of 12 bytes, the first four of which are the Unix time."""
        number = next(self._counter) % 2**24
        return base64.urlsafe_b64encode(
            int(now).to_bytes(4, "big") + self._host_id + number.to_bytes(3, "big")
        ).decode()


def _said(code: int) -> str:
    """The message of a code: what it means."""
    return Code(code).name.lower().replace("_", " ") if code in set(Code) else f"code {code}"


def _is_decimal(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _remove(tree: Any, path: tuple[int | str, ...]) -> None:
    """Take the leaf at `path` out of a JSON tree."""
    for step in path[:-1]:
        tree = tree[step]
    del tree[path[-1]]
