"""Egresses that were started elsewhere: how they are asked for, and when several are one recording."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder_core.errors import ConfigurationError, RecordingNotFound
from recorder_core.models import Recording, RemoteRecording
from recorder_core.models.recording import ids_of

from recorder_livekit.calls import Calls
from recorder_livekit.translate.adopted import adopted_egress
from recorder_livekit.translate.answers import egress_in, moment
from recorder_livekit.wire.answers import EgressInfo
from recorder_livekit.wire.requests import ListEgressRequest

if TYPE_CHECKING:
    from recorder_livekit.provider import LivekitProvider

__all__ = ["adopted"]


def adopted(provider: LivekitProvider, calls: Calls, remote: RemoteRecording) -> Recording:
    """The handle of an egress, or of several that record a participant each, which were started elsewhere.

    Raises:
        RecordingNotFound: the vendor doesn't know one.
        ConfigurationError: several are no recording of several people.
        RecorderError: every other class, by what the vendor answered.
    """
    recording_id = provider.adopted(remote, remote.native).id
    ids = dict.fromkeys(ids_of(remote.native[provider.native_key]))
    infos = [_listed(provider, calls, egress_id, recording_id) for egress_id in ids]
    told = adopted_egress(infos[0])
    if len(infos) == 1:
        return provider.adopted(remote, told.native, **told.known)
    people = [info.identity for info in infos]
    if not all(people) or len(set(people)) < len(people) or len({info.room_name for info in infos}) > 1:
        raise ConfigurationError(
            "several egresses are one recording only where each is another participant's, of one room",
            recording_id=recording_id,
            fault="caller",
            hint="Adopt them one at a time.",
        )
    began = [at for info in infos if (at := moment(info.started_at or info.updated_at))]
    native = {**told.native, provider.native_key: list(ids), "identity": people}
    return provider.adopted(remote, native, **{**told.known, "started_at": min(began, default=None)})


def _listed(provider: LivekitProvider, calls: Calls, egress_id: str, recording_id: str) -> EgressInfo:
    """What the vendor tells of an egress.

    Raises:
        RecordingNotFound: it doesn't know it.
    """
    answer = calls.send("ListEgress", recording_id, ListEgressRequest(egress_id=egress_id).tree())
    info = None if answer.envelope.code else egress_in("ListEgress", answer, None)
    if info is None:
        raise RecordingNotFound(
            "the vendor doesn't know the egress: it lists one for a day after its end",
            provider=provider.name,
            operation="ListEgress",
            http_status=answer.status,
            vendor_code=answer.envelope.code,
            hint="Check its id, and that it is one of this project.",
        )
    return info
