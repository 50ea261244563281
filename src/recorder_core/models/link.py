"""The address of one file for whoever may have it, for a while."""

from __future__ import annotations

from pydantic import SecretStr

from recorder_core.models.base import Moment, Report


class Link(Report):
    """A signed address of a file that the vendor keeps. It opens the file to whoever has it, so it is a secret.

    Its JSON and its repr show asterisks; `url.get_secret_value()` is the address.
    """

    url: SecretStr
    """The address. Whoever has it has the file."""

    expires_at: Moment | None = None
    """Until when it opens the file. None: the vendor doesn't tell."""
