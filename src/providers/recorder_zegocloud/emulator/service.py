"""The vendor's Cloud Recording server API on localhost: every action, to files that can be played.

Spoken as "Cloud Recording Server API" (OpenAPI files, ZEGOCLOUD, 2025-11 to 2026-08-18) and "Accessing server
APIs" (2025-10-29) describe it. Answers are the vendor's envelope with HTTP 200, errors included, whose status
the vendor doesn't document. Callbacks aren't sent.
"""

from __future__ import annotations

import base64
import itertools
import secrets
from collections.abc import Callable, Collection, Mapping
from typing import Any, ClassVar

from recorder_core.emulation.exchange import EmulatedRequest, EmulatedResponse
from recorder_core.emulation.limits import RateLimit
from recorder_core.emulation.recording import EmulatedRecording
from recorder_core.emulation.service import EmulatedService
from recorder_zegocloud.emulator.individual import SingleStreamTask
from recorder_zegocloud.emulator.mix import MixedTask
from recorder_zegocloud.emulator.protocol import RefusedError, answer, authorised, bad_parameter, read, refusal
from recorder_zegocloud.emulator.session import Readings, Task
from recorder_zegocloud.tables import KEPT_S, Code
from recorder_zegocloud.wire.answers import (
    DescribeRecordStatusResponse,
    DescribeTasksResponse,
    Response,
    StartedTask,
    StartRecordResponse,
    TaskList,
)
from recorder_zegocloud.wire.requests import (
    DescribeRecordStatusRequest,
    DescribeTasksRequest,
    PauseRecordRequest,
    ResumeRecordRequest,
    StartRecordRequest,
    StopRecordRequest,
    TakeSnapshotRequest,
    TaskRequest,
    UpdateLayoutRequest,
    UpdateWhiteboardRequest,
)
from recorder_zegocloud.wire.values import RecordMode, TaskStatus

__all__ = ["ZegocloudEmulator"]

CALLS_PER_SECOND = {
    "StartRecord": 50,
    "StopRecord": 50,
    "UpdateLayout": 10,
    "UpdateWhiteboard": 10,
    "DescribeRecordStatus": 10,
    "DescribeTasks": 10,
    "PauseRecord": 10,
    "ResumeRecord": 10,
    "TakeSnapshot": 10,
}


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
    operations: ClassVar[frozenset[str]] = frozenset(CALLS_PER_SECOND)
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
        self._limits = {action: RateLimit(calls) for action, calls in CALLS_PER_SECOND.items()}
        self._actions: Mapping[str, Callable[[EmulatedRequest], Response]] = {
            "StartRecord": self._start_record,
            "StopRecord": self._stop_record,
            "UpdateLayout": self._update_layout,
            "UpdateWhiteboard": self._update_whiteboard,
            "PauseRecord": self._pause_record,
            "ResumeRecord": self._resume_record,
            "TakeSnapshot": self._take_snapshot,
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
            action = authorised(
                request.query,
                app_id=self.app_id,
                server_secret=self.server_secret,
                actions=self.operations,
                wall=self.clock.wall(),
            )
            if not self.allows(self._limits[action], action):
                raise RefusedError(Code.RATE_EXCEEDED)
            return answer(self._actions[action](request))
        except RefusedError as refused:
            return refusal(refused.code, refused.message)

    def rate_limited(self) -> EmulatedResponse:
        """Code 300000003."""
        return refusal(Code.RATE_EXCEEDED)

    def settle(self, now: float) -> None:
        """Advance every task."""
        for task in self._tasks.values():
            task.settle(now)

    def emulated_recordings(self) -> list[EmulatedRecording]:
        """Every task."""
        return [task.recording() for task in self._tasks.values()]

    # The actions

    def _start_record(self, request: EmulatedRequest) -> StartRecordResponse:
        body = read(StartRecordRequest, request, strict=self.strict)
        params = body.RecordInputParams
        if params.MaxRecordTime > self.max_record_time:
            raise bad_parameter(f"RecordInputParams.MaxRecordTime: more than {self.max_record_time}")
        known = self._by_client_id.get(params.ClientTaskId or "")
        if known and (known.running or self.ended_tasks_count):
            return StartRecordResponse(Data=StartedTask(TaskId=known.id))
        if sum(task.running for task in self._tasks.values()) >= self.max_tasks:
            raise RefusedError(Code.TOO_MANY_TASKS)
        now = self.clock.time()
        mode = MixedTask if params.RecordMode is RecordMode.MIXED else SingleStreamTask
        task: Task = mode(
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
        task = self._running(read(StopRecordRequest, request, strict=self.strict))
        task.stop(self.clock.time())
        return Response()

    def _update_layout(self, request: EmulatedRequest) -> Response:
        body = read(UpdateLayoutRequest, request, strict=self.strict)
        task = self._mixed(body)
        return self._done(lambda now: task.change_layout(now, body))

    def _update_whiteboard(self, request: EmulatedRequest) -> Response:
        body = read(UpdateWhiteboardRequest, request, strict=self.strict)
        task = self._running(body)
        return self._done(lambda now: task.switch_whiteboard(now, body.WhiteboardId))

    def _pause_record(self, request: EmulatedRequest) -> Response:
        return self._done(self._mixed(read(PauseRecordRequest, request, strict=self.strict)).pause)

    def _resume_record(self, request: EmulatedRequest) -> Response:
        task = self._running(read(ResumeRecordRequest, request, strict=self.strict))
        if not isinstance(task, MixedTask) or not task.paused:
            raise RefusedError(Code.TASK_NOT_PAUSED)
        return self._done(task.resume)

    def _take_snapshot(self, request: EmulatedRequest) -> Response:
        return self._done(self._mixed(read(TakeSnapshotRequest, request, strict=self.strict)).take_snapshot)

    def _done(self, act: Callable[[float], None]) -> Response:
        """The answer to something that a task does now, if it can."""
        try:
            act(self.clock.time())
        except ValueError as error:
            raise bad_parameter(str(error)) from None
        return Response()

    def _describe_record_status(self, request: EmulatedRequest) -> DescribeRecordStatusResponse:
        task = self._known(read(DescribeRecordStatusRequest, request, strict=self.strict))
        return DescribeRecordStatusResponse(Data=task.state(self.clock.time()))

    def _describe_tasks(self, request: EmulatedRequest) -> DescribeTasksResponse:
        body = read(DescribeTasksRequest, request, strict=self.strict)
        now = self.clock.time()
        if body.StartTime < (now - KEPT_S) * 1000:
            raise bad_parameter("StartTime: more than three days ago")
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

    def _known(self, body: TaskRequest) -> Task:
        task = self._tasks.get(body.TaskId)
        if task is None or not task.known(self.clock.time()):
            raise RefusedError(Code.NO_SUCH_TASK)
        return task

    def _running(self, body: TaskRequest) -> Task:
        task = self._known(body)
        if not task.running:
            raise RefusedError(Code.TASK_ENDED)
        return task

    def _mixed(self, body: TaskRequest) -> MixedTask:
        task = self._running(body)
        if not isinstance(task, MixedTask):
            raise bad_parameter("TaskId: only a task of RecordMode 2 can do this")
        return task

    def _new_task_id(self, now: float) -> str:
        """URL-safe base64 of 12 bytes, the first four of which are the Unix time."""
        number = next(self._counter) % 2**24
        return base64.urlsafe_b64encode(
            int(now).to_bytes(4, "big") + self._host_id + number.to_bytes(3, "big")
        ).decode()
