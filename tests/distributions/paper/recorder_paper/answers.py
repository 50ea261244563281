"""The press's answers: what they must be to be believed."""

from __future__ import annotations

from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from recorder_core import UnexpectedResponse
from recorder_core.transport import Answer


class PressAnswer(BaseModel):
    """What every answer has in common."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True, hide_input_in_errors=True)


class NewTape(PressAnswer):
    """A tape was put in."""

    tape: str


class TapeState(PressAnswer):
    """A tape as it is."""

    state: Literal["running", "done"]
    files: list[str]


class Tapes(PressAnswer):
    """Tapes that were asked for."""

    tapes: list[str]


class Account(PressAnswer):
    """The press's customer."""

    paper: int
    callbacks_from: list[str]


Known = TypeVar("Known", bound=PressAnswer)


def read(model: type[Known], operation: str, answer: Answer) -> Known:
    """The answer as the press documents it.

    Raises:
        UnexpectedResponse: it is none.
    """
    try:
        return model.model_validate(answer.body)
    except ValidationError:
        problem = "the answer was accepted, and isn't of the documented form"
    raise UnexpectedResponse(
        problem,
        provider="paper",
        operation=operation,
        http_status=answer.status,
        request_id=answer.envelope.request_id,
        fault="vendor",
        hint="Ask for the status before you do it again, and show the press its request id.",
    )
