"""What a caller configures once (`TrtcConfig`), and what only this vendor has (`TrtcOptions`)."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, SecretStr, field_validator

from recorder_core.configuration import ProviderConfig, ProviderOptions
from recorder_trtc.tables import BASE_URLS, LONGEST_CONTROL_H, SHORTEST_CONTROL_H, USER_ID

__all__ = ["TrtcConfig", "TrtcOptions"]

WEEK_S = 604_800


class TrtcConfig(ProviderConfig):
    """Credentials and addresses of a TRTC application.

    SecretId and SecretKey are an API key of the account (console, Access Management); SDKAppID and its SDKSecretKey
    stand on the application's page. The callbacks' key is a third one, which `webhook_secret` takes ("Cloud Recording
    and Web Page Recording Webhooks", Tencent Cloud, 2024-11-06).
    """

    env_prefix: ClassVar[str] = "TRTC_"

    sdk_app_id: int = Field(ge=1, lt=2**32, examples=[1400000000])
    """The application's SDKAppID, a number."""
    secret_id: SecretStr = Field(examples=["0" * 36])
    """SecretId of an API key that may use TRTC."""
    secret_key: SecretStr = Field(examples=["0" * 32])
    """Its SecretKey. It signs every request and is never sent."""
    app_key: SecretStr = Field(examples=["0" * 64])
    """The application's SDKSecretKey. It signs the recorder's UserSig, without which it can't enter a room."""
    session_token: SecretStr | None = None
    """Token that belongs to a temporary API key."""
    site: Literal["international", "mainland"] = "international"
    """Where the account was opened: tencentcloud.com or cloud.tencent.com. Each has a host of its own."""
    region: Literal["ap-singapore", "ap-guangzhou", "ap-shanghai", "ap-beijing"] = "ap-singapore"
    """The region that carries the calls out. A recording is looked at, changed and stopped in that of its start."""
    user_sig_lifetime: int = Field(default=WEEK_S, ge=3600, le=180 * 86_400)
    """Seconds for which the recorder may enter the room again after a failure at the vendor, from the start on, 3600 to
    15552000. Longer than any recording."""
    end_lost: bool = False
    """Whether `recover` ends what a start whose answer was lost may have begun. It removes the recorder from the room,
    which is the vendor's only way. Otherwise it goes on until the room has been empty for `idle_timeout`."""

    @field_validator("secret_id", "secret_key", "app_key")
    @classmethod
    def _is_given(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        if not text or text != text.strip():
            raise ValueError("is empty, or has white space around it")
        return value

    def hosts(self) -> tuple[str, ...]:
        """Base URLs in failover order, unless `base_urls` replaces them."""
        return self.base_urls or (BASE_URLS[self.site],)


class TrtcOptions(ProviderOptions):
    """`options.trtc`: what only this vendor has. A given value is a demand."""

    room_id_type: Literal["string", "number"] = "string"
    """Which kind of room ids the application uses: room "42" and room 42 are two rooms."""
    user_id: str | None = Field(default=None, pattern=f"^{USER_ID}$")
    """The recorder's name in the room. None: the recording's id. One that two recordings of a room share ends the
    first, and no callback brings back a start whose answer was lost."""
    private_map_key: SecretStr | None = None
    """PrivateMapKey for the recorder, where the application has advanced permission control."""
    controllable_hours: int | None = Field(default=None, ge=SHORTEST_CONTROL_H, le=LONGEST_CONTROL_H)
    """For how many hours the recording can be asked for, changed and stopped, 6 to 720. None: 720."""
    streams: Literal["both", "camera", "screen"] | None = None
    """Which of everybody's streams are recorded: the main one, the auxiliary one, or both. None: both."""
    camera_off: Literal["last_frame", "black"] | None = None
    """What is recorded while a published picture stops. None: its last frame."""
    sound_alone_takes_window: bool | None = None
    """Composite, the vendor's own layouts: whether who publishes sound alone has a window. None: yes."""
    time_zone: int | None = Field(default=None, ge=-12, le=14)
    """Hours from UTC of a clock watermark. None: the vendor's, 8."""
