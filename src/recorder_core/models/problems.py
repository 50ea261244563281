"""Validation errors in the words of whoever wrote the input: `path: what is wrong`, and never a secret."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable, Mapping, Sequence, Set
from enum import EnumType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, Secret, SecretStr, ValidationError
from pydantic_core import ErrorDetails

_SHOWN_CHARACTERS = 40


def describe_errors(
    error: ValidationError, model: Any, *, under: str = "", hidden: Set[str] = frozenset()
) -> list[str]:
    """Every problem of a validation, one line each, such as `layout.regions.3.width: 1.2 is more than 1`.

    Paths are those of the input: the alternatives of a union don't show in them. A value is shown only where
    it is short and its field keeps no secret.

    Args:
        error: what pydantic raised.
        model: the model (or annotation) that was validated.
        under: path of the validated value in a larger input, such as `options.example`.
        hidden: texts that aren't shown whichever field they stand in.
    """
    lines: dict[str, None] = {}
    found = error.errors(include_url=False)
    for details in found:
        # pydantic counts the items that are sound, so a list whose items are all wrong is "too short" as well.
        if details["type"] == "too_short" and any(_lies_below(other["loc"], details["loc"]) for other in found):
            continue
        path, field = _locate(details["loc"], model)
        if details["type"] in ("union_tag_invalid", "union_tag_not_found"):
            path = [*path, str(details["ctx"]["discriminator"]).strip("'")]
        where = ".".join([*([under] if under else []), *(step or '""' for step in path)])
        problem = _problem(details, field, hidden)
        lines[f"{where}: {problem}" if where else problem] = None
    return list(lines)


def nearest(name: str, names: Iterable[str]) -> str:
    """Which of `names` may have been meant, as the end of a sentence."""
    known = list(names)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; known are {', '.join(known)}" if known else ""


def _lies_below(loc: Sequence[int | str], above: Sequence[int | str]) -> bool:
    return len(loc) > len(above) and tuple(loc[: len(above)]) == tuple(above)


# --- paths -------------------------------------------------------------------------------------------------


def _locate(loc: Sequence[int | str], model: Any) -> tuple[list[str], Any]:
    """The path without what pydantic adds, and the type at its end (of an unknown key: the model)."""
    path: list[str] = []
    at = model
    for step in loc:
        at, is_key = _descend(at, step)
        if is_key:
            path.append(str(step))
    return path, at


def _descend(at: Any, step: int | str) -> tuple[Any, bool]:
    """The annotation one step further down, and whether the step is one of the input's own."""
    if step == "[key]":
        return str, False
    alternatives = _alternatives(at)
    if len(alternatives) > 1:
        return next((item for item in alternatives if _is_called(item, step)), Any), False
    only = alternatives[0] if alternatives else Any
    if isinstance(only, type) and issubclass(only, BaseModel):
        field = _fields(only).get(str(step))
        return (only if field is None else field), True
    origin, arguments = get_origin(only), get_args(only)
    if isinstance(origin, type) and issubclass(origin, Mapping) and len(arguments) == 2:
        return arguments[1], True
    if isinstance(origin, type) and issubclass(origin, Sequence | Set) and arguments:
        return arguments[0], True
    return Any, True


def _alternatives(at: Any) -> list[Any]:
    """What an annotation allows, without None and without metadata."""
    origin = get_origin(at)
    if origin is Annotated:
        return _alternatives(get_args(at)[0])
    if origin in (Union, types.UnionType):
        return [found for item in get_args(at) for found in _alternatives(item)]
    return [] if at is type(None) else [at]


def _is_called(alternative: Any, step: int | str) -> bool:
    return step in _tags(alternative) or step == getattr(alternative, "__name__", None)


def _tags(alternative: Any) -> list[str]:
    """The values by which a model of a union is told apart."""
    if not (isinstance(alternative, type) and issubclass(alternative, BaseModel)):
        return []
    annotations = [field.annotation for field in alternative.model_fields.values()]
    return [str(tag) for at in annotations if get_origin(at) is Literal for tag in get_args(at)]


def _all_tags(union: Any) -> list[str]:
    return [tag for alternative in _alternatives(union) for tag in _tags(alternative)]


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    """Annotations of a model's fields, by every name under which an input may give them."""
    fields: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        for alias in (name, field.alias, field.validation_alias):
            if isinstance(alias, str):
                fields[alias] = field.annotation
    return fields


def _keeps_secrets(at: Any) -> bool:
    if get_origin(at) is None:
        return isinstance(at, type) and issubclass(at, SecretStr | Secret)
    return any(_keeps_secrets(item) for item in get_args(at))


# --- sentences ---------------------------------------------------------------------------------------------


def _problem(details: ErrorDetails, field: Any, hidden: Set[str]) -> str:
    kind, context = details["type"], details.get("ctx", {})
    if kind == "invalid":
        return str(context["problem"])
    if kind in _NO_MAPPING and (tags := _all_tags(field)):
        return f"is not a mapping whose kind is one of {', '.join(tags)}"
    if kind == "extra_forbidden":
        names = _fields(field) if isinstance(field, type) and issubclass(field, BaseModel) else {}
        return f"is unknown{nearest(str(details['loc'][-1]), names)}"
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return _wrong_tag(context, field, hidden)
    value = _shown(details["input"], field, hidden)
    if kind in ("enum", "literal_error"):
        return _wrong_name(value, details["input"], field)
    if kind in ("too_short", "string_too_short") and context["min_length"] == 1:
        return "is empty"
    if kind in _SENTENCES:
        quotes = "; put it in quotes" if kind == "string_type" and value else ""
        return _SENTENCES[kind].format(value, **context) + quotes
    if kind == "value_error":
        return str(context.get("error", details["msg"]))
    message = details["msg"]
    return message[:1].lower() + message[1:]


def _shown(value: Any, field: Any, hidden: Set[str]) -> str:
    """The value, as the subject of a sentence that begins with "is"; empty where it has to stay hidden."""
    if _keeps_secrets(field) or field is Any or (isinstance(value, str) and value in hidden):
        return ""
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    short = isinstance(value, str | int | float) and len(text) <= _SHOWN_CHARACTERS
    return f"{text} " if short else ""


def _wrong_tag(context: Mapping[str, Any], field: Any, hidden: Set[str]) -> str:
    tags = _all_tags(field)
    if "tag" not in context:
        return f"is missing; it is one of {', '.join(tags)}"
    return _wrong_name(_shown(context["tag"], str, hidden), context["tag"], Literal[tuple(tags)])


def _wrong_name(shown: str, value: Any, field: Any) -> str:
    names = [str(getattr(name, "value", name)) for item in _alternatives(field) for name in _names(item)]
    close = difflib.get_close_matches(value, names, n=1, cutoff=0.6) if isinstance(value, str) else []
    return f"{shown}is not one of {', '.join(names)}" + (f"; did you mean {close[0]}?" if close else "")


def _names(annotation: Any) -> Iterable[Any]:
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return list(annotation) if isinstance(annotation, EnumType) else ()


_NO_MAPPING = frozenset({"dict_type", "mapping_type", "model_type", "model_attributes_type"})

_SENTENCES = {
    "missing": "is missing",
    "less_than_equal": "{0}is more than {le}",
    "less_than": "{0}is not less than {lt}",
    "greater_than_equal": "{0}is less than {ge}",
    "greater_than": "{0}is not more than {gt}",
    "finite_number": "is not a finite number",
    "int_type": "{0}is not a whole number",
    "int_parsing": "{0}is not a whole number",
    "int_from_float": "{0}is not a whole number",
    "int_parsing_size": "is too large a number",
    "float_type": "{0}is not a number",
    "float_parsing": "{0}is not a number",
    "bool_type": "{0}is not true or false",
    "bool_parsing": "{0}is not true or false",
    "string_type": "{0}is not text",
    "string_too_short": "is shorter than {min_length} characters",
    "string_too_long": "is longer than {max_length} characters",
    "string_pattern_mismatch": "{0}is not of the form {pattern}",
    "string_unicode": "is not valid Unicode text",
    "too_short": "has fewer than {min_length} items",
    "too_long": "has more than {max_length} items",
    "list_type": "is not a list",
    "tuple_type": "is not a list",
    "set_type": "is not a list",
    "frozen_set_type": "is not a list",
    **dict.fromkeys(_NO_MAPPING, "is not a mapping"),
    "datetime_type": "is not a time such as 2026-08-01T10:00:00Z",
    "datetime_parsing": "is not a time such as 2026-08-01T10:00:00Z",
    "datetime_from_date_parsing": "is not a time such as 2026-08-01T10:00:00Z",
    "timezone_aware": "has no time zone; write it as 2026-08-01T10:00:00Z",
}
"""What is wrong by pydantic's type of error; {0} is the value where it may be shown."""
