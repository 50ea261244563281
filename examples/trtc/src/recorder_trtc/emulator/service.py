"""The vendor's On-Cloud Recording API on localhost: every action, to files that can be played.

Spoken as "CreateCloudRecording" (Tencent Cloud, 2026-01-22) and its sisters describe it. Answers are the object
`Response` with HTTP 200, errors included. Callbacks are repeated at once, then every 10 s for a minute ("Cloud
Recording and Web Page Recording Webhooks", 2024-11-06).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping
from typing import Any, ClassVar

from recorder_core.emulation.exchange import EmulatedRequest, EmulatedResponse
from recorder_core.emulation.limits import RateLimit
from recorder_core.emulation.recording import EmulatedRecording
from recorder_core.emulation.service import EmulatedService
from recorder_trtc.emulator.callbacks import Notifier
from recorder_trtc.emulator.protocol import RefusedError, answer, authorise, may_enter, read, refusal
from recorder_trtc.emulator.readings import Readings
from recorder_trtc.emulator.session import Task
from recorder_trtc.tables import CALLS_PER_SECOND
from recorder_trtc.wire.callbacks import EventType, LeaveCode
from recorder_trtc.wire.requests import (
    CreateCloudRecordingRequest,
    DeleteCloudRecordingRequest,
    DescribeCloudRecordingRequest,
    ModifyCloudRecordingRequest,
    RemoveUserByStrRoomIdRequest,
    RemoveUserRequest,
    TaskRequest,
)

__all__ = ["TrtcEmulator"]

REGIONS = frozenset({"ap-beijing", "ap-guangzhou", "ap-shanghai", "ap-singapore"})
REMOVING_REGIONS = frozenset({"ap-beijing", "ap-guangzhou", "ap-singapore"})


class TrtcEmulator(EmulatedService):
    """The service, with one application.

    Args:
        sdk_app_id: the application's number.
        secret_id: the id of the one API key.
        secret_key: its secret.
        app_key: the application's SDKSecretKey.
        max_tasks: how many tasks may run at once.
        gone_code: what is answered of a task that isn't known: the documents don't fix it.
        buckets: as `Readings`.
        missing_images: as `Readings`.
        forgets_at_once: as `Readings`.
        layout_survives: as `Readings`.
        upload_member: as `Readings`.
        service: what every emulated service takes. `strict=False` ignores unknown keys.

    Raises:
        ValueError: as `Readings` or `EmulatedService`.
    """

    name: ClassVar[str] = "trtc"
    operations: ClassVar[frozenset[str]] = frozenset(
        {
            *("CreateCloudRecording", "DescribeCloudRecording", "ModifyCloudRecording", "DeleteCloudRecording"),
            *("RemoveUser", "RemoveUserByStrRoomId"),
        }
    )
    secret_names: ClassVar[frozenset[str]] = frozenset({"UserSig", "PrivateMapKey", "AccessKey", "SecretKey"})
    callback_events: ClassVar[frozenset[int]] = frozenset(EventType)
    callback_retries: ClassVar[tuple[float, ...]] = (0.0, 10.0, 10.0, 10.0, 10.0, 10.0)

    def __init__(
        self,
        *,
        sdk_app_id: int = 1400000000,
        secret_id: str = "AKIDemulated00112233445566778899aabb",  # noqa: S107 - these three open only this
        secret_key: str = "emulated00112233445566778899aabb",  # noqa: S107
        app_key: str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
        max_tasks: int = 100,
        gone_code: str = "ResourceNotFound",
        buckets: Collection[str] | None = None,
        missing_images: Collection[str] = (),
        forgets_at_once: bool = False,
        layout_survives: bool = True,
        upload_member: str = "Status",
        **service: Any,
    ) -> None:
        super().__init__(**service)
        self.sdk_app_id = sdk_app_id
        self.secret_id = secret_id
        self.secret_key = secret_key
        self.app_key = app_key
        self.max_tasks = max_tasks
        self.gone_code = gone_code
        self._readings = Readings(
            buckets=buckets,
            missing_images=missing_images,
            forgets_at_once=forgets_at_once,
            layout_survives=layout_survives,
            upload_member=upload_member,
        )
        self._notifier = Notifier(sdk_app_id, self.webhook_secret, self.callbacks)
        self._tasks: dict[str, Task] = {}
        self._may_run: set[Task] = set()
        self._limits = {action: RateLimit(CALLS_PER_SECOND) for action in self.operations}
        self._actions: Mapping[str, Callable[[EmulatedRequest], dict[str, Any]]] = {
            "CreateCloudRecording": self._create,
            "DescribeCloudRecording": self._describe,
            "ModifyCloudRecording": self._modify,
            "DeleteCloudRecording": self._delete,
            "RemoveUser": self._remove_from_numbered,
            "RemoveUserByStrRoomId": self._remove_from_named,
        }

    @property
    def env(self) -> dict[str, str]:
        """What `Recorder.from_env` reads."""
        return {
            "TRTC_SDK_APP_ID": str(self.sdk_app_id),
            "TRTC_SECRET_ID": self.secret_id,
            "TRTC_SECRET_KEY": self.secret_key,
            "TRTC_APP_KEY": self.app_key,
            "TRTC_WEBHOOK_SECRET": self.webhook_secret,
            "TRTC_BASE_URLS": self.base_url,
        }

    def operation(self, request: EmulatedRequest) -> str:
        """The header X-TC-Action."""
        return request.headers.get("X-TC-Action") or "none"

    def handle(self, request: EmulatedRequest) -> EmulatedResponse:
        """Carry out one action."""
        if request.path not in ("", "/"):
            return EmulatedResponse(404)
        if request.method != "POST":
            return EmulatedResponse(405, headers={"Allow": "POST"})
        action = self.operation(request)
        try:
            if request.fault_code is not None:
                raise RefusedError(str(request.fault_code))
            if action not in self._actions:
                raise RefusedError("InvalidAction")
            authorise(
                request,
                secret_id=self.secret_id,
                secret_key=self.secret_key,
                regions=REMOVING_REGIONS if action.startswith("Remove") else REGIONS,
                wall=self.clock.wall(),
            )
            if not self.allows(self._limits[action], action):
                raise RefusedError("RequestLimitExceeded")
            return answer(self._actions[action](request))
        except RefusedError as refused:
            return refusal(refused.code, refused.message)

    def rate_limited(self) -> EmulatedResponse:
        """RequestLimitExceeded."""
        return refusal("RequestLimitExceeded")

    def emulated_recordings(self) -> list[EmulatedRecording]:
        """Every task."""
        return [task.recording() for task in self._tasks.values()]

    def lose_server(self, room: str, now: float, outage: float) -> None:
        """The room's tasks go on under their TaskIds, in new files, and tell so."""
        for task in self._tasks.values():
            if task.running and task.request.RoomId == room:
                task.lose_server(now, outage)

    # What a test does

    def end(self, task_or_room: str, leave_code: int) -> None:
        """Let a task, or every task of a room, end by itself now: event 302 with that code, known or not.

        Raises:
            ValueError: nothing of that TaskId or room is running.
        """
        self._act(task_or_room, lambda task, now: task.stop(now, leave_code), only_running=True)

    def notify(self, task_or_room: str, event_type: int, payload: Mapping[str, Any] | None = None) -> None:
        """Send a callback of a task, or of every task of a room, now. Whatever it tells, nothing else happens.

        Raises:
            ValueError: there is no such TaskId or room.
        """
        told = dict(payload or {})
        self._act(task_or_room, lambda task, now: task.notify(now, event_type, told), only_running=False)

    def _act(self, task_or_room: str, act: Callable[[Task, float], None], *, only_running: bool) -> None:
        with self.acting() as now:
            tasks = [task for task in self._tasks.values() if task_or_room in (task.id, task.request.RoomId)]
            chosen = [task for task in tasks if task.running or not only_running]
            if not chosen:
                what = "has ended" if tasks else "was never recorded"
                raise ValueError(f"{task_or_room!r} {what}; give a TaskId, or a room that is recorded")
            for task in chosen:
                act(task, now)
                self.replan(task)

    # The actions

    def _create(self, request: EmulatedRequest) -> dict[str, Any]:
        body = read(CreateCloudRecordingRequest, request, strict=self.strict)
        self._check_application(body.SdkAppId)
        self._may_run = {task for task in self._may_run if task.running}
        now = self.clock.time()
        for former in self._bearing(body.RoomId, body.UserId):
            former.stop(now, LeaveCode.ENTERED_AGAIN)
            self.replan(former)
        if len(self._may_run) >= self.max_tasks:
            raise RefusedError("FailedOperation.RestrictedConcurrency")
        enters = may_enter(
            body.UserSig.get_secret_value(),
            user_id=body.UserId,
            sdk_app_id=self.sdk_app_id,
            app_key=self.app_key,
            wall=self.clock.wall(),
        )
        task = Task(
            f"-{secrets.token_urlsafe(48)}.",
            body,
            begun_at=now,
            service=self,
            readings=self._readings,
            notifier=self._notifier,
            doomed=request.fault == "die" or not enters,
        )
        self._tasks[task.id] = task
        self._may_run.add(task)
        self.watch(task, body.RoomId)
        return {"TaskId": task.id}

    def _describe(self, request: EmulatedRequest) -> dict[str, Any]:
        task = self._known(read(DescribeCloudRecordingRequest, request, strict=self.strict))
        return task.described(self.clock.time())

    def _modify(self, request: EmulatedRequest) -> dict[str, Any]:
        body = read(ModifyCloudRecordingRequest, request, strict=self.strict)
        task = self._running(body)
        try:
            task.modify(self.clock.time(), body)
        except ValueError as error:
            raise RefusedError("InvalidParameter.OutOfRange", str(error)) from None
        self.replan(task)
        return {"TaskId": task.id}

    def _delete(self, request: EmulatedRequest) -> dict[str, Any]:
        task = self._running(read(DeleteCloudRecordingRequest, request, strict=self.strict))
        task.stop(self.clock.time())
        self.replan(task)
        return {"TaskId": task.id}

    def _remove_from_numbered(self, request: EmulatedRequest) -> dict[str, Any]:
        body = read(RemoveUserRequest, request, strict=self.strict)
        return self._remove(body.SdkAppId, str(body.RoomId), body.UserIds)

    def _remove_from_named(self, request: EmulatedRequest) -> dict[str, Any]:
        body = read(RemoveUserByStrRoomIdRequest, request, strict=self.strict)
        return self._remove(body.SdkAppId, body.RoomId, body.UserIds)

    def _remove(self, sdk_app_id: int, room: str, users: Collection[str]) -> dict[str, Any]:
        self._check_application(sdk_app_id)
        now = self.clock.time()
        removed = [task for user in users for task in self._bearing(room, user)]
        if not removed:
            is_empty = not self.room(room).present(now)
            raise RefusedError("FailedOperation.RoomNotExist" if is_empty else "FailedOperation.UserNotExist")
        for task in removed:
            task.stop(now, LeaveCode.REMOVED)
            self.replan(task)
        return {}

    # Tasks

    def _bearing(self, room: str, user_id: str) -> list[Task]:
        """The tasks that run in a room under a user id."""
        return [
            task
            for task in self._may_run
            if task.running and (task.request.RoomId, task.request.UserId) == (room, user_id)
        ]

    def _check_application(self, sdk_app_id: int) -> None:
        if sdk_app_id != self.sdk_app_id:
            raise RefusedError("InvalidParameter.SdkAppId")

    def _known(self, body: TaskRequest) -> Task:
        self._check_application(body.SdkAppId)
        task, now = self._tasks.get(body.TaskId), self.clock.time()
        if task is None:
            raise RefusedError(self.gone_code)
        task.settle(now)
        if not task.known(now):
            raise RefusedError(self.gone_code)
        return task

    def _running(self, body: TaskRequest) -> Task:
        task = self._known(body)
        if not task.running:
            raise RefusedError(self.gone_code)
        return task
