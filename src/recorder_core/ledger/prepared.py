"""Statements that are rendered once: for a row or two, rendering costs several times as much as running."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Dialect, Insert, Select
from sqlalchemy.sql import ClauseElement

__all__ = ["Cursor", "Prepared", "Rendered"]


class Rendered:
    """A statement as its driver takes it.

    Args:
        statement: its own parameters begin with `b_`; whatever else it is given are columns to be written.
        dialect: the driver's.
        names: of what it is given.
    """

    def __init__(self, statement: ClauseElement, dialect: Dialect, names: tuple[str, ...]) -> None:
        columns = None if isinstance(statement, Insert) else [name for name in names if not name.startswith("b_")]
        compiled: Any = statement.compile(dialect=dialect, column_keys=columns)
        self.text: str = compiled.string
        self._order: list[str] | None = compiled.positiontup
        self._constants: dict[str, Any] = compiled.params
        if isinstance(statement, Select):
            self.row = namedtuple("Row", [column.key for column in statement.selected_columns])  # type: ignore[misc]

    def parameters(self, given: Mapping[str, Any]) -> Any:
        """What the driver is given: by name, or in the order in which the text has them."""
        values = {**self._constants, **given}
        return values if self._order is None else [values[name] for name in self._order]


Prepared = dict[tuple[ClauseElement, tuple[str, ...]], Rendered]
"""What was rendered, by the statement and the names of what it was given."""


class Cursor:
    """Runs statements on a driver's own cursor, each as a transaction of its own.

    Args:
        cursor: the driver's.
        dialect: the driver's.
        prepared: what was rendered before, and what is rendered now.
    """

    def __init__(self, cursor: Any, dialect: Dialect, prepared: Prepared) -> None:
        self._cursor, self._dialect, self._prepared = cursor, dialect, prepared

    def write(self, statement: ClauseElement, given: Mapping[str, Any]) -> int:
        """Run a statement that writes; how many rows it has written."""
        self._run(statement, given)
        changed: int = self._cursor.rowcount
        return changed

    def first(self, statement: Select[Any], given: Mapping[str, Any]) -> Any:
        """The first row of a question, with its columns as attributes; None: there is none."""
        rendered = self._run(statement, given)
        row = self._cursor.fetchone()
        return None if row is None else rendered.row(*row)

    def _run(self, statement: ClauseElement, given: Mapping[str, Any]) -> Rendered:
        which = (statement, tuple(given))
        rendered = self._prepared.get(which)
        if rendered is None:
            rendered = self._prepared[which] = Rendered(statement, self._dialect, which[1])
        self._cursor.execute(rendered.text, rendered.parameters(given))
        return rendered
