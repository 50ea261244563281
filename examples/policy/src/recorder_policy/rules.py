"""What a policy may demand, and where it is read from."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from recorder_core import ConfigurationError

__all__ = ["EU", "Rules"]

FILE = "RECORDER_POLICY"
"""The environment variable that names the file; that of a rule is `RECORDER_POLICY_` and its name."""

EU = {
    "s3": ("eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3", "eusc-de-east-1"),
    "alibaba_oss": ("eu-central-1",),
    "tencent_cos": ("eu-frankfurt",),
}
"""The regions that lie in the European Union, by kind of storage. A name with `eu-` doesn't say so: Amazon's
`eu-west-2` and Alibaba's `eu-west-1` are London, Amazon's `eu-central-2` is Zurich, Tencent's `eu-moscow` is Moscow.
(Amazon's own descriptions in the `endpoints.json` of botocore, 2026; "Regions and endpoints", Alibaba Cloud OSS, and
"Regions and Access Endpoints", Tencent Cloud COS.)"""


def _separated(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_separated)]
"""A list, or a text in which they are separated by commas."""


class Rules(BaseModel):
    """The rules. What is given here is what is recommended where nothing else is: they keep files encrypted, and end a
    recording that everybody has forgotten."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    providers: Names | None = None
    """Names of the providers that may record. None: all."""

    rooms: Names = ("*",)
    """Patterns of the rooms that may be recorded; `*`, `?` and `[…]` as in file names."""

    rooms_never: Names = ()
    """Patterns of the rooms that may not."""

    regions: Names | None = None
    """Regions in which files may be stored, by patterns; `EU` stands for those in the European Union. None: all."""

    encrypted: bool = True
    """Files are stored where whatever is stored is encrypted."""

    kms: bool = False
    """Files in Amazon S3 are encrypted with a key of its key management service: `server_side_encryption: kms`."""

    trusted_buckets: Names = ()
    """Names of buckets and containers that somebody has looked at: they lie where they should, and encrypt."""

    encrypted_rooms: bool = False
    """Only rooms whose media are encrypted are recorded: the spec has `encryption`."""

    max_duration: int | None = Field(default=None, ge=1)
    """The longest recording in seconds; a spec that doesn't say gets it. Not every vendor has such a limit in every
    mode. None: no limit."""

    max_idle_timeout: int | None = Field(default=900, ge=1)
    """The longest time in seconds for which an empty room is waited for. None: no limit."""

    push: bool = True
    """Whether pictures may be streamed to other addresses as well."""

    https_only: bool = True
    """`callback_url` is an https address."""

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None) -> Self:
        """The rules of the file that `RECORDER_POLICY` names, and above them those of variables of their own.

        Raises:
            ConfigurationError: they can't be read, or one is wrong.
        """
        environ = os.environ if environ is None else environ
        given: dict[str, Any] = {}
        if path := environ.get(FILE):
            given = _read(Path(path))
        for name in cls.model_fields:
            if text := environ.get(f"{FILE}_{name}".upper()):
                given[name] = text
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            wrong = "; ".join(f"{'.'.join(map(str, part['loc']))}: {part['msg']}" for part in error.errors())
        known = ", ".join(cls.model_fields)
        raise ConfigurationError(f"the policy is wrong: {wrong}", fault="caller", hint=f"The rules are {known}.")


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".toml":
            tree: Any = tomllib.loads(text)
        else:
            import yaml  # an extra

            tree = yaml.safe_load(text)
    except ModuleNotFoundError:
        problem = "YAML needs an extra: pip install 'recorder-policy[yaml]'"
    except OSError as error:
        problem = error.strerror or type(error).__name__
    except Exception as error:  # the parsers' own
        problem = str(error)
    else:
        if isinstance(tree, dict):
            return tree
        problem = "it holds no rules"
    raise ConfigurationError(
        f"the policy {path} can't be read: {problem}", fault="caller", hint=f"{FILE} names a .toml or .yaml file."
    )
