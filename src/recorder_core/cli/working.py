"""`recorder follow --all`: a worker, which follows what is open in the ledger and nobody else follows."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Literal

import typer
from pydantic import SecretStr

from recorder_core.cli.ledgers import SHOWN, opened
from recorder_core.cli.telling import ASTRAY, has_gone_wrong, print_event
from recorder_core.errors import ConfigurationError, ProviderNotFound
from recorder_core.models import RecordingState
from recorder_core.plugins import installed
from recorder_core.recorder import Recorder

if TYPE_CHECKING:
    from recorder_core.following import Worker
    from recorder_core.models import RecordingEvent

__all__ = ["follow_all"]

logger = logging.getLogger("recorder_core.cli")


def follow_all(
    providers: Sequence[str] | None,
    ledger: SecretStr | None,
    *,
    until: Literal["idle", "looked"] | None,
    as_json: bool,
) -> None:
    """Follow what is open in the ledger, until it is interrupted or `until` is reached.

    Raises:
        ConfigurationError: there is no ledger, or nothing to follow it with.
        typer.Exit: with 1 where a recording that ended meanwhile has failed, was lost sight of, or left files astray.
    """
    is_well = True
    with ExitStack() as stack:
        recorders = [stack.enter_context(recorder) for recorder in _recorders(providers, ledger)]
        workers = [stack.enter_context(recorder.worker(until=until)) for recorder in recorders]
        for event in _taken(workers):
            print_event(event, event.room or (event.recording_id or "")[:SHOWN], as_json)
            is_well = is_well and not _went_badly(event)
    if not is_well:
        raise typer.Exit(1)


def _recorders(providers: Sequence[str] | None, ledger: SecretStr | None) -> Iterator[Recorder]:
    """A recorder for each provider that was named; without a name for each that has credentials."""
    if providers:
        yield from (Recorder.from_env(name, ledger=ledger) for name in dict.fromkeys(providers))
        return
    problems = []
    for found in installed():
        try:
            yield Recorder.from_env(found.name, ledger=ledger)
        except (ConfigurationError, ProviderNotFound) as error:
            problems.append(error.message)
            with opened(ledger, found.name) as kept:
                if kept.entries(open=True, limit=1):
                    logger.warning("the recordings at %s aren't followed: %s", found.name, error.message)
    if len(problems) == len(installed()):
        raise ConfigurationError(
            "no provider has its credentials in the environment: " + "; ".join(problems),
            fault="caller",
            hint="`recorder providers` lists the variables of each.",
        )


def _taken(workers: Sequence[Worker]) -> Iterator[RecordingEvent]:
    """The events of all workers, one after the other; each counts as told when the next one is asked for."""
    found: queue.SimpleQueue[tuple[RecordingEvent, threading.Event] | BaseException | None] = queue.SimpleQueue()
    for worker in workers:
        threading.Thread(target=_forward, args=(worker, found), name="recorder-follow", daemon=True).start()
    left = len(workers)
    while left:
        coming = found.get()
        if isinstance(coming, BaseException):
            raise coming
        if coming is None:
            left -= 1
            continue
        event, is_printed = coming
        yield event
        is_printed.set()


def _forward(
    worker: Worker, found: queue.SimpleQueue[tuple[RecordingEvent, threading.Event] | BaseException | None]
) -> None:
    try:
        for event in worker:
            is_printed = threading.Event()
            found.put((event, is_printed))
            is_printed.wait()
        found.put(None)
    except BaseException as error:
        found.put(error)


def _went_badly(event: RecordingEvent) -> bool:
    is_lost = event.state is not None and event.state.terminal and event.state is not RecordingState.COMPLETED
    return is_lost or has_gone_wrong(event) or any(file.status in ASTRAY for file in event.files)
