"""Plans of a provider without credentials, and the list of what a translator may have a method for."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any, get_args

from pydantic import BaseModel

from recorder_core import Layout, Plan, Recorder, Recording, RecordingSpec, StartIntent, Translator
from recorder_core.models.base import FrozenMapping
from recorder_core.plugins import load_provider

S3_STORAGE = {"kind": "s3", "bucket": "lessons", "region": "eu-west-1", "access_key": "AK-1", "secret_key": "SK-1"}
KEYS = {"access_key": "AK-1", "secret_key": "SK-1"}

Plans = Callable[..., Plan]


class Planner:
    """Plans of one provider, for specs that are given as the fields that matter."""

    def __init__(self, name: str, **config: Any) -> None:
        found = load_provider(name)
        self.provider = found(found.Config.placeholder(**config))
        self.recorder = Recorder(self.provider, hooks=[])

    def spec(self, **fields: Any) -> RecordingSpec:
        """A spec; `options` are this provider's."""
        options = {"options": {self.provider.name: fields.pop("options")}} if "options" in fields else {}
        return RecordingSpec.load({"room": "lesson-42", "storage": S3_STORAGE, **fields, **options})

    def __call__(self, **fields: Any) -> Plan:
        """The plan of a spec."""
        return self.recorder.plan(self.spec(**fields))

    def found(self, **fields: Any) -> dict[str, str]:
        """Verdicts by path."""
        return verdicts(self(**fields))

    def recording(self, native: dict[str, Any], **fields: Any) -> Recording:
        """The handle of a recording that was started by a spec, without starting it."""
        plan = self(**fields)
        intent = StartIntent(
            id="r-1",
            provider=self.provider.name,
            account=self.provider.account,
            room="lesson-42",
            created_at="2026-08-01T10:00:00Z",
        )
        recording = self.provider.begun(plan, intent, started_at=intent.created_at, native=native)
        return recording.model_copy(update={"native": FrozenMapping(native)})

    def layout_change(self, recording: Recording, layout: Layout) -> Plan:
        """The plan of a layout change, made as `Recorder.layout` makes it."""
        return self.provider.translate_layout(recording, layout.over(recording.layout))


def verdicts(plan: Plan) -> dict[str, str]:
    """Verdicts by path; a path has one."""
    found = {finding.path: finding.verdict for finding in plan.findings}
    assert len(found) == len(plan.findings), plan.findings
    return found


def revealed(tree: Any) -> Any:
    """A planned body as it goes over the wire, lists for tuples, secrets in clear."""
    if hasattr(tree, "get_secret_value"):
        return revealed(tree.get_secret_value())
    if hasattr(tree, "items"):
        return {key: revealed(value) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [revealed(value) for value in tree]
    return tree


def neutral_methods(options: type[BaseModel]) -> dict[str, set[str] | None]:
    """Every method that the neutral models give a name to, with the leaves that it may claim (None: one value)."""
    methods: dict[str, set[str] | None] = {}
    for name, info in RecordingSpec.model_fields.items():
        if name == "options":
            continue
        models = _models(info.annotation)
        singular = name.removesuffix("s") if _is_many(info.annotation) else None
        if not models:
            methods[f"set_{name}"] = None
        for model in models:
            kind = _kind(model)
            if singular:
                methods[f"{singular}_{kind}"] = set(_leaves(model))
            elif kind is None:
                methods[f"set_{name}"] = set(_leaves(model))
            else:
                methods[f"{name}_{kind}"] = {
                    field
                    for field, below in model.model_fields.items()
                    if field != "kind" and not _models(below.annotation)
                }
                methods |= _below(model)
    return methods | {"set_apart_from": None} | {f"option_{name}": None for name in options.model_fields}


def _below(model: type[BaseModel]) -> dict[str, set[str] | None]:
    """The methods of the models inside one alternative of a union."""
    methods: dict[str, set[str] | None] = {}
    for field, info in model.model_fields.items():
        for inner in _models(info.annotation):
            method = field.removesuffix("s") if _is_many(info.annotation) else f"set_{field}"
            methods[method] = set(_leaves(inner))
    return methods


def translator_methods(translator: type[Translator]) -> dict[str, set[str]]:
    """The methods of a translator that the walk may call, with the leaves that they claim."""
    prefixes = ("set_", "option_", "layout_", "storage_", "watermark_", "participants_")
    return {
        name: {
            parameter.name
            for parameter in inspect.signature(function).parameters.values()
            if parameter.kind is inspect.Parameter.KEYWORD_ONLY
        }
        for name, function in inspect.getmembers(translator, inspect.isfunction)
        if name.startswith(prefixes) or name in ("region", "placeholder")
    }


def _leaves(model: type[BaseModel], above: str = "") -> Iterable[str]:
    for name, info in model.model_fields.items():
        if name == "kind":
            continue
        models = _models(info.annotation)
        if models:
            yield from _leaves(models[0], f"{above}{name}_")
        else:
            yield above + name


def _models(annotation: Any) -> list[type[BaseModel]]:
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]


def _is_many(annotation: Any) -> bool:
    return "Mapping" in str(annotation) or str(annotation).startswith("tuple")


def _kind(model: type[BaseModel]) -> str | None:
    info = model.model_fields.get("kind")
    return None if info is None else str(info.default)
