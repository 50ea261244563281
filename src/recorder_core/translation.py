"""From the neutral spec to a vendor's request, and the truth about what is lost on the way.

A provider writes a `Translator` with one method per neutral field; the parameters of a method are its claims. The
walk below calls the methods with the values of the resolved spec and finds what was demanded and never claimed, so
that a field added to the models one day is unsupported at every older provider by itself.

| in the spec | method | called with |
| --- | --- | --- |
| a plain field: `room` | `set_room(self, room)` | its value |
| a model: `output` | `set_output(self, *, formats, snapshots_interval)` | its leaves, deeper ones joined by `_` |
| a union: `storage` | `storage_s3(self, *, bucket, …)`, one per kind | the leaves of that kind |
| a model inside a union: `layout.background` | `set_background(self, *, color, image_url, image_fit)` | its leaves |
| a list of models: `layout.regions` | `region(self, index, *, x, y, …)`, once per item | the index and its leaves |
| a dict of models: `layout.placeholders` | `placeholder(self, participant, *, url, fit)` | the key and its leaves |
| a list of unions: `watermarks` | `watermark_image(self, index, *, …)`, one per kind | the index and its leaves |
| a provider's option | `option_uid(self, uid)` | its value |
| `start(apart_from=…)` | `set_apart_from(self, recordings)` | the recordings to stay away from |
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any, ClassVar

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from recorder_core.models import Background, RecordingSpec
from recorder_core.models.base import Demanded
from recorder_core.plan import Finding, FindingVerdict

__all__ = ["Translator"]

BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class Translator:
    """The base of every translator: the walk, and the findings.

    A subclass adds methods by the table above, takes from them what the vendor's request needs, and records what the
    vendor can't do with `approximated` and `unsupported`. One whose fields depend on one another is given the spec when
    it is made.

    Args:
        provider: name of the provider, for the paths of its options.
    """

    advice: ClassVar[Mapping[str, str]] = {}
    """What to do instead of a field that has no method, by its path or that of what it is a part of."""

    def __init__(self, provider: str) -> None:
        self.provider = provider
        self._path = ""
        self._given: BaseModel | None = None
        self._findings: list[Finding] = []

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found so far."""
        return tuple(self._findings)

    @property
    def refused(self) -> bool:
        """Whether something was found that no caller may have dropped, so that no request can be made."""
        return any(finding.lost and not finding.droppable for finding in self._findings)

    def demanded(self, part: str) -> bool:
        """Whether the caller asked for that part of the model at hand, rather than our filling it in."""
        given = self._given
        return given is not None and any(leaf.name == part and leaf.demanded(given) for leaf in _leaves(type(given)))

    def approximated(self, part: str, detail: str, instead: str = "") -> None:
        """Record that a part of the field at hand (`""`: the field itself) is recorded not quite as asked."""
        self._find(part, "approximated", detail, instead)

    def unsupported(self, part: str, detail: str, instead: str = "", *, of: str | None = None) -> None:
        """Record that a part of the field at hand (`""`: the field itself) would be lost.

        Args:
            part: below the field at hand.
            detail: what the vendor can't do.
            instead: what to change.
            of: another field than the one at hand, where the two can't be had together and that one must not be lost.
        """
        self._find(part, "unsupported", detail, instead, of)

    def _find(self, part: str, verdict: FindingVerdict, detail: str, instead: str, of: str | None = None) -> None:
        path = ".".join(step for step in (of or self._path, part) if step)
        finding = Finding(path, verdict, detail, instead)
        if finding not in self._findings:
            self._findings.append(finding)

    def walk_spec(
        self, spec: RecordingSpec, *, given: RecordingSpec, options: BaseModel, apart_from: Sequence[Any] = ()
    ) -> None:
        """Call the methods for every field of a spec.

        Args:
            spec: the resolved spec, our own values filled in.
            given: the spec as the caller gave it: only what stands there is a demand.
            options: the provider's own options.
            apart_from: the recordings that this one must stay away from.
        """
        for name, default in _defaults(type(spec)):
            if name != "options":
                asked = getattr(given, name)
                self._walk_field(name, getattr(spec, name), None if asked == default else asked)
        if apart_from:
            self._call_scalar("set_apart_from", "apart_from", apart_from, demanded=True)
        for name, default in _defaults(type(options)):
            value = getattr(options, name)
            if value is not None and value != default:
                self._call_scalar(f"option_{name}", f"options.{self.provider}.{name}", value, demanded=True)

    def walk_layout(self, layout: BaseModel, *, before: BaseModel | None = None) -> None:
        """Call the methods for a layout alone.

        Args:
            layout: whole: what didn't change is in it.
            before: the layout of the recording's handle. Its background and placeholders are no demands where they
                stay: they were filled in, or are there already.
        """
        given = layout
        for part, none in (("background", Background()), ("placeholders", {})):
            if before is not None and getattr(before, part, None) == getattr(layout, part, None):
                given = given.model_copy(update={part: none})
        self._walk_field("layout", layout, given)

    def walk_part(self, name: str, value: BaseModel) -> None:
        """Call the methods for one field of the spec alone, such as `storage`; its value is a demand."""
        self._walk_field(name, value, value)

    def _walk_field(self, name: str, value: Any, given: Any) -> None:
        """A field of the spec. `given` is None where the caller didn't ask for anything."""
        if isinstance(value, BaseModel):
            if _kind(value) is None:
                self._call(f"set_{name}", name, value, given)
            else:
                self._walk_union(name, value, given)
        elif _holds_models(value):
            self._walk_items(name.removesuffix("s"), name, value, demanded=given is not None)
        elif value is not None:
            # Resolving empties the watermarks of a recording without pictures: nothing is left to demand.
            self._call_scalar(f"set_{name}", name, value, demanded=given is not None and value != ())

    def _walk_union(self, name: str, value: BaseModel, given: Any) -> None:
        """A union's own leaves, then the models inside it."""
        same_kind = given if type(given) is type(value) else None
        if not self._call(f"{name}_{_kind(value)}", name, value, same_kind, flat=False):
            return
        for part in type(value).model_fields:
            inner = getattr(value, part)
            if isinstance(inner, BaseModel):
                self._call(f"set_{part}", f"{name}.{part}", inner, getattr(same_kind, part, None))
            elif _holds_models(inner):
                is_demanded = bool(getattr(same_kind, part, None))
                self._walk_items(part.removesuffix("s"), f"{name}.{part}", inner, demanded=is_demanded)

    def _walk_items(self, name: str, path: str, items: Any, *, demanded: bool) -> None:
        """One call per item of a list or dict of models."""
        pairs = items.items() if isinstance(items, Mapping) else enumerate(items)
        for key, item in pairs:
            kind = _kind(item)
            method = f"{name}_{kind}" if kind else name
            self._call(method, f"{path}.{key}", item, item if demanded else None, key)

    def _call_scalar(self, method: str, path: str, value: Any, *, demanded: bool) -> None:
        function = getattr(self, method, None)
        self._path = path
        if function is not None:
            function(value)
        elif demanded:
            self._unclaimed("")

    def _call(
        self, method: str, path: str, value: BaseModel, given: BaseModel | None, *key: Any, flat: bool = True
    ) -> bool:
        """Call a method with the leaves that it claims; find the demanded leaves that it doesn't.

        `flat` counts the leaves of inner models among the model's own.
        """
        self._path, self._given = path, given
        function = getattr(self, method, None)
        if function is None:
            self._find_unclaimed(path, value, given)
            return False
        claims = _claims(getattr(type(self), method), len(key), type(value), flat)
        arguments: dict[str, Any] = dict.fromkeys(claims)
        claimed, unclaimed = _divided(claims, type(value), flat)
        for leaf in claimed:
            arguments[leaf.name] = leaf.of(value)
        if given is not None:
            for leaf in unclaimed:
                if leaf.demanded(given) and leaf.of(value) is not None:
                    self._unclaimed(leaf.path)
        if key or _kind(value) is not None or any(argument is not None for argument in arguments.values()):
            function(*key, **arguments)
        return True

    def _find_unclaimed(self, path: str, value: BaseModel, given: BaseModel | None) -> None:
        if given is None:
            return
        kind = _kind(value)
        if kind is not None:
            family = path.partition(".")[0].removesuffix("s")
            others = [name.removeprefix(f"{family}_") for name in dir(self) if name.startswith(f"{family}_")]
            instead = f"choose {' or '.join(others)}" if others else self._advised(path)
            self.unsupported("", f"{self.provider} has no {kind} {family}", instead)
            return
        for leaf in _leaves(type(value)):
            if leaf.demanded(given) and leaf.of(value) is not None:
                self._unclaimed(leaf.path)

    def _unclaimed(self, part: str) -> None:
        path = ".".join(step for step in (self._path, part) if step)
        self.unsupported(part, f"{self.provider} has nothing for it", self._advised(path))

    def _advised(self, path: str) -> str:
        while path and path not in self.advice:
            path = path.rpartition(".")[0]
        return self.advice.get(path, "leave it out")


def nearest(region: str, known: Iterable[str]) -> list[str]:
    """Up to three known regions that are written nearly so, whatever their case, the nearest first."""
    plain = {name.lower(): name for name in known}
    return [plain[name] for name in get_close_matches(region.lower().replace("_", "-"), plain, n=3, cutoff=0.5)]


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A value below a model: its name as a parameter, its path, and how it is read."""

    steps: tuple[str, ...]
    name: str
    path: str
    neutral: Any

    def of(self, model: BaseModel) -> Any:
        value: Any = model
        for step in self.steps:
            if value is None:
                return None
            value = getattr(value, step)
        return value

    def demanded(self, given: BaseModel) -> bool:
        value = self.of(given)
        return value is not None and value != self.neutral


@cache
def _defaults(model: type[BaseModel]) -> tuple[tuple[str, Any], ...]:
    """The fields of a model, each with what it is where nothing is asked for."""
    return tuple(
        (name, None if _is_always_demanded(info) else info.get_default(call_default_factory=True))
        for name, info in model.model_fields.items()
    )


def _is_always_demanded(info: FieldInfo) -> bool:
    """Whether a field, or one of the model that it holds, is a demand where nothing is given too."""
    if info.is_required() or any(isinstance(mark, Demanded) for mark in info.metadata):
        return True
    inner = _models_in(info.annotation)
    return len(inner) == 1 and any(map(_is_always_demanded, inner[0].model_fields.values()))


@cache
def _leaves(model: type[BaseModel], flat: bool = True) -> tuple[_Leaf, ...]:
    """The leaves of a model and, if `flat`, those of the models inside it. A list or union of models is one leaf."""
    return tuple(_walk_leaves(model, (), flat))


def _walk_leaves(model: type[BaseModel], above: tuple[str, ...], flat: bool) -> Iterator[_Leaf]:
    for name, info in model.model_fields.items():
        steps = (*above, name)
        inner = _models_in(info.annotation)
        if name == "kind" or (inner and not flat):
            continue
        if len(inner) == 1 and not _is_container(info.annotation):
            yield from _walk_leaves(inner[0], steps, flat)
        else:
            neutral = None if _is_always_demanded(info) else info.get_default(call_default_factory=True)
            yield _Leaf(steps, "_".join(steps), ".".join(steps), neutral)


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    """The models that an annotation names, at any depth."""
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in _models_in(part)]


def _is_container(annotation: Any) -> bool:
    """Whether the annotation is, beside None, a list or dict of something."""
    origin = getattr(annotation, "__origin__", None)
    if inspect.isclass(origin) and issubclass(origin, Sequence | Mapping | frozenset):
        return True
    return any(_is_container(part) for part in getattr(annotation, "__args__", ()))


def _kind(value: Any) -> str | None:
    """The kind of a member of a union, None for a plain model."""
    return str(value.kind) if _is_in_a_union(value.__class__) else None


@cache
def _is_in_a_union(model: type[BaseModel]) -> bool:
    return "kind" in model.model_fields


def _holds_models(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(isinstance(item, BaseModel) for item in value.values())
    return isinstance(value, tuple) and any(isinstance(item, BaseModel) for item in value)


@cache
def _divided(
    claims: tuple[str, ...], model: type[BaseModel], flat: bool
) -> tuple[tuple[_Leaf, ...], tuple[_Leaf, ...]]:
    """The leaves of a model that a method claims, and the others."""
    leaves = _leaves(model, flat)
    if unknown := set(claims) - {leaf.name for leaf in leaves}:
        raise TypeError(
            f"a method of a translator claims {', '.join(sorted(unknown))}, which {model.__name__} hasn't; it has "
            f"{', '.join(leaf.name for leaf in leaves)}, and what it has several of comes item by item"
        )
    claimed = tuple(leaf for leaf in leaves if leaf.name in claims)
    return claimed, tuple(leaf for leaf in leaves if leaf.name not in claims)


@cache
def _claims(method: Any, keys: int, model: type[BaseModel], flat: bool) -> tuple[str, ...]:
    """The keyword parameters of a method for a model: what it claims to carry. Before them it takes `keys` others."""
    parameters = inspect.signature(method).parameters.values()
    by_position = [parameter.name for parameter in parameters if parameter.kind in BY_POSITION]
    if besides := by_position[1 + keys :]:  # the first one is the translator
        names = ", ".join(leaf.name for leaf in _leaves(model, flat))
        raise TypeError(
            f"{method.__name__} of a translator takes {', '.join(besides)} by position, where nothing is given: what "
            f"{model.__name__} has comes by keywords, after a `*`" + (f": {names}" if names else "")
        )
    return tuple(parameter.name for parameter in parameters if parameter.kind is inspect.Parameter.KEYWORD_ONLY)
