"""What an error drags along: the local variables of every frame that it passed, where credentials stand in clear.

Monitoring tools send them away and debuggers print them. So an error leaves the library without: its traceback
keeps files, lines and functions. That holds for frames of plugins and of libraries below them too.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from traceback import clear_frames
from typing import ParamSpec, TypeVar

__all__ = ["forget_locals", "forgetful"]

P = ParamSpec("P")
R = TypeVar("R")


def forget_locals(error: BaseException, outer: BaseException | None = None) -> None:
    """Take the local variables out of the frames that an error, its causes and its contexts have left.

    Args:
        error: what is passed on.
        outer: what the caller was handling already, whose frames are no business of the library's.
    """
    seen, waiting = {id(outer), id(None)}, [error]
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        clear_frames(part.__traceback__)
        waiting += [part.__cause__, part.__context__]  # type: ignore[list-item]  # None is seen already


def forgetful(door: Callable[P, R]) -> Callable[P, R]:
    """Decorates a function that is given secrets in clear: what it raises keeps no local variable, its own neither."""

    @wraps(door)
    def enter(*given: P.args, **named: P.kwargs) -> R:
        outer = sys.exception()
        try:
            return door(*given, **named)
        except BaseException as error:
            forget_locals(error, outer)
            del given, named, outer
            raise

    return enter
