"""One request to an emulated service and its answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote


@dataclass(frozen=True, slots=True, kw_only=True)
class EmulatedRequest:
    """What arrived; headers and body stay out of the repr, for they hold secrets."""

    method: str
    path: str
    """As it arrived, still quoted, without the query."""
    query: dict[str, str] = field(default_factory=dict, repr=False)
    """Unquoted; of a repeated name the first value."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Case-insensitive."""
    body: bytes = field(default=b"", repr=False)
    fault: str | None = None
    """The fault that is left to the vendor's emulator: `die` or `code:<n>`."""

    @property
    def segments(self) -> tuple[str, ...]:
        """The path's segments, each unquoted by itself."""
        return tuple(unquote(segment) for segment in self.path.strip("/").split("/"))

    @property
    def fault_code(self) -> int | str | None:
        """The n of a fault `code:<n>`, a number where it is one; None for every other fault."""
        if self.fault is None or not self.fault.startswith("code:"):
            return None
        code = self.fault.removeprefix("code:")
        return int(code) if code.lstrip("-").isdigit() else code

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ValueError: the body isn't JSON in UTF-8.
        """
        try:
            return json.loads(self.body)
        except (json.JSONDecodeError, UnicodeDecodeError):
            # The parser's own error holds the document, secrets included.
            raise ValueError("the body is not JSON") from None


@dataclass(frozen=True, slots=True)
class EmulatedResponse:
    """What is answered; a mapping or list is sent as JSON."""

    status: int = 200
    body: Mapping[str, Any] | list[Any] | str | bytes = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def payload(self) -> bytes:
        """The body's bytes."""
        if isinstance(self.body, bytes):
            return self.body
        return (self.body if isinstance(self.body, str) else json.dumps(self.body)).encode()

    def content_type(self) -> str:
        """The media type, where the headers don't give one."""
        return "application/json" if isinstance(self.body, Mapping | list) else "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Exchange:
    """What becomes of a request: an answer (or none), and the fault with which it's to be sent."""

    response: EmulatedResponse | None
    fault: str | None = None
