"""Calls that concern the account and no recording: whether it is accepted, and which tasks it has."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from recorder_core.models import RemoteRecording
from recorder_zegocloud.calls import Calls
from recorder_zegocloud.translate.answers import listed_span, listed_tasks
from recorder_zegocloud.wire.requests import DescribeTasksRequest
from recorder_zegocloud.wire.values import TaskStatus

__all__ = ["listed", "try_account"]

PAGE_SIZE = 50
"""Tasks on one page of a list; the vendor's most."""
READINGS = 3
"""How often a list is read that changes while it is."""


def try_account(calls: Calls, base_url: str, now: datetime) -> str:
    """Prove the whole account by a list of the last minute's tasks.

    Raises:
        AuthenticationError: the signature is wrong or has expired, or the AppID is unknown.
        PermissionDenied: Cloud Recording isn't enabled for the app.
        RecorderError: every other class, by what the vendor answered.
    """
    wanted: dict[str, Any] = listed_span(now - timedelta(minutes=1), now, now)
    body = DescribeTasksRequest(Status=TaskStatus.RUNNING, PageSize=1, **wanted).tree()
    calls.send("DescribeTasks", None, body, base_url=base_url)
    return "app_id and server_secret are accepted; nothing was started"


def listed(
    calls: Calls, since: datetime, until: datetime, room: str | None, now: datetime
) -> Iterator[RemoteRecording]:
    """The tasks that were started in a span, running and ended, of all pages and hosts.

    Raises:
        InvalidSpec: the span begins more than three days ago; nothing was sent.
    """
    span = listed_span(since, until, now)
    found: dict[str, RemoteRecording] = {}
    for base_url in calls.config.hosts():
        # What ends meanwhile is in both lists, and in none in the other order.
        for status in (TaskStatus.RUNNING, TaskStatus.ENDED):
            wanted = {**span, "Status": status, **({"RoomId": room} if room else {})}
            for task in _tasks(calls, base_url, wanted):
                # A task that several hosts know is kept by the first one: it was asked to start it.
                before = found.get(task.native["TaskId"], task)
                found[task.native["TaskId"]] = task.model_copy(update={"base_url": before.base_url})
    yield from found.values()


def _tasks(calls: Calls, base_url: str, wanted: Mapping[str, Any]) -> Iterator[RemoteRecording]:
    """All pages of a list. One that changed meanwhile is read anew, for tasks slip from page to page then."""
    account = str(calls.config.app_id)
    for _ in range(READINGS):
        totals = set()
        for page in itertools.count(1):
            body = DescribeTasksRequest(**wanted, PageOffset=page, PageSize=PAGE_SIZE).tree()
            tasks, total = listed_tasks(account, calls.send("DescribeTasks", None, body, base_url=base_url))
            totals.add(total)
            yield from tasks
            if not tasks or ((len(tasks) < PAGE_SIZE) if total is None else (page * PAGE_SIZE >= total)):
                break
        if len(totals) == 1:
            break
