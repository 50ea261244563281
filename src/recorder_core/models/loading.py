"""Reading models from files, texts and mappings, with errors that name the path and hide the secrets."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Hashable, Mapping
from functools import cache
from os import PathLike
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, TypeVar, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError

from recorder_core.errors import InvalidSpec
from recorder_core.models.problems import describe_errors
from recorder_core.tracebacks import forgetful

if TYPE_CHECKING:
    import yaml

__all__ = ["Format", "describe_errors", "load", "loads", "validate"]

Format = Literal["json", "yaml", "toml"]
"""How a text is written."""

T = TypeVar("T")

MOST_VALUES = 100_000
"""Values, lists and mappings in a file; what is recorded takes some hundred."""

_SUFFIXES: dict[str, Format] = {".json": "json", ".yaml": "yaml", ".yml": "yaml", ".toml": "toml"}


@forgetful
def load(
    model: type[T],
    source: str | PathLike[str] | IO[str] | Mapping[str, Any],
    *,
    format: Format | None = None,
) -> T:
    """The model that a file or a mapping describes.

    In every text value `${env:NAME}` is replaced by the environment variable NAME, once: what it holds is not
    read again. It is taken for a secret in errors.

    Args:
        model: a model class, or an annotation such as `Layout`.
        source: path of a file, an open text file, or a mapping.
        format: how the file is written. None: by its suffix (.json, .yaml, .yml, .toml); without one, JSON
            where it begins with a brace and YAML otherwise.

    Raises:
        InvalidSpec: the source can't be read, or isn't such a model. `problems` has one line for each thing
            that is wrong, with its path; no line has a secret, and no pydantic error is chained.
    """
    if isinstance(source, str | PathLike):
        name = os.fspath(source)
        if "\n" in name or name.lstrip().startswith("{"):
            raise _refusal("the spec", "is a text, not the path of a file; a text is loaded with loads")
        content = _attempt(name, Path(name).read_bytes)
    elif hasattr(source, "read"):
        name = str(getattr(source, "name", "the spec"))
        content = _attempt(name, source.read)
    else:
        return validate(model, source)
    text = _attempt(name, content.decode) if isinstance(content, bytes) else content
    return loads(model, text, format=format or _SUFFIXES.get(Path(name).suffix.lower()), name=name)


@forgetful
def loads(model: type[T], text: str, *, format: Format | None = None, name: str = "the spec") -> T:
    """The model that a text describes; as `load`, with `name` in place of a file's name in the errors."""
    text = text.removeprefix("\ufeff")
    if format is None:
        format = "json" if text.lstrip().startswith("{") else "yaml"
    if format not in _READERS:
        raise _refusal(name, f"{format!r} is no format; known are {', '.join(get_args(Format))}")
    return validate(model, _attempt(name, _READERS[format], text), name=name)


@forgetful
def validate(model: type[T], tree: Any, *, name: str = "the spec") -> T:
    """The model that a tree of mappings and lists describes; as `load`."""
    if not isinstance(tree, Mapping):
        raise _refusal(name, "is not a mapping of fields to values")
    environment = _Environment()
    tree = _attempt(name, environment.applied, tree)
    problems = environment.problems
    if not problems:
        try:
            # A model keeps what it builds at its first use; a TypeAdapter of it would build it anew every time.
            if isinstance(model, type) and issubclass(model, BaseModel):
                return model.model_validate(tree)
            return TypeAdapter(model).validate_python(tree)
        except ValidationError as error:
            problems = describe_errors(error, model, hidden=environment.values)
    # Raised out here, so that pydantic's error, which keeps the inputs, is not its context.
    raise InvalidSpec("\n".join([f"{name} is invalid:", *problems]), problems=problems, fault="caller")


class _Environment:
    """Puts environment variables into texts.

    Attributes:
        values: the texts that hold a variable's value.
        problems: what couldn't be put in, with its path.
    """

    _PLACE = re.compile(r"\$\{env:([^}]*)\}?")
    _NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

    def __init__(self) -> None:
        self.values: set[str] = set()
        self.problems: list[str] = []
        self._values = 0

    def applied(self, value: Any, *path: str) -> Any:
        """The tree with every `${env:NAME}` replaced.

        Raises:
            _UnreadableError: it has too many values. A small text can stand for a large tree, by references in YAML.
        """
        self._values += 1
        if self._values > MOST_VALUES:
            raise _UnreadableError(f"has too many values: more than {MOST_VALUES}")
        if isinstance(value, Mapping):
            return {key: self.applied(item, *path, str(key)) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.applied(item, *path, str(index)) for index, item in enumerate(value)]
        if not isinstance(value, str) or "${env:" not in value:
            return value
        text = self._PLACE.sub(lambda match: self._value(match, ".".join(path)), value)
        self.values.add(text)
        return text

    def _value(self, place: re.Match[str], path: str) -> str:
        variable = place[1]
        if not place[0].endswith("}") or not self._NAME.fullmatch(variable):
            self.problems.append(f"{path}: ${{env:…}} names no environment variable")
        elif variable not in os.environ:
            self.problems.append(f"{path}: the environment variable {variable} is not set")
        return os.environ.get(variable, "")


class _UnreadableError(Exception):
    """Why a text can't be read, without any of the text."""


def _refusal(name: str, problem: str) -> InvalidSpec:
    return InvalidSpec(f"{name}: {problem}", problems=[problem], fault="caller")


def _attempt(name: str, read: Callable[..., Any], *arguments: Any) -> Any:
    """What `read` returns; what goes wrong becomes InvalidSpec, without the original error."""
    try:
        return read(*arguments)
    except _UnreadableError as error:
        problem = str(error)
    except UnicodeError:
        problem = "is not UTF-8 text"
    except OSError as error:
        problem = f"can't be read: {error.strerror or type(error).__name__}"
    except RecursionError:
        problem = "is nested too deeply"
    except ValueError:
        problem = "can't be read"
    raise _refusal(name, problem)


def _read_json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        problem = f"line {error.lineno}, column {error.colno}: is not JSON: {error.msg}"
    raise _UnreadableError(problem)


def _refuse_constant(constant: str) -> Any:
    raise _UnreadableError(f"{constant} is not a finite number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _UnreadableError(f"the key {key!r} is given twice")
        found[key] = value
    return found


def _read_toml(text: str) -> Any:
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"line \d+, column \d+|end of document", str(error))
        problem = f"{at[0] if at else 'somewhere'}: is not TOML, or gives a key twice"
    raise _UnreadableError(problem)


def _read_yaml(text: str) -> Any:
    try:
        import yaml
    except ImportError:
        raise _UnreadableError("YAML needs an extra: pip install 'recorder-core[yaml]'") from None
    try:
        loader = _yaml_loader()(text)
        try:
            return loader.get_single_data()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        problem = f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}" if mark else error.problem
    except yaml.YAMLError:
        problem = None
    raise _UnreadableError(f"is not YAML: {problem}" if problem else "is not YAML")


@cache
def _yaml_loader() -> type[yaml.SafeLoader]:
    """A loader that reads scalars as YAML 1.2 does, and refuses a key that is given twice or lost to a comment.

    YAML 1.1 turns 0123 into 83, 16:9 into 969, 2026-08-01 into a date and `no` into false; rooms, shapes,
    folders and participants may be called so.
    """
    import yaml

    class Loader(yaml.SafeLoader):
        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
            seen: set[str] = set()
            for key_node, value_node in node.value:
                key = str(self.construct_object(key_node, deep=True))
                if value_node.value == "" and self._is_commented_out(key_node):
                    problem = f"{key!r} is empty, for # begins a comment; put the value in quotes"
                    raise yaml.MarkedYAMLError(problem=problem, problem_mark=key_node.start_mark)
                if key in seen:
                    problem = f"the key {key!r} is given twice"
                    raise yaml.MarkedYAMLError(problem=problem, problem_mark=key_node.start_mark)
                seen.add(key)
            return super().construct_mapping(node, deep=deep)

        def _is_commented_out(self, key: yaml.Node) -> bool:
            """Whether what looks like a value, such as `#101820`, stands behind the key."""
            line = str(self.buffer).split("\n")[key.end_mark.line]
            return re.match(r"\s*:\s+#\S", line[key.end_mark.column :]) is not None

    Loader.yaml_implicit_resolvers = {}
    whole = r"(0|[1-9][0-9]*)"
    for tag, pattern, first in (
        ("bool", r"true|True|TRUE|false|False|FALSE", [*"tTfF"]),
        ("null", r"~|null|Null|NULL|", [*"~nN", ""]),
        ("int", rf"[-+]?{whole}", [*"-+0123456789"]),
        (
            "float",
            # With a point, as YAML 1.1 has it and its writers leave others unquoted: 12e4 is an id in hexadecimals.
            rf"[-+]?({whole}?\.[0-9]+|{whole}\.)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
            [*"-+.0123456789"],
        ),
        ("merge", r"<<", ["<"]),
    ):
        Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(rf"^(?:{pattern})$"), first)
    return Loader


_READERS = {"json": _read_json, "toml": _read_toml, "yaml": _read_yaml}
