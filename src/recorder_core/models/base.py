"""What every model shares: how it is frozen, how its secrets are kept, and the types of its leaves."""

from __future__ import annotations

import math
import re
from collections.abc import ItemsView, Iterable, Iterator, Mapping
from datetime import date, datetime, time
from typing import Annotated, Any, Final, Generic, NamedTuple, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    Secret,
    SecretStr,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    StringConstraints,
    WrapSerializer,
)
from pydantic import Field as _Field
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

MASK: Final = "**********"
"""What a secret is written as."""

K = TypeVar("K")
V = TypeVar("V", covariant=True)


# Models are built at their first use, and attribute docstrings are left to the docs' tools: reading them here
# (`use_attribute_docstrings`) would double the time of the import.


class Model(BaseModel):
    """What a caller asks for: frozen, and refusing what it doesn't know."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False, defer_build=True
    )


class Report(BaseModel):
    """What the library hands out: frozen, and keeping the keys that a newer release wrote."""

    model_config = ConfigDict(
        frozen=True, extra="allow", hide_input_in_errors=True, allow_inf_nan=False, defer_build=True
    )


class Demanded:
    """Marks a field whose default is a demand like any other value: a provider that says nothing of it would record
    something else in silence."""


class Kind(Model):
    """One alternative of a union; its `kind` is always written, even though nobody has to give it."""

    kind: str

    def model_post_init(self, _context: Any, /) -> None:
        """Count `kind` among what was given."""
        self.model_fields_set.add("kind")


class FrozenMapping(Mapping[K, V], Generic[K, V]):
    """A mapping that can't be changed, can be hashed, copied and pickled."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[K, V] | None = None) -> None:
        self._items: dict[K, V] = dict(items or {})

    def __getitem__(self, key: K) -> V:
        return self._items[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def items(self) -> ItemsView[K, V]:
        """Keys and values, as quick as a dictionary's."""
        return self._items.items()

    def __hash__(self) -> int:
        return hash(frozenset(self._items.items()))

    def __repr__(self) -> str:
        return repr(self._items)

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenMapping, (self._items,)


class Contradiction(NamedTuple):
    """A rule that was broken below the field whose validator noticed it."""

    path: tuple[str | int, ...]
    problem: str


def invalid(problem: str) -> PydanticCustomError:
    """The error of a rule of ours. `problem` is shown as it is, so it holds no secret."""
    return PydanticCustomError("invalid", "{problem}", {"problem": problem})


def contradictions(found: Iterable[Contradiction]) -> ValidationError:
    """The errors of several rules, each with its path below the field that is being validated."""
    details: list[InitErrorDetails] = [
        {"type": invalid(problem), "loc": path, "input": None} for path, problem in found
    ]
    return ValidationError.from_exception_data("contradiction", details, hide_input=True)


_LEAVES: Final = frozenset({str, int, float, bool, type(None)})


def freeze(value: Any) -> Any:
    """The same tree of mappings and lists, unchangeable."""
    # Most nodes are leaves, and a look at the type is many times faster than isinstance with an abstract class.
    if type(value) in _LEAVES:
        return value
    if isinstance(value, Mapping):
        return FrozenMapping({str(key): item if type(item) in _LEAVES else freeze(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple([freeze(item) for item in value])
    return value


def thaw(value: Any) -> Any:
    """The same tree as dicts and lists, for JSON."""
    if isinstance(value, Mapping):
        return {key: thaw(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [thaw(item) for item in value]
    return value


def _as_dict(value: Mapping[Any, Any], serialize: SerializerFunctionWrapHandler) -> Any:
    return serialize(dict(value))


FrozenDict = Annotated[Mapping[K, V], AfterValidator(FrozenMapping), WrapSerializer(_as_dict)]
"""A mapping whose keys and values are validated and that is frozen then."""

JsonObject = Annotated[Mapping[str, Any], AfterValidator(freeze), PlainSerializer(thaw)]
"""A JSON object of any shape, frozen at every depth."""


# --- secrets -----------------------------------------------------------------------------------------------


def reveals(info: SerializationInfo) -> bool:
    """Whether this dump writes secrets in clear."""
    return bool(info.context and info.context.get("reveal"))


_MASKED = "is a masked secret: a dump that was made without reveal=True came back"


def _sound_secret(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if not text:
        raise invalid("is empty")
    if not text.strip("*"):
        raise invalid(_MASKED)
    return value


def _sound_key(value: SecretStr) -> SecretStr:
    if value.get_secret_value() != value.get_secret_value().strip():
        raise invalid("begins or ends with white space, such as the line break of a file it was read from")
    return value


def _write_secret(value: SecretStr, info: SerializationInfo) -> Any:
    if reveals(info):
        return value.get_secret_value()
    return MASK if info.mode_is_json() else value


SecretText = Annotated[SecretStr, AfterValidator(_sound_secret), PlainSerializer(_write_secret)]
"""A secret: masked in every repr, dump and error, written only by a dump with `reveal`."""

SecretKey = Annotated[SecretText, AfterValidator(_sound_key)]
"""A credential: a secret that has no white space around it."""


def conceal(value: Any) -> Any:
    """The tree with every leaf wrapped into a secret that still knows its type."""
    found: list[Contradiction] = []
    concealed = _conceal(value, (), found)
    if found:
        raise contradictions(found)
    return concealed


def _conceal(value: Any, path: tuple[str | int, ...], found: list[Contradiction]) -> Any:
    if isinstance(value, Mapping):
        return FrozenMapping({str(key): _conceal(item, (*path, str(key)), found) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple(_conceal(item, (*path, index), found) for index, item in enumerate(value))
    if isinstance(value, SecretStr | Secret):
        value = value.get_secret_value()
    if isinstance(value, datetime | date | time):
        value = value.isoformat()
    if problem := _leaf_problem(value):
        found.append(Contradiction(path, problem))
    return Secret(value)


def _leaf_problem(value: Any) -> str | None:
    if value is not None and not isinstance(value, str | bool | int | float):
        return "is no text, number, true or false, list or mapping"
    if isinstance(value, float) and not math.isfinite(value):
        return "is not a finite number"
    if isinstance(value, str) and value and not value.strip("*"):
        return _MASKED
    return None


def reveal(value: Any) -> Any:
    """The tree as dicts, lists and bare values; the counterpart of `conceal`."""
    if isinstance(value, Mapping):
        return {key: reveal(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [reveal(item) for item in value]
    return value.get_secret_value() if isinstance(value, SecretStr | Secret) else value


def mask(value: Any) -> Any:
    """The tree as dicts and lists with every leaf masked."""
    if isinstance(value, Mapping):
        return {key: mask(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [mask(item) for item in value]
    return MASK


def _write_concealed(value: Any, info: SerializationInfo) -> Any:
    if reveals(info):
        return reveal(value)
    return mask(value) if info.mode_is_json() else value


ConcealedObject = Annotated[Mapping[str, Any], AfterValidator(conceal), PlainSerializer(_write_concealed)]
"""A mapping of any shape of which every leaf is a secret."""


# --- numbers, times and texts ------------------------------------------------------------------------------


def _refuse_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise invalid(f"{str(value).lower()} is not a number")
    return value


NOT_BOOL: Final = BeforeValidator(_refuse_bool)

Count = Annotated[int, NOT_BOOL, _Field(ge=1)]
"""A whole number, 1 or more."""

Moment = Annotated[AwareDatetime, NOT_BOOL]
"""A point in time with its time zone, such as 2026-08-01T10:00:00Z."""


def _even(value: int) -> int:
    if value % 2:
        raise invalid(f"{value} is odd; the sides of a canvas are even")
    return value


CanvasSide = Annotated[int, NOT_BOOL, _Field(ge=2), AfterValidator(_even)]
"""A side of the canvas in pixels, even."""

SNAP: Final = 1e-6
"""Fractions of the canvas are told apart from this distance on."""


def _snap(value: float) -> float:
    if 1 < value <= 1 + SNAP:
        return 1.0
    if -SNAP <= value < 0:
        return 0.0
    return value


Fraction = Annotated[float, NOT_BOOL, AfterValidator(_snap), _Field(ge=0, le=1)]
"""A part of a whole, 0..1; what leaves that by rounding (1e-6) is brought back."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def _plain_text(value: str) -> str:
    if _CONTROL.search(value):
        raise invalid("holds a control character, such as a line break")
    return value


Text = Annotated[str, StringConstraints(min_length=1), AfterValidator(_plain_text)]
"""A text, not empty, without control characters."""


def _number_to_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


ParticipantId = Annotated[
    str, BeforeValidator(_number_to_text), StringConstraints(min_length=1), AfterValidator(_plain_text)
]
"""Who takes part, as the application names them. A whole number is taken as its digits."""

HexColor = Annotated[str, StringConstraints(pattern=r"^#[0-9A-Fa-f]{6}$")]
"""A colour, `#RRGGBB`."""


def url_problem(value: str, schemes: tuple[str, ...]) -> str | None:
    """What keeps `value` from being a URL of these schemes, without the URL, which may be signed."""
    wanted = f"is no {' or '.join(schemes)} URL"
    if _CONTROL.search(value) or " " in value:
        return f"{wanted}: it holds white space or a control character"
    try:
        parts = urlsplit(value)
        host, port = parts.hostname, parts.port
    except ValueError:
        return f"{wanted}: its host or port is malformed"
    if parts.scheme not in schemes:
        return f"{wanted}: it begins otherwise"
    if not host or port == 0:
        return f"{wanted}: it names no host"
    return None


def _web_url(value: str) -> str:
    if problem := url_problem(value, ("http", "https")):
        raise invalid(problem)
    return value


WebUrl = Annotated[str, AfterValidator(_web_url)]
"""An absolute http or https URL. It is kept and shown as it is, a signature in its query too."""


def _none_to_default(value: Any) -> Any:
    return {} if value is None else value


OPTIONAL_SECTION: Final = BeforeValidator(_none_to_default)
"""A section that a file names and leaves empty is as good as absent."""
