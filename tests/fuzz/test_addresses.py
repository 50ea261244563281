"""No address that a vendor tells is ever asked for anything: not that of a file, not that of a redirect."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial

import pytest

from emulation.telling import Receiver
from fuzz.mangling import extended, replaced
from fuzz.trying import PROVIDERS, behind_proxy, done
from recorder_core import ConfigurationError, RecorderError, Recording, WebhookRequest
from recorder_core.testing import connect, emulate
from recorder_core.testing.battery.operations import Operation, operations
from recorder_core.testing.battery.stage import Stage
from recorder_core.testing.faults import redirected, reshaped
from recorder_core.testing.service import configured
from scripted_host import ScriptedHost, Told, scripted_host

REDIRECTS = (301, 302, 303, 307, 308)


@pytest.fixture(scope="module", params=PROVIDERS)
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """A vendor's service with a proxy before it."""
    with (
        emulate(request.param, media=False, rate_limits=False) as service,
        Stage(service, partial(configured, request.param)) as made,
    ):
        yield made


@pytest.fixture(scope="module")
def trap() -> Iterator[ScriptedHost]:
    """A host that nobody may ask; it would answer."""
    with scripted_host(lambda asked: Told(200, b"{}")) as host:
        yield host


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.name)
def test_no_address_in_an_answer_is_asked(stage: Stage, trap: ScriptedHost, operation: Operation) -> None:
    """In the place of every text of an answer, as a further member of every object, or as where a redirect leads."""
    address = f"{trap.url}/recording.m3u8"
    faults = [
        reshaped("addresses", "", lambda tree: replaced(tree, address, kind=str)),
        reshaped("more addresses", "", lambda tree: extended(tree, "url", address)),
        *(redirected(status, address) for status in REDIRECTS),
    ]
    for fault in faults:
        subject = operation.subject(stage)
        if subject is None:
            return
        stage.calm()
        stage.proxy.fail_next(fault, 20)
        with behind_proxy(stage) as recorder:
            try:
                came = done(operation, recorder, subject)
                if isinstance(came, Recording):
                    recorder.stop(came, deadline=30)
            except RecorderError:
                pass
        if not operation.again:
            stage.give_up(subject.room)
    assert trap.asked == []


def test_no_address_in_a_handle_is_asked(stage: Stage, trap: ScriptedHost) -> None:
    """A handle that names another host than those of the account is refused before anything is sent, or not heeded."""
    recording = stage.started()
    assert recording is not None
    elsewhere = recording.model_copy(update={"base_url": trap.url})
    for operation in (stage.direct.status, stage.direct.stop):
        if recording.base_url is None:
            operation(elsewhere)
            continue
        with pytest.raises(ConfigurationError, match="isn't among the configured hosts"):
            operation(elsewhere)
    assert trap.asked == []


@pytest.mark.filterwarnings("ignore::recorder_core.UnverifiedWebhookWarning")
def test_no_address_in_a_callback_is_asked(stage: Stage, trap: ScriptedHost) -> None:
    """Even where nothing is verified and the status is asked for before anything is believed."""
    address = f"{trap.url}/recording.m3u8"
    service = stage.service
    with Receiver() as receiver, connect(service, webhook_secret=(), webhook_max_age=86_400) as recorder:
        service.callbacks.url = receiver.url
        recording = recorder.start(stage.spec())
        service.clock.advance(30)
        recorder.stop(recording)
        service.clock.advance(30)
        service.callbacks.url = None
        assert receiver.received
        for one in receiver.received:
            tree = json.loads(one.raw)
            for changed in (
                replaced(tree, address, kind=str),
                extended(tree, "url", address),
                extended(tree, "fileUrl", address),
            ):
                request = WebhookRequest("POST", one.path, one.headers, json.dumps(changed).encode())
                try:
                    recorder.events.receive(request, confirm=True, recording=recording)
                except RecorderError:
                    continue
    assert trap.asked == []
