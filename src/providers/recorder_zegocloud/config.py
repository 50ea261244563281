"""What a caller configures once (`ZegocloudConfig`), and what only this vendor has (`ZegocloudOptions`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator

from recorder_core.configuration import ProviderConfig, ProviderOptions
from recorder_core.models.base import ConcealedObject, reveal
from recorder_zegocloud.tables import BASE_URLS, REGIONAL_BASE_URLS

__all__ = ["DEFAULT_STREAM_ID", "ZegocloudConfig", "ZegocloudOptions"]

SECRET_LENGTH = 32
LONGEST_BY_AGREEMENT = 172_800
DEFAULT_STREAM_ID = "{participant}"


class ZegocloudConfig(ProviderConfig):
    """Credentials and addresses of a ZEGOCLOUD project.

    AppID and ServerSecret stand on the project's page of the console; AppSign (64 characters) is another thing
    ("Accessing server APIs", ZEGOCLOUD, 2025-10-29), and so is CallbackSecret, which `webhook_secret` takes ("Recording
    status callback", 2025-11-26).
    """

    env_prefix: ClassVar[str] = "ZEGO_"

    app_id: int = Field(ge=1, lt=2**32, examples=[1234567890])
    """The project's AppID, a number."""
    server_secret: SecretStr = Field(examples=["0" * SECRET_LENGTH])
    """The project's ServerSecret, 32 characters. It signs every request and is never sent."""
    area: Literal["shanghai", "hongkong", "frankfurt", "california", "mumbai", "singapore"] | None = None
    """Where this server stands: prefers the vendor's host there to the unified one."""
    is_test: bool | None = None
    """`IsTest` of every request, for projects created before 2021-11-16. None: not sent."""
    longest_recording: int = Field(default=86_400, ge=300, le=LONGEST_BY_AGREEMENT)
    """Seconds that a recording may last, 86400 unless the vendor agreed to more (172800 at most)."""

    @field_validator("server_secret")
    @classmethod
    def _has_its_length(cls, value: SecretStr) -> SecretStr:
        length = len(value.get_secret_value())
        if length != SECRET_LENGTH:
            raise ValueError(
                f"{length} characters; a ServerSecret has {SECRET_LENGTH} "
                "(64 would be an AppSign, which is for clients)"
            )
        return value

    @model_validator(mode="after")
    def _secrets_differ(self) -> Self:
        if self.server_secret in self.webhook_secret:
            raise ValueError(
                "webhook_secret is the ServerSecret; callbacks are signed with the CallbackSecret, another one on the "
                "project's page in the vendor's console"
            )
        return self

    def hosts(self) -> tuple[str, ...]:
        """Base URLs in failover order, unless `base_urls` replaces them."""
        return self.base_urls or ((REGIONAL_BASE_URLS[self.area],) if self.area else ()) + BASE_URLS


def _template(value: str) -> str:
    unknown = set(re.findall(r"\{([^}]*)\}", value)) - {"room", "participant"}
    if unknown or value.count("{") != value.count("}"):
        raise ValueError("only {room} and {participant} may stand in braces")
    if "{participant}" not in value:
        raise ValueError("{participant} is missing: every participant needs a stream id of their own")
    return value


StreamTemplate = Annotated[str, AfterValidator(_template)]


class ZegocloudOptions(ProviderOptions):
    """`options.zegocloud`: what only this vendor has. A given value is a demand."""

    stream_id: StreamTemplate = DEFAULT_STREAM_ID
    """How the application names its streams: `{room}` and `{participant}` are filled in."""
    screen_stream_id: StreamTemplate | None = None
    """How it names the streams of shared screens, as `stream_id`. None: it shares none."""
    mix_output_stream_id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{1,256}$")
    """Composite: name of the mixed stream, a part of the file's name. None: the recording's id."""
    fill_blank: bool | None = None
    """When a stream stops: keep its window with the last frame and its sound as silence (composite), or go on in the
    same file with silence until it comes back (individual)."""
    camera_off: Literal["last_frame", "color", "nothing"] | None = None
    """Composite: what a window shows while the camera is off and the sound goes on."""
    camera_off_color: str | None = Field(default=None, pattern=r"^#[0-9A-Fa-f]{6}$")
    """`#RRGGBB` for `camera_off: color`."""
    record_muted_audio: bool | None = None
    """Individual, sound alone as mp3: whether muted stretches are recorded. None: they are."""
    mute_split_threshold: int | None = None
    """With `record_muted_audio: false`: seconds of silence after which a new file begins; 0 any, negative none."""
    resume_without_interruption: bool | None = None
    """Individual: after a reconnection go on in the same file, without the gap. Not together with `fill_blank`."""
    always_mix: bool | None = None
    """Composite: begin the file at once, not at the first published stream."""
    input_timeout_ms: int | None = Field(default=None, ge=0)
    """Composite: milliseconds to wait for input before mixing starts anyway, 0 or more."""
    sound_wave: Literal["stream", "user"] | None = None
    """Composite: write the volume of every second to a `.sw` file, by stream or by user."""
    realtime_upload: bool | None = None
    """HLS: upload segments while recording. None: yes."""
    short_fragment_path: bool | None = None
    """HLS uploaded while recording: bare segment names in the playlist. None: yes."""
    extra_body: ConcealedObject | None = None
    """Laid over the body of StartRecord last, as it is. Its values are never shown. It leaves the body's objects
    objects, and ClientTaskId alone: that is the recording's id, by which a repeated start finds its task."""

    @field_validator("extra_body")
    @classmethod
    def _leaves_a_start(cls, value: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        extra = reveal(value or {})
        inputs = extra.get("RecordInputParams", {})
        parts = {name: extra.get(name, {}) for name in ("RecordInputParams", "RecordOutputParams", "StorageParams")}
        if isinstance(inputs, Mapping):
            parts["RecordInputParams.MixConfig"] = inputs.get("MixConfig", {})
        for path, part in parts.items():
            if not isinstance(part, Mapping):
                raise ValueError(f"{path} is no object")
        if "ClientTaskId" in inputs:
            raise ValueError("RecordInputParams.ClientTaskId is the recording's id, which start(key=...) fixes")
        return value
