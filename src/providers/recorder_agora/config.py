"""What a caller configures once (`AgoraConfig`), and what only this vendor has (`AgoraOptions`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, field_validator, model_validator

from recorder_agora.tables import BASE_URLS, REGIONAL_BASE_URLS
from recorder_agora.wire.values import integer_uid
from recorder_core.configuration import ProviderConfig, ProviderOptions
from recorder_core.models.base import ConcealedObject

__all__ = ["AgoraConfig", "AgoraOptions", "TokenFactory"]

TokenFactory = Callable[[str, str], str]
"""Makes the room token of the recorder: called with the room and the recorder's uid."""

LARGEST_UID = 4_294_967_295

Uid = Annotated[str, BeforeValidator(lambda value: str(value) if type(value) is int else value)]


class AgoraConfig(ProviderConfig):
    """Credentials and addresses of an Agora project.

    The App ID and the App Certificate belong to the project; Customer ID and Customer Secret belong to the account's
    RESTful API and are made on another page of the console ("RESTful authentication", Agora, 2026).
    """

    env_prefix: ClassVar[str] = "AGORA_"

    app_id: str = Field(min_length=1, examples=["0123456789abcdef0123456789abcdef"])
    """The App ID of the project whose rooms are recorded. Not the App Certificate."""
    customer_id: str = Field(min_length=1, examples=["customer-id"])
    """The Customer ID of the RESTful API. Not the App ID."""
    customer_secret: SecretStr = Field(min_length=1, examples=["customer-secret"])
    """The Customer Secret of the RESTful API. Not the App Certificate."""
    token_factory: TokenFactory | None = Field(default=None, repr=False)
    """Makes the recorder's token from room and uid, where the project's App Certificate is on."""
    area: Literal["NA", "EU", "AP", "CN"] | None = None
    """Where this server stands: prefers the vendor's hosts there to the global ones."""
    recorder_uid_range: tuple[int, int] = (4_000_000_000, LARGEST_UID)
    """First and last uid from which a recorder's own is derived, 1..4294967295. Keep the room's users out of it."""

    @field_validator("app_id", "customer_id")
    @classmethod
    def _looks_like_an_id(cls, value: str) -> str:
        if not (value.isascii() and value.isprintable()) or set(value) & set(" /:?#"):
            raise ValueError(f"{len(value)} characters with blanks or one of / : ? #; an id has none of them")
        return value

    @model_validator(mode="after")
    def _not_mixed_up(self) -> Self:
        if self.app_id == self.customer_id:
            raise ValueError("customer_id is the App ID; the Customer ID is on the console's RESTful API page")
        if self.customer_secret.get_secret_value() in (self.app_id, self.customer_id):
            raise ValueError("customer_secret is one of the two ids; the Customer Secret is shown once, with its ID")
        others = (self.app_id, self.customer_id, self.customer_secret.get_secret_value())
        if any(secret.get_secret_value() in others for secret in self.webhook_secret):
            raise ValueError(
                "webhook_secret is another credential; that of callbacks is on the console's Notifications page"
            )
        low, high = self.recorder_uid_range
        if not 1 <= low <= high <= LARGEST_UID:
            raise ValueError(f"recorder_uid_range is {low}..{high}; it must lie in 1..{LARGEST_UID}")
        return self

    def hosts(self) -> tuple[str, ...]:
        """Base URLs in failover order ("Best practices", Agora, 2026), unless `base_urls` replaces them."""
        regional = REGIONAL_BASE_URLS[self.area] if self.area else ()
        return self.base_urls or regional + (BASE_URLS[::-1] if self.area == "CN" else BASE_URLS)


class AgoraOptions(ProviderOptions):
    """`options.agora`: what only this vendor has. A given value is a demand."""

    uid: Uid | None = None
    """The recorder's uid, 1..4294967295, used by nobody in the room. None: derived from the recording's id."""
    token: SecretStr | None = None
    """The room token of that `uid`; it can't be renewed, so it must outlive the recording."""
    channel_profile: Literal["communication", "live"] = "communication"
    """The profile that the room's clients use; the vendor's idle time counts users in the one, hosts in the other."""
    region: Literal["CN", "AP", "EU", "NA"] | None = None
    """The area that must record: a fence. The storage has to lie in it."""
    region_affinity: Literal[0, 1, 2, 3, 4] | None = None
    """The area that should record: 0 nearest, 1 China, 2 South-East Asia, 3 Europe, 4 North America."""
    video_stream_type: Literal["high", "low"] | None = None
    """Which stream of those who publish two."""
    stream_mode: Literal["original"] | None = None
    """Individual recording without transcoding."""
    private_params: SecretStr | None = None
    """JSON text that the vendor's support hands out."""
    resource_expired_hours: int = Field(default=720, ge=1, le=720)
    """For how many hours after the start the recording can be controlled, 1..720; recording itself goes on."""
    send_start_parameter: bool = False
    """Send the start's parameters with acquire too, so that the vendor can choose the server by them."""
    extra_body: ConcealedObject | None = None
    """Laid over the body of start last, as it is. Its values are never shown."""

    @field_validator("uid")
    @classmethod
    def _integer(cls, value: str | None) -> str | None:
        return value if value is None else integer_uid(value)

    @field_validator("extra_body")
    @classmethod
    def _fits_start(cls, value: ConcealedObject | None) -> ConcealedObject | None:
        if value is not None and not isinstance(value.get("clientRequest", {}), Mapping):
            raise ValueError("clientRequest is no mapping, as it is in the body of start")
        return value

    @model_validator(mode="after")
    def _token_of_a_uid(self) -> Self:
        if self.token is not None and self.uid is None:
            raise ValueError("token needs uid: a token is made for one uid; or configure token_factory")
        return self
