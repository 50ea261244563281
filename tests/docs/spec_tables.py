"""The tables of the spec's page, made from the models: fields with types, defaults and docstrings, words with meanings.

A table stands between `<!-- table NAME -->` and `<!-- end of table -->`, where NAME is a model or an enum of
`recorder_core`. `python tests/docs/spec_tables.py` writes them all; a test compares them.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from enum import Enum, EnumType
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

import recorder_core
from recorder_core import RecordingSpec

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "spec.md"
TABLE = re.compile(r"(<!-- table (\w+) -->\n).*?(<!-- end of table -->)", re.DOTALL)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)

MANY = 6
"""So many kinds aren't listed in a cell."""

Schema = dict[str, Any]


class _Schema(GenerateJsonSchema):
    """A JSON schema that leaves out the defaults that JSON has no words for: empty sections and mappings."""

    ignored_warning_kinds: ClassVar = {"skipped-choice", "non-serializable-default"}


SCHEMA: Schema = RecordingSpec.model_json_schema(schema_generator=_Schema)
DEFINITIONS: dict[str, Schema] = {**SCHEMA["$defs"], "RecordingSpec": SCHEMA}
"""Every model and enum that a spec can hold, by its name."""


def with_tables(text: str) -> str:
    """The page with its tables renewed."""
    anchors = _anchors(text)
    return TABLE.sub(lambda match: f"{match[1]}\n{_section(match[2], anchors)}\n\n{match[3]}", text)


def missing(text: str) -> set[str]:
    """Models and enums of the spec that have no table, and aren't part of another one's."""
    anchors = _anchors(text)
    return set(DEFINITIONS) - anchors.keys() - set().union(*map(_inlined, anchors))


def _anchors(text: str) -> dict[str, str]:
    """Where each table is found: the address of the heading above it."""
    found = {}
    for match in TABLE.finditer(text):
        found[match[2]] = anchor(HEADING.findall(text, 0, match.start())[-1])
    return found


def anchor(heading: str) -> str:
    """The address of a heading on its page."""
    return re.sub(r"[^\w-]", "", heading.lower().replace(" ", "-"))


def _section(name: str, anchors: dict[str, str]) -> str:
    """What stands at a table's place: its docstring, then its rows."""
    owner: type = getattr(recorder_core, name)
    schema = DEFINITIONS[name]
    summary = inspect.cleandoc(owner.__doc__ or "").split("\n\n")[0].replace("\n", " ")
    lines = [f"{summary} In Python: `{name}`.", ""]
    if isinstance(owner, EnumType):
        rows = [(f"`{member.value}`", _docs(owner).get(member.name, "")) for member in owner]
        lines += _table(("value", "meaning"), rows)
    elif set(schema["properties"]) == {"kind"}:
        lines[0] += " It has no fields."
        return lines[0]
    else:
        lines += _table(("field", "type", "default", "meaning"), _rows(owner, schema, anchors))
    return "\n".join(lines)


def _table(head: tuple[str, ...], rows: Any) -> Iterator[str]:
    for cells in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _rows(owner: type[BaseModel], schema: Schema, anchors: dict[str, str], path: str = "") -> Iterator[tuple[str, ...]]:
    """A row for each field, those of a section below its own."""
    docs = _docs(owner)
    for name, field in schema["properties"].items():
        if name == "kind":
            continue
        bare = _without_null(field)
        required = name in schema.get("required", ())
        yield f"`{path}{name}`", _type(bare, anchors), "required" if required else _default(field), docs[name]
        inner = _model(bare)
        if inner is not None and inner not in anchors:
            yield from _rows(getattr(recorder_core, inner), DEFINITIONS[inner], anchors, f"{path}{name}.")


def _model(schema: Schema) -> str | None:
    """The name of the one model that a field holds, which makes it a section."""
    name = schema.get("$ref", "").rpartition("/")[2]
    return name if name and "properties" in DEFINITIONS[name] else None


def _inlined(name: str) -> set[str]:
    """The models whose fields stand in the table of another one."""
    inner = {_model(_without_null(field)) for field in DEFINITIONS[name].get("properties", {}).values()} - {None}
    return {str(model) for model in inner}.union(*(_inlined(str(model)) for model in inner))


def _without_null(field: Schema) -> Schema:
    alternatives = [choice for choice in field.get("anyOf", ()) if choice.get("type") != "null"]
    only: Schema = alternatives[0] if alternatives else field
    return only


def _default(field: Schema) -> str:
    default = field.get("default")
    if default is None or default == []:
        return ""
    if isinstance(default, list):
        return f"`[{', '.join(default)}]`"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _type(schema: Schema, anchors: dict[str, str]) -> str:
    """What may be given, in words, with links to what has a table of its own."""
    if "oneOf" in schema:
        kinds = [_kind(choice, anchors) for choice in schema["oneOf"]]
        return " or ".join(kinds) if len(kinds) < MANY else f"[one of {len(kinds)} kinds](#{schema['title'].lower()})"
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name not in anchors:
            return "section"
        return f"[{name}](#{anchors[name]})"
    match schema["type"]:
        case "array":
            return f"{'set' if schema.get('uniqueItems') else 'list'} of {_type(schema['items'], anchors)}"
        case "object":
            of = schema["additionalProperties"]
            return f"mapping of {_type(of, anchors)}" if "$ref" in of else "mapping"
        case "string":
            return {"password": "secret", "date-time": "time"}.get(schema.get("format", ""), "text")
        case "boolean":
            return "true, false"
        case kind:
            return " ".join(filter(None, ({"integer": "whole number", "number": "number"}[kind], _range(schema))))


def _kind(choice: Schema, anchors: dict[str, str]) -> str:
    name = choice["$ref"].rpartition("/")[2]
    return f"[`{DEFINITIONS[name]['properties']['kind']['const']}`](#{anchors[name]})"


def _range(schema: Schema) -> str:
    low = schema.get("minimum", schema.get("ge"))
    high = schema.get("maximum", schema.get("le"))
    if high is not None:
        return f"{low} to {high}"
    return "" if low is None else f"from {low}"


def _docs(owner: type) -> dict[str, str]:
    """The text below each field or member of a class, those that it inherits included."""
    found: dict[str, str] = {}
    for base in reversed(owner.__mro__):
        if base in (BaseModel, Enum) or not base.__module__.startswith("recorder_core."):
            continue
        (definition,) = ast.parse(textwrap.dedent(inspect.getsource(base))).body
        assert isinstance(definition, ast.ClassDef)
        for statement, below in pairwise(definition.body):
            match statement, below:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]),
                    ast.Expr(value=ast.Constant(value=str(text))),
                ):
                    found[name] = inspect.cleandoc(text).replace("\n", " ")
    return found


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
