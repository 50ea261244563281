"""The code on the page on growing a provider: what stands in packages that the tests put to the contract.

Above each block a comment names the file and what of it is shown: `<!-- path: name, Class.name -->`, a constant's
docstring with it; `RULES["done"]` is the one item of a tuple that has that text in it.
`python tests/docs/grown_page.py` writes that into the page; a test compares it.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from itertools import groupby, pairwise
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "grow-a-provider.md"
ITEM = re.compile(r'(\w+)\[("[^"]+")\]')
BLOCK = re.compile(r"^(<!-- (\S+\.py): ([^>]+) -->\n\n```python)[^\n]*\n.*?^```$", re.MULTILINE | re.DOTALL)


def with_code(text: str) -> str:
    """The page with the code that its comments name."""
    return BLOCK.sub(lambda match: _block(match[1], match[2], match[3].split(", ")), text)


def _block(head: str, path: str, names: list[str]) -> str:
    shown = "\n\n\n".join(_shown(ROOT / path, names))
    title = path.partition("/recorder_")
    return f'{head} title="recorder_{title[2]}"\n{shown}\n```'


def _shown(file: Path, names: list[str]) -> Iterator[str]:
    """The code of these names, in their order; what follows one another in a class stands below its first line."""
    lines = file.read_text(encoding="utf-8").splitlines()
    tree = ast.parse("\n".join(lines))
    for owner, of_owner in groupby(names, key=lambda name: name.rpartition(".")[0]):
        body = tree.body
        head: list[str] = []
        if owner:
            (found,) = (node for node in body if isinstance(node, ast.ClassDef) and node.name == owner)
            body, head = found.body, lines[found.lineno - 1 : found.lineno]
        parts = ["\n".join(_lines_of(lines, body, name.rpartition(".")[2])) for name in of_owner]
        yield "\n".join([*head, _apart(parts, "\n\n" if owner else "\n\n\n")])


def _apart(parts: list[str], gap: str) -> str:
    """The parts with gaps between them; constants of one line stand close together."""
    text = parts[0]
    for before, part in pairwise(parts):
        text += ("\n" if "\n" not in before + part else gap) + part
    return text


def _lines_of(lines: list[str], body: list[ast.stmt], name: str) -> list[str]:
    """The lines of a definition, decorators and a constant's docstring included, or of an item of a tuple.

    Raises:
        LookupError: there is none of that name.
    """
    if item := ITEM.fullmatch(name):
        return _lines_of_item(lines, body, item[1], item[2])
    for node, after in zip(body, [*body[1:], None], strict=True):
        if name not in _named(node):
            continue
        first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])
        is_told = isinstance(after, ast.Expr) and isinstance(node, ast.Assign | ast.AnnAssign)
        last = after if is_told and after is not None else node
        return lines[first - 1 : last.end_lineno]
    raise LookupError(f"there is no {name}")


def _lines_of_item(lines: list[str], body: list[ast.stmt], name: str, text: str) -> list[str]:
    """The lines of the one item of a tuple that has a text in it."""
    (value,) = (node.value for node in body if isinstance(node, ast.Assign | ast.AnnAssign) and name in _named(node))
    assert isinstance(value, ast.Tuple)
    source = "\n".join(lines)
    (item,) = (one for one in value.elts if text in (ast.get_source_segment(source, one) or ""))
    return textwrap.dedent(ast.get_source_segment(source, item, padded=True) or "").splitlines()


def _named(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return {target.id for target in targets if isinstance(target, ast.Name)}


if __name__ == "__main__":
    PAGE.write_text(with_code(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
