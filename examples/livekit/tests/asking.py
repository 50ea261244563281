"""What the tests ask, and whom: specs, plans, and a client of the service's own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import requests
from recorder_core import Plan, Recorder, RecordingSpec, WebhookRequest
from recorder_core.testing import FaultProxy
from recorder_core.testing.faults import answered
from recorder_core.testing.proxy import Fault

from recorder_livekit.config import LivekitConfig
from recorder_livekit.emulator.protocol import webhook_token
from recorder_livekit.emulator.service import LivekitEmulator
from recorder_livekit.provider import LivekitProvider
from recorder_livekit.signing import token

ROOM = "lesson-42"
PAGE = "https://app.example/recording.html"
PEOPLE = ("1001", "1002")
STORAGE: Mapping[str, Any] = {
    "kind": "s3",
    "bucket": "lessons",
    "region": "eu-west-1",
    "access_key": "AK-of-the-tests",
    "secret_key": "SK-of-the-tests",
}

GONE = answered(404, b'{"code": "not_found", "msg": "requested room does not exist"}', Content_Type="application/json")

Emulated = Callable[..., LivekitEmulator]
Failing = Callable[..., tuple[Recorder, FaultProxy]]


def running(service: LivekitEmulator) -> int:
    """How many egresses run."""
    return sum(one.running for one in service.recordings)


def sent(service: LivekitEmulator, operation: str) -> int:
    """How often the service was asked for something."""
    return sum(entry.operation == operation for entry in service.journal)


def fail(proxy: FaultProxy, *faults: Fault | None) -> None:
    """Let the next requests meet faults, in their order; None lets a request pass."""
    for fault in faults:
        proxy.fail_next(fault or Fault("none", "", lambda relay: relay.send(relay.forward())))


def spec_of(**fields: Any) -> RecordingSpec:
    """A spec for the room of the tests."""
    return RecordingSpec.load({"room": ROOM, "storage": STORAGE, "output": {"formats": ["mp4"]}, **fields})


def parted(**fields: Any) -> RecordingSpec:
    """A spec of two participants, each apart."""
    both = {"include": list(PEOPLE)}
    return spec_of(**{"mode": "individual", "participants": {"audio": both, "video": both}, **fields})


def plan_of(*, page: str | None = PAGE, **fields: Any) -> Plan:
    """The plan of a spec; `page`: where the recording page is hosted."""
    provider = LivekitProvider(LivekitConfig.placeholder(template_url=page))
    with Recorder(provider, hooks=()) as recorder:
        return recorder.plan(spec_of(**fields))


def told(plan: Plan) -> dict[str, str]:
    """The verdicts of a plan by their paths."""
    return {finding.path: finding.verdict for finding in plan.findings}


def page_layout(plan: Plan) -> dict[str, Any]:
    """What a plan tells the recording page."""
    layout: dict[str, Any] = json.loads(plan.requests[0].body["layout"])
    return layout


def callback(service: LivekitEmulator, event: str, info: Mapping[str, Any] | None, **changes: Any) -> WebhookRequest:
    """A callback of now, signed."""
    now = service.clock.time()
    told = {"event": event, "id": "EV_1", "createdAt": str(int(now)), "egressInfo": info, **changes}
    body = json.dumps(told).encode()
    signed = webhook_token(body, api_key=service.api_key, secret=service.api_secret, now=now)
    headers = {"Authorization": signed, "Content-Type": "application/webhook+json"}
    return WebhookRequest("POST", "/callbacks", headers, body)


class Caller:
    """Speaks to a service as any HTTP client would."""

    def __init__(self, service: LivekitEmulator) -> None:
        self.service = service

    def raw(self, method: str, body: Any, claims: Mapping[str, Any] | None = None) -> requests.Response:
        """The answer to a call."""
        wall = int(self.service.clock.wall())
        good = {"iss": self.service.api_key, "exp": wall + 60, "video": {"roomRecord": True}}
        signed = token({**good, **(claims or {})}, self.service.api_secret)
        with requests.Session() as session:
            session.trust_env = False
            return session.post(
                f"{self.service.base_url}/twirp/livekit.Egress/{method}",
                json=body,
                headers={"Authorization": f"Bearer {signed}"},
                timeout=20,
            )

    def __call__(self, method: str, **body: Any) -> dict[str, Any]:
        answer = self.raw(method, body)
        assert answer.status_code == 200, answer.text
        tree: dict[str, Any] = answer.json()
        return tree

    def refused(self, method: str, **body: Any) -> tuple[int, str, str]:
        """Status, code and message of a refusal."""
        answer = self.raw(method, body)
        tree = answer.json()
        return answer.status_code, tree["code"], tree["msg"]
