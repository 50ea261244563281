"""The press's answers: what they must be to be believed."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class PressAnswer(BaseModel):
    """What every answer has in common."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True, hide_input_in_errors=True)


class NewTape(PressAnswer):
    """A tape was put in."""

    tape: str = Field(min_length=1)


class TapeState(PressAnswer):
    """A tape as it is."""

    state: Literal["running", "paused", "done"]
    files: list[str]
    name: str = ""
    deleted: bool = False


class Address(PressAnswer):
    """Where somebody may fetch a file."""

    url: str
    until: int


class Tapes(PressAnswer):
    """Tapes that were asked for."""

    tapes: list[str]


class Account(PressAnswer):
    """The press's customer."""

    paper: int
    callbacks_from: list[str]
