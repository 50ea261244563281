"""Where the vendor puts the files: the storage object that start, `startParameter` and update share.

Rules from the documentation set "Cloud Recording" (Agora, 17 June to 1 July 2026) where nothing else is
named.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from recorder_agora.wire.values import Choice, Prefix, Request

__all__ = ["ExtensionParams", "StorageConfig"]


class ExtensionParams(Request):
    """`extensionParams` of a storage: `sse` Amazon S3 only, `tag` Amazon S3 and Alibaba Cloud only.

    The pages mark both as required inside this object, yet the vendor-11 sample has `endpoint` alone:
    optional.
    """

    sse: Literal["kms", "aes256"] | None = None
    tag: str | None = None
    endpoint: str | None = Field(default=None, min_length=1)


class StorageConfig(Request):
    """Where the files go; the same object in start, in `startParameter` and in update.

    Attributes:
        vendor: number of the cloud, see `tables.StorageVendor`.
        region: number of the region, see `tables.STORAGE_REGIONS`; 0 for Azure, Google Cloud and
            S3-compatible.
        bucket: name of the bucket.
        accessKey: key with the right to write.
        secretKey: its secret.
        stsToken: temporary credential, clouds 1, 2 and 3 only, of at least four hours; renewed through
            update.
        stsExpiration: Unix seconds; with `stsToken`.
        fileNamePrefix: segments of the prefix, each a-z A-Z 0-9, 128 characters together with their slashes.
        extensionParams: encryption and tag of the objects; `endpoint`, which vendor 11 needs.
    """

    vendor: Choice[Literal[0, 1, 2, 3, 4, 5, 6, 7, 8, 11]]
    region: int = Field(ge=0)
    bucket: str = Field(min_length=1)
    accessKey: SecretStr = Field(min_length=1)
    secretKey: SecretStr = Field(min_length=1)
    stsToken: SecretStr | None = Field(default=None, min_length=1)
    stsExpiration: int | None = Field(default=None, ge=0, lt=2**64)
    fileNamePrefix: Prefix | None = None
    extensionParams: ExtensionParams | None = None

    @model_validator(mode="after")
    def _fits_vendor(self) -> Self:
        extension = self.extensionParams or ExtensionParams()
        if self.vendor == 11 and extension.endpoint is None:
            raise ValueError("vendor 11 needs extensionParams.endpoint")
        if extension.sse is not None and self.vendor != 1:
            raise ValueError("extensionParams.sse is for vendor 1 only")
        if extension.tag is not None and self.vendor not in (1, 2):
            raise ValueError("extensionParams.tag is for vendors 1 and 2 only")
        if self.stsToken is not None and self.vendor not in (1, 2, 3):
            raise ValueError("stsToken is for vendors 1, 2 and 3 only")
        if self.stsExpiration is not None and self.stsToken is None:
            raise ValueError("stsExpiration goes with stsToken")
        return self
