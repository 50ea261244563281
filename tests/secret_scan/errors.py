"""Everything that an error shows or drags along: its texts, its fields, its causes, and the locals of its frames."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from types import FrameType

from pydantic import ValidationError

from secret_scan.allowed import EMULATORS
from secret_scan.search import Evidence

LIBRARY = ("recorder_core", "recorder_agora", "recorder_zegocloud")
BELOW = (
    "requests",
    "urllib3",
    "http",
    "ssl",
    "sqlalchemy",
    "alembic",
    "psycopg",
    "redis",
    "boto3",
    "botocore",
    "azure",
)
"""Whose frames are the library's doing where it has called them."""
LOOKS = 2
"""How often the locals of one way through the code are looked at in a test: a property goes it a thousand times."""


class Errors:
    """Looks through errors.

    Args:
        evidence: gets what they show.
    """

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._ways: Counter[object] = Counter()

    def look(self, error: BaseException, origin: str, dealing: Collection[FrameType] = ()) -> None:
        """Take all that an error shows.

        Args:
            error: itself.
            origin: where it was come upon.
            dealing: frames that caught it and go on: it hasn't left them.
        """
        for part in chain_of(error):
            kind = type(part).__name__
            where = f"{kind} ({origin})"
            texts = (_shown(part, str), _shown(part, repr), _shown(part.args, repr), _shown(vars(part), repr))
            self._evidence.add(f"text, fields or notes of {where}", "\n".join(texts))
            if isinstance(part, ValidationError) and part is not error:
                # By itself it keeps what it was given, which its text hides; behind an error of ours nobody expects it.
                self._evidence.add(f"inputs of {where}", repr(part.errors()))
            frames = [(frame, line) for frame, line in _library_frames(part) if frame not in dealing]
            way = (kind, *((frame.f_code, line) for frame, line in frames))
            self._ways[way] += 1
            if self._ways[way] > LOOKS:
                continue
            for frame, line in frames:
                module, function = frame.f_globals.get("__name__"), frame.f_code.co_qualname
                for name, value in list(frame.f_locals.items()):
                    self._evidence.add(f"local {name} of {module}.{function}:{line} in {where}", _shown(value, repr))

    def forget_test(self) -> None:
        """The test is over."""
        self._ways.clear()


def chain_of(error: BaseException) -> Iterator[BaseException]:
    """The error, its causes and contexts, shown or not, and the members of groups, each once."""
    waiting, seen = [error], set()
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        yield part
        members = part.exceptions if isinstance(part, BaseExceptionGroup) else ()
        waiting += [other for other in (part.__cause__, part.__context__, *members) if other is not None]


def _library_frames(error: BaseException) -> Iterator[tuple[FrameType, int]]:
    """The frames of the library and of what it has called, each with its line."""
    in_library = False
    trace = error.__traceback__
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__", ""))
        top = module.partition(".")[0]
        if module.startswith(EMULATORS):
            in_library = False
        elif top in LIBRARY:
            in_library = True
            yield trace.tb_frame, trace.tb_lineno
        elif in_library and top in BELOW:
            yield trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next


def _shown(value: object, show: type[str] | object) -> str:
    try:
        return show(value)  # type: ignore[operator, no-any-return]
    except Exception as error:
        return f"a {type(value).__name__} that can't be shown: {type(error).__name__}"
