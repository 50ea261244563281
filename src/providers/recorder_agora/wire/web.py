"""The extension services that a web page recording is made of: the recorder of the page, and the push to a CDN.

Rules from the documentation set "Cloud Recording" (Agora, 17 June to 1 July 2026) where nothing else is
named.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from recorder_agora.wire.values import Array, Choice, PageUrl, PushUrl, Request

__all__ = [
    "ExtensionServiceConfig",
    "RtmpOutput",
    "RtmpPublishParam",
    "RtmpPublishService",
    "WebRecorderParam",
    "WebRecorderService",
]


class WebRecorderParam(Request):
    """`serviceParam` of `web_recorder_service`.

    Attributes:
        url: the page; it may not redirect to another domain.
        audioProfile: 0, 1 or 2, see `tables.AUDIO_PROFILES`.
        videoWidth: px, 240..1920; 480..1920 by "Start recording" (2022). Width x height at most 2073600.
        videoHeight: px, as width.
        maxRecordingHour: 1..720 h; the recording ends by itself then.
        videoBitrate: kbps, 50..8000 by "Start recording" (2022), no range on the pages of 2026. Default 2000
            from 1280x720 on, below that 1500.
        videoFps: 5..60, default 15.
        mobile: the page as on a phone; default false.
        maxVideoDuration: minutes of one MP4 file, 30..240, default 120.
        onhold: starts paused: the page is rendered and no slice made; default false.
        readyTimeout: seconds until the page must have called `navigator.notifyReady()`, 0..60; 0 (default) or
            null: it isn't waited for.
    """

    url: PageUrl
    audioProfile: Choice[Literal[0, 1, 2]]
    videoWidth: int = Field(ge=240, le=1920)
    videoHeight: int = Field(ge=240, le=1920)
    maxRecordingHour: int = Field(ge=1, le=720)
    videoBitrate: int | None = Field(default=None, ge=50, le=8000)
    videoFps: int | None = Field(default=None, ge=5, le=60)
    mobile: bool | None = None
    maxVideoDuration: int | None = Field(default=None, ge=30, le=240)
    onhold: bool | None = None
    readyTimeout: int | None = Field(default=None, ge=0, le=60)

    @model_validator(mode="after")
    def _within_pixels(self) -> Self:
        if self.videoWidth * self.videoHeight > 1920 * 1080:
            raise ValueError("videoWidth x videoHeight is more than 2073600")
        return self


class WebRecorderService(Request):
    """Records the page. When it fails, everything else stops: its `errorHandlePolicy` is `error_abort`."""

    serviceName: Literal["web_recorder_service"]
    errorHandlePolicy: Literal["error_abort"] | None = None
    serviceParam: WebRecorderParam


class RtmpOutput(Request):
    """One target of the push."""

    rtmpUrl: PushUrl


class RtmpPublishParam(Request):
    """`serviceParam` of `rtmp_publish_service`, and `rtmpPublishConfig` of update: exactly one target."""

    outputs: Array[RtmpOutput] = Field(min_length=1, max_length=1)


class RtmpPublishService(Request):
    """Streams the page to a CDN. When it fails, the recording goes on: `errorHandlePolicy` is `error_ignore`."""

    serviceName: Literal["rtmp_publish_service"]
    errorHandlePolicy: Literal["error_ignore"] | None = None
    serviceParam: RtmpPublishParam


class ExtensionServiceConfig(Request):
    """One `web_recorder_service`, and at most one `rtmp_publish_service`.

    `apiVersion` is named by "Start recording" (2022) only.
    """

    errorHandlePolicy: Literal["error_abort"] | None = None
    apiVersion: Literal["v1"] | None = None
    extensionServices: Array[Annotated[WebRecorderService | RtmpPublishService, Field(discriminator="serviceName")]]

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        names = [service.serviceName for service in self.extensionServices]
        if names.count("web_recorder_service") != 1 or names.count("rtmp_publish_service") > 1:
            raise ValueError("extensionServices has one web_recorder_service and at most one rtmp_publish_service")
        return self

    @property
    def recorder(self) -> WebRecorderParam:
        """Parameters of the page's recorder."""
        return next(
            service.serviceParam for service in self.extensionServices if isinstance(service, WebRecorderService)
        )

    @property
    def push(self) -> RtmpPublishParam | None:
        """Parameters of the push, where there is one."""
        return next(
            (service.serviceParam for service in self.extensionServices if isinstance(service, RtmpPublishService)),
            None,
        )
