"""The code on the page on writing a provider: what `recorder new-provider` writes.

`python tests/docs/provider_page.py` writes it into the page; a test compares it.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from recorder_core.cli.scaffolding import write_provider

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "write-a-provider.md"
NAME = "acme"
BLOCK = re.compile(r'^(```\w+ title="([^"]+)"\n).*?^```$', re.MULTILINE | re.DOTALL)


def titled(text: str) -> dict[str, str]:
    """The files on the page, by name."""
    return {match[2]: match[0].partition("\n")[2].removesuffix("```") for match in BLOCK.finditer(text)}


def with_code(text: str, folder: Path) -> str:
    """The page with the code of the package that is in a folder."""
    return BLOCK.sub(lambda match: f"{match[1]}{(folder / match[2]).read_text(encoding='utf-8')}```", text)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        write_provider(NAME, Path(made))
        PAGE.write_text(with_code(PAGE.read_text(encoding="utf-8"), Path(made)), encoding="utf-8")
