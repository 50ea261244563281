"""Storage, wire to neutral: the one upload that every output carries."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from recorder_core.decoding import SpecTree, refused

from recorder_livekit.translate.storage import OSS_ENDPOINT
from recorder_livekit.wire.requests import (
    AliOssUpload,
    AzureBlobUpload,
    EncodedRequest,
    GcpUpload,
    S3Upload,
    UploadRequest,
)
from recorder_livekit.wire.values import BodyModel

__all__ = ["put_storage"]

KEYS: Mapping[str, str] = MappingProxyType(
    {"bucket": "bucket", "region": "region", "access_key": "access_key", "secret": "secret_key"}
)
S3_NAMES: Mapping[str, str] = MappingProxyType(
    {
        **KEYS,
        "session_token": "session_token",
        "assume_role_arn": "role_arn",
        "assume_role_external_id": "external_id",
        "tagging": "object_tag",
    }
)
S3_COMPATIBLE_NAMES: Mapping[str, str] = MappingProxyType(
    {**KEYS, "endpoint": "endpoint", "force_path_style": "path_style"}
)
OSS_NAMES: Mapping[str, str] = MappingProxyType({**KEYS, "endpoint": ""})
GCP_NAMES: Mapping[str, str] = MappingProxyType({"bucket": "bucket", "credentials": "credentials_json"})
AZURE_NAMES: Mapping[str, str] = MappingProxyType(
    {"container_name": "container", "account_name": "account_name", "account_key": "account_key"}
)
"""Neutral names of the fields that a storage has; empty: it is read apart."""

Upload = S3Upload | GcpUpload | AzureBlobUpload | AliOssUpload


def put_storage(spec: SpecTree, request: EncodedRequest) -> None:
    """`storage` from the outputs, and the option that belongs to it.

    Raises:
        InvalidSpec: the outputs go to different places, or the upload has what no storage of a spec has.
    """
    carriers: list[tuple[str, UploadRequest]] = [
        (f"{name}.{index}", output)
        for name in ("file_outputs", "segment_outputs", "image_outputs")
        for index, output in enumerate(getattr(request, name))
    ]
    if not carriers:
        spec.put("storage.kind", "account", "file_outputs")
        return
    source, upload = carriers[0][0], carriers[0][1].upload
    for other, output in carriers[1:]:
        if output.upload != upload:
            raise refused(f"{other}: goes elsewhere than {source}; a spec has one storage")
    if upload is None:
        spec.put("storage.kind", "account", source)
    elif isinstance(upload, GcpUpload):
        _put(spec, "google_cloud_storage", GCP_NAMES, upload, f"{source}.gcp")
    elif isinstance(upload, AzureBlobUpload):
        _put(spec, "azure_blob", AZURE_NAMES, upload, f"{source}.azure")
    elif isinstance(upload, AliOssUpload):
        _put_oss(spec, upload, f"{source}.aliOSS")
    else:
        _put_s3(spec, upload, f"{source}.s3")


def _put_s3(spec: SpecTree, upload: S3Upload, source: str) -> None:
    if upload.endpoint:
        _put(spec, "s3_compatible", S3_COMPATIBLE_NAMES, upload, source)
        return
    _put(spec, "s3", S3_NAMES, upload, source)


def _put_oss(spec: SpecTree, upload: AliOssUpload, source: str) -> None:
    if upload.region is not None and upload.endpoint != OSS_ENDPOINT.format(region=upload.region):
        raise refused(f"{source}.endpoint: isn't {OSS_ENDPOINT.format(region=upload.region)}; a spec names no other")
    _put(spec, "alibaba_oss", OSS_NAMES, upload, source)


def _put(spec: SpecTree, kind: str, names: Mapping[str, str], upload: BodyModel, source: str) -> None:
    strange = [name for name in type(upload).model_fields if name not in names and getattr(upload, name)]
    if strange:
        raise refused(*(f"{source}.{name}: storage of the kind {kind} has no such thing" for name in strange))
    spec.put("storage.kind", kind, source)
    for wire, neutral in names.items():
        if neutral:
            spec.put(f"storage.{neutral}", getattr(upload, wire), f"{source}.{wire}")
