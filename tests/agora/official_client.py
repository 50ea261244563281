"""Drives the vendor's own Python client through one recording; run as a program of its own.

The client starts a thread that never ends, so the program leaves by `os._exit`. Two things are changed, both
where it connects: the table of host names, and the address that is built from a host.
"""

import json
import os
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import requests
from agora_rest_client.core import domain
from agora_rest_client.core.domain import Domain, EndpointRegion
from agora_rest_client.services.cloud_recording.v1.api import SnapshotType
from agora_rest_client.services.cloud_recording.v1.individual_recording import api_start as individual_start
from agora_rest_client.services.cloud_recording.v1.individual_recording import api_update as individual_update
from agora_rest_client.services.cloud_recording.v1.individual_recording.individual_recording_client import (
    IndividualRecordingClient,
)
from agora_rest_client.services.cloud_recording.v1.mix_recording import api_start, api_update, api_update_layout
from agora_rest_client.services.cloud_recording.v1.mix_recording.mix_recording_client import (
    MixRecordingClient,
)
from agora_rest_client.services.cloud_recording.v1.web_recording import api_start as web_start
from agora_rest_client.services.cloud_recording.v1.web_recording import api_update as web_update
from agora_rest_client.services.cloud_recording.v1.web_recording.web_recording_client import WebRecordingClient

CNAME, UID = "lesson-204", "900001"
STORAGE = {"vendor": 1, "region": 4, "bucket": "lessons", "accessKey": "AK", "secretKey": "SK"}

Advance = Callable[[float], None]


def mix(client: Any, advance: Advance) -> dict[str, Any]:
    """Acquire, start, query, update, updateLayout, query and stop; returns what the client understood."""
    acquired = client.acquire(CNAME, UID, resource_expired_hour=24)
    started = client.start(
        acquired.resourceId,
        CNAME,
        UID,
        "token-of-the-test",
        api_start.StorageConfig(**STORAGE, fileNamePrefix=["school"]),
        api_start.RecordingConfig(
            channelType=1,
            streamTypes=2,
            maxIdleTime=300,
            unsubscribeVideoUids=["77"],
            subscribeAudioUids=["#allstream#"],
            transcodingConfig={
                "width": 1280,
                "height": 720,
                "fps": 15,
                "bitrate": 2260,
                "mixedVideoLayout": 1,
            },
        ),
    )
    advance(5)
    ready = client.query(acquired.resourceId, started.sid)
    updated = client.update(
        acquired.resourceId,
        started.sid,
        CNAME,
        UID,
        stream_subscribe=api_update.StreamSubscribe(
            audioUidList=api_update.AudioUidList(subscribeAudioUids=["#allstream#"]),
            videoUidList=api_update.VideoUidList(subscribeVideoUids=["11", "12"]),
        ),
    )
    laid_out = client.update_layout(
        acquired.resourceId,
        started.sid,
        CNAME,
        UID,
        mixed_video_layout=3,
        background_color="#102030",
        layout_config=[
            api_update_layout.LayoutConfig(uid="11", x_axis=0, y_axis=0, width=0.75, height=1, render_mode=1),
            api_update_layout.LayoutConfig(x_axis=0.75, y_axis=0, width=0.25, height=0.5),
        ],
    )
    advance(20)
    recording = client.query(acquired.resourceId, started.sid)
    stopped = client.stop(acquired.resourceId, started.sid, CNAME, UID)
    return {
        "sid": started.sid,
        "ready": ready.serverResponse["status"],
        "updated": updated.sid,
        "laid_out": laid_out.sid,
        "recording": recording.serverResponse["status"],
        "stopped": stopped.serverResponse,
    }


def individual(client: Any, advance: Advance, *, snapshots_alone: bool = False) -> dict[str, Any]:
    """Acquire, start with snapshots, update, query and stop."""
    acquired = client.acquire(CNAME, UID)
    kind = SnapshotType.SNAPSHOT_NO_RECORDING if snapshots_alone else SnapshotType.SNAPSHOT_AND_RECORDING
    started = client.start(
        acquired.resourceId,
        CNAME,
        UID,
        "token-of-the-test",
        individual_start.StorageConfig(**STORAGE),
        individual_start.RecordingConfig(
            channelType=1,
            streamTypes=2,
            streamMode="default",
            maxIdleTime=300,
            unsubscribeAudioUids=["77"],
            unsubscribeVideoUids=["77"],
            subscribeUidGroup=0,
        ),
        snapshot_type=kind.value,
        snapshot_config=individual_start.SnapshotConfig(captureInterval=5, fileType=["jpg"]),
        apps_collection=individual_start.AppsCollection(combinationPolicy="default"),
    )
    updated = client.update(
        acquired.resourceId,
        started.sid,
        CNAME,
        UID,
        stream_subscribe=individual_update.StreamSubscribe(
            audioUidList=individual_update.AudioUidList(unsubscribeAudioUids=["78"]),
            videoUidList=individual_update.VideoUidList(subscribeVideoUids=["11"]),
        ),
    )
    advance(20)
    recording = client.query(acquired.resourceId, started.sid)
    stopped = client.stop(acquired.resourceId, started.sid, CNAME, UID)
    return {
        "sid": started.sid,
        "updated": updated.sid,
        "recording": recording.serverResponse,
        "stopped": stopped.serverResponse,
    }


def web(client: Any, advance: Advance) -> dict[str, Any]:
    """Acquire, start paused with a push, query, resume, push elsewhere, query and stop."""
    acquired = client.acquire(CNAME, UID, resource_expired_hour=24)
    page = web_start.ServiceParam(
        url="https://class.example/room/204",
        audioProfile=1,
        videoWidth=1280,
        videoHeight=720,
        maxRecordingHour=3,
        videoBitrate=2000,
        videoFps=15,
        mobile=False,
        maxVideoDuration=120,
        onhold=True,
        readyTimeout=20,
    )
    push = web_start.ServiceParam(outputs=[{"rtmpUrl": "rtmps://push.example/live/204"}])
    started = client.start(
        acquired.resourceId,
        CNAME,
        UID,
        web_start.StorageConfig(**STORAGE),
        web_start.ExtensionServiceConfig(
            errorHandlePolicy="error_abort",
            extensionServices=[
                web_start.ExtensionServices(
                    serviceName="web_recorder_service", errorHandlePolicy="error_abort", serviceParam=page
                ),
                web_start.ExtensionServices(
                    serviceName="rtmp_publish_service", errorHandlePolicy="error_ignore", serviceParam=push
                ),
            ],
        ),
    )
    advance(10)
    paused = client.query(acquired.resourceId, started.sid)
    resumed = client.update(
        acquired.resourceId, started.sid, CNAME, UID, web_recording_config=web_update.WebRecordingConfig(onhold=False)
    )
    pushed = client.update(
        acquired.resourceId,
        started.sid,
        CNAME,
        UID,
        rtmp_publish_config=web_update.RtmpPublishConfig(outputs=[{"rtmpUrl": "rtmps://push.example/live/205"}]),
    )
    advance(20)
    recording = client.query(acquired.resourceId, started.sid)
    stopped = client.stop(acquired.resourceId, started.sid, CNAME, UID)
    return {
        "sid": started.sid,
        "paused": paused.serverResponse,
        "updated": [resumed.sid, pushed.sid],
        "recording": recording.serverResponse,
        "stopped": stopped.serverResponse,
    }


def main(scenario: str, base_url: str, app_id: str, customer_id: str, customer_secret: str) -> dict[str, Any]:
    """Build the client of the scenario's mode, point it at `base_url`, and go through the scenario."""
    host = urlsplit(base_url).hostname or ""
    prefix, _, suffix = host.partition(".")
    domain.ENDPOINT_REGION_DOMAIN[EndpointRegion.EU.value] = {"prefixes": [prefix], "suffixes": [suffix]}

    def advance(seconds: float) -> None:
        requests.post(f"{base_url}/_emulator/clock", json={"advance": seconds}, timeout=10).raise_for_status()

    kind = {"mix": MixRecordingClient, "web": WebRecordingClient}.get(scenario, IndividualRecordingClient)
    kind.get_api_url = lambda self, host, url, service_region=None: base_url + url
    client = (
        kind.new_builder()
        .with_app_id(app_id)
        .with_credential_basic_auth(customer_id, customer_secret)
        .with_domain(Domain(EndpointRegion.EU.value))
        .build()
    )
    if scenario == "snapshots":
        return individual(client, advance, snapshots_alone=True)
    return {"mix": mix, "individual": individual, "web": web}[scenario](client, advance)


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))  # noqa: T201 - the test reads it
    sys.stdout.flush()
    os._exit(0)
