"""What every fuzz test has in common: how much it costs, and what must be true of whatever comes out."""

from __future__ import annotations

import pickle

from hypothesis import HealthCheck, Phase, settings
from pydantic import BaseModel

from recorder_core import Recorder
from recorder_core.plugins import EMULATORS, installed
from recorder_core.testing.battery.operations import Operation
from recorder_core.testing.battery.stage import Stage

PROVIDERS = tuple(found.name for found in installed(EMULATORS))
"""Every provider that has an emulator to speak to."""

ECONOMICAL = settings(
    derandomize=True,
    max_examples=15,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
"""The same few examples every time, for each operation of each provider."""


def behind_proxy(stage: Stage) -> Recorder:
    """A recorder that reaches the service by the proxy alone, and takes no time to wait."""
    known = stage.direct.provider  # finding it by its name takes longer than what is tried
    config = known.config.model_copy(update={"base_urls": (stage.proxy.base_url,)})
    return Recorder(type(known)(config), clock=stage.service.clock, timeout=5.0, hooks=())


def done(operation: Operation, recorder: Recorder, subject: object) -> object:
    """What an operation gives, with all the time that it may want."""
    return operation.call(recorder, subject, 60.0)


def assert_passable(came: object) -> None:
    """It can be shown, pickled, and written as JSON and read again."""
    assert str(came) or came == ()
    assert repr(came)
    pickle.dumps(came)
    for part in came if isinstance(came, tuple) else [came]:
        if isinstance(part, BaseModel):
            assert type(part).model_validate_json(part.model_dump_json()).model_dump() == part.model_dump()
