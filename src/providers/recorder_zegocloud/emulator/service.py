"""The vendor's Cloud Recording server API on localhost: every action, to files that can be played.

Spoken as "Cloud Recording Server API" (OpenAPI files, ZEGOCLOUD, 2025-11 to 2026-08-18) and "Accessing server
APIs" (2025-10-29) describe it. Answers are the vendor's envelope with HTTP 200, errors included, whose status
the vendor doesn't document. Callbacks are repeated twice, 5 s apart ("录制状态回调", the Chinese edition of "Recording
status callback", 2026-04-07).
"""

from __future__ import annotations

import base64
import itertools
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, ClassVar

from recorder_core.emulation.exchange import EmulatedRequest, EmulatedResponse
from recorder_core.emulation.limits import RateLimit
from recorder_core.emulation.recording import EmulatedRecording
from recorder_core.emulation.service import EmulatedService
from recorder_zegocloud.emulator.callbacks import Notifier
from recorder_zegocloud.emulator.individual import SingleStreamTask
from recorder_zegocloud.emulator.mix import MixedTask
from recorder_zegocloud.emulator.protocol import RefusedError, answer, authorised, bad_parameter, read, refusal
from recorder_zegocloud.emulator.readings import QUIT_EVENTS, STOP_EVENTS, Readings
from recorder_zegocloud.emulator.session import Task
from recorder_zegocloud.tables import KEPT_S, Code
from recorder_zegocloud.wire.answers import (
    DescribeRecordStatusResponse,
    DescribeTasksResponse,
    Response,
    StartedTask,
    StartRecordResponse,
    TaskList,
)
from recorder_zegocloud.wire.callbacks import EventType
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
        backup.
        backup: False loses files that the customer's storage refused.
        missing_images: the addresses of images that can't be downloaded. Others can, if they are on loopback or no
        media is made.
        max_tasks: how many tasks may run at once.
        max_record_time: longest MaxRecordTime in seconds; 172800 by the vendor's agreement.
        ended_tasks_count: whether a ClientTaskId still stands for its task once that has ended.
        listed_after: seconds after its start from which on DescribeTasks lists a task.
        time_outs_are_abnormal: whether MaxIdleTime and MaxRecordTime end with Status 4 instead of 3.
        stop_events: the numbers of the events after StopRecord, in their order: of 7 (stopped), 5 (exited, a second
        later) and 1 (uploaded).
        quit_events: those after every other end, which are 2 (ended abnormally) and 1, unless 5 and 7 are sent too.
        service: what every emulated service takes. `strict=False` ignores unknown keys and other content
        types.

    Raises:
        ValueError: an event is none of an end, or as `EmulatedService`.
    """

    name: ClassVar[str] = "zegocloud"
    operations: ClassVar[frozenset[str]] = frozenset(CALLS_PER_SECOND)
    secret_names: ClassVar[frozenset[str]] = frozenset({"AccessKeyId", "AccessKeySecret", "SecretId", "SecretKey"})
    secret_query: ClassVar[frozenset[str]] = frozenset({"Signature"})
    callback_events: ClassVar[frozenset[int]] = frozenset(EventType)
    callback_retries: ClassVar[tuple[float, ...]] = (5.0, 5.0)
    outage_s: ClassVar[float] = 60.0

    def __init__(
        self,
        *,
        app_id: int = 1234567890,
        server_secret: str = "00112233445566778899aabbccddeeff",  # noqa: S107 - opens only this
        stream_ids: str = "{participant}",
        buckets: Collection[str] | None = None,
        backup: bool = True,
        missing_images: Collection[str] = (),
        max_tasks: int = 200,
        max_record_time: int = 86400,
        ended_tasks_count: bool = True,
        listed_after: float = 0.0,
        time_outs_are_abnormal: bool = False,
        stop_events: Sequence[int] = STOP_EVENTS,
        quit_events: Sequence[int] = QUIT_EVENTS,
        **service: Any,
    ) -> None:
        super().__init__(**service)
        self.app_id = app_id
        self.server_secret = server_secret
        self.max_tasks = max_tasks
        self.max_record_time = max_record_time
        self.ended_tasks_count = ended_tasks_count
        self.listed_after = listed_after
        self._readings = Readings(
            buckets=buckets,
            backup=backup,
            missing_images=missing_images,
            time_outs_are_abnormal=time_outs_are_abnormal,
            stop_events=stop_events,
            quit_events=quit_events,
            stream_ids=stream_ids,
        )
        self._notifier = Notifier(app_id, self.webhook_secret, self.callbacks)
        self._tasks: dict[str, Task] = {}
        self._may_run: set[Task] = set()
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
            "ZEGO_WEBHOOK_SECRET": self.webhook_secret,
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

    def emulated_recordings(self) -> list[EmulatedRecording]:
        """Every task."""
        return [task.recording() for task in self._tasks.values()]

    def lose_server(self, room: str, now: float, outage: float) -> None:
        """The room's tasks go on under their TaskIds, in new files, and without a callback."""
        for task in self._tasks.values():
            if task.running and task.request.RoomId == room:
                task.lose_server(now, outage)

    # What a test does

    def end(self, task_or_room: str, quit_reason: int) -> None:
        """Let a task, or every task of a room, end by itself now: event 2 with that reason.

        Any number is taken as the reason, also one that the vendor doesn't know yet.

        Raises:
            ValueError: nothing of that TaskId or room is running.
        """
        self._act(task_or_room, lambda task, now: task.quit(now, quit_reason), only_running=True)

    def notify(self, task_or_room: str, event_type: int, detail: Mapping[str, Any] | None = None) -> None:
        """Send a callback of a task, or of every task of a room, now.

        Whatever it tells, nothing else happens. Any number is taken as its type, also one that the vendor doesn't know
        yet; None makes an empty `detail`.

        Raises:
            ValueError: there is no such TaskId or room.
        """
        self._act(task_or_room, lambda task, now: task.notify(now, event_type, detail), only_running=False)

    def _act(self, task_or_room: str, act: Callable[[Task, float], None], *, only_running: bool) -> None:
        with self._lock:
            now = self.clock.time()
            self.settle(now)
            tasks = [task for task in self._tasks.values() if task_or_room in (task.id, task.request.RoomId)]
            chosen = [task for task in tasks if task.running or not only_running]
            if not chosen:
                what = "has ended" if tasks else "was never recorded"
                raise ValueError(f"{task_or_room!r} {what}; give a TaskId, or a room that is recorded")
            for task in chosen:
                act(task, now)
                self.replan(task)
        self.callbacks.wake()
        self.callbacks.wait()

    # The actions

    def _start_record(self, request: EmulatedRequest) -> StartRecordResponse:
        body = read(StartRecordRequest, request, strict=self.strict)
        params = body.RecordInputParams
        if params.MaxRecordTime > self.max_record_time:
            raise bad_parameter(f"RecordInputParams.MaxRecordTime: more than {self.max_record_time}")
        known = self._by_client_id.get(params.ClientTaskId or "")
        if known and (known.running or self.ended_tasks_count):
            return StartRecordResponse(Data=StartedTask(TaskId=known.id))
        if len(self._may_run) >= self.max_tasks:
            self._may_run = {task for task in self._may_run if task.running}
        if len(self._may_run) >= self.max_tasks:
            raise RefusedError(Code.TOO_MANY_TASKS)
        now = self.clock.time()
        mode = MixedTask if params.RecordMode is RecordMode.MIXED else SingleStreamTask
        task: Task = mode(
            self._new_task_id(now),
            body,
            begun_at=now,
            service=self,
            readings=self._readings,
            notifier=self._notifier,
            doomed=request.fault == "die",
        )
        self._tasks[task.id] = task
        self._may_run.add(task)
        if params.ClientTaskId:
            self._by_client_id[params.ClientTaskId] = task
        if body.RecordOutputParams.CallbackUrl:
            self.callbacks.begin()
        self.watch(task, body.RoomId)
        return StartRecordResponse(Data=StartedTask(TaskId=task.id))

    def _stop_record(self, request: EmulatedRequest) -> Response:
        task = self._running(read(StopRecordRequest, request, strict=self.strict))
        return self._done(task, task.stop)

    def _update_layout(self, request: EmulatedRequest) -> Response:
        body = read(UpdateLayoutRequest, request, strict=self.strict)
        task = self._mixed(body)
        return self._done(task, lambda now: task.change_layout(now, body))

    def _update_whiteboard(self, request: EmulatedRequest) -> Response:
        body = read(UpdateWhiteboardRequest, request, strict=self.strict)
        task = self._running(body)
        return self._done(task, lambda now: task.switch_whiteboard(now, body.WhiteboardId))

    def _pause_record(self, request: EmulatedRequest) -> Response:
        task = self._mixed(read(PauseRecordRequest, request, strict=self.strict))
        return self._done(task, task.pause)

    def _resume_record(self, request: EmulatedRequest) -> Response:
        task = self._running(read(ResumeRecordRequest, request, strict=self.strict))
        if not isinstance(task, MixedTask) or not task.paused:
            raise RefusedError(Code.TASK_NOT_PAUSED)
        return self._done(task, task.resume)

    def _take_snapshot(self, request: EmulatedRequest) -> Response:
        task = self._mixed(read(TakeSnapshotRequest, request, strict=self.strict))
        return self._done(task, task.take_snapshot)

    def _done(self, task: Task, act: Callable[[float], None]) -> Response:
        """The answer to something that a task does now, if it can."""
        try:
            act(self.clock.time())
        except ValueError as error:
            raise bad_parameter(str(error)) from None
        self.replan(task)
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
            and task.begun_at + self.listed_after <= now
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
        now = self.clock.time()
        if task is None or not task.known(now):
            raise RefusedError(Code.NO_SUCH_TASK)
        task.settle(now)
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
