"""Drives the vendor's own Python client through one recording; run as a program of its own.

The client starts a thread that never ends, so the program leaves by `os._exit`. Two things are changed, both
where it connects: the table of host names, and the address that is built from a host.
"""

import json
import os
import sys
from typing import Any
from urllib.parse import urlsplit

import requests
from agora_rest_client.core import domain
from agora_rest_client.core.domain import Domain, EndpointRegion
from agora_rest_client.services.cloud_recording.v1.mix_recording import (
    api_start,
    api_update,
    api_update_layout,
)
from agora_rest_client.services.cloud_recording.v1.mix_recording.mix_recording_client import (
    MixRecordingClient,
)

CNAME, UID = "lesson-204", "900001"


def main(base_url: str, app_id: str, customer_id: str, customer_secret: str) -> dict[str, Any]:
    """Acquire, start, query, update, updateLayout, query and stop; returns what the client understood."""
    host = urlsplit(base_url).hostname or ""
    prefix, _, suffix = host.partition(".")
    domain.ENDPOINT_REGION_DOMAIN[EndpointRegion.EU.value] = {"prefixes": [prefix], "suffixes": [suffix]}
    MixRecordingClient.get_api_url = lambda self, host, url, service_region=None: base_url + url
    client = (
        MixRecordingClient.new_builder()
        .with_app_id(app_id)
        .with_credential_basic_auth(customer_id, customer_secret)
        .with_domain(Domain(EndpointRegion.EU.value))
        .build()
    )

    def advance(seconds: float) -> None:
        requests.post(f"{base_url}/_emulator/clock", json={"advance": seconds}, timeout=10).raise_for_status()

    acquired = client.acquire(CNAME, UID, resource_expired_hour=24)
    started = client.start(
        acquired.resourceId,
        CNAME,
        UID,
        "token-of-the-test",
        api_start.StorageConfig(
            vendor=1, region=4, bucket="lessons", accessKey="AK", secretKey="SK", fileNamePrefix=["school"]
        ),
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


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))  # noqa: T201 - the test reads it
    sys.stdout.flush()
    os._exit(0)
