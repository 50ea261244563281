"""The docs as a site: whole, and complete without the network."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
PAGES = [path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")]


def test_every_page_is_in_the_navigation() -> None:
    """A page that nobody finds isn't there."""
    config = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    found: list[str] = []

    def walk(entries: object) -> None:
        if isinstance(entries, str):
            found.append(entries)
        for entry in entries.values() if isinstance(entries, dict) else entries if isinstance(entries, list) else ():
            walk(entry)

    walk(config["nav"])
    assert sorted(found) == sorted(PAGES)


def test_links_and_pictures_of_the_readme_exist() -> None:
    """The README's relative links lead somewhere; those of the docs are checked by their strict build."""
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (ROOT / target).exists(), f"{page.name}: {target}"
    for path in PAGES:
        for target in re.findall(r"!\[[^]]*\]\(([^)]+)\)", (ROOT / "docs" / path).read_text(encoding="utf-8")):
            assert (ROOT / "docs" / path).parent.joinpath(target).exists(), f"{path}: {target}"


def test_the_site_is_built_strictly_and_needs_no_network(tmp_path: Path) -> None:
    """No page loads a script, a style, a font or a picture from elsewhere."""
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    command = [sys.executable, "-m", "zensical", "build", "--strict"]
    built = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) >= len(PAGES)
    for page in pages:
        text = page.read_text(encoding="utf-8")
        loaded = re.findall(r'<(?:script|img|source|iframe)[^>]+src="?(https?:[^"\s>]+)', text)
        loaded += re.findall(r'<link[^>]+rel="?(?:stylesheet|preconnect|icon)[^>]+href="?(https?:[^"\s>]+)', text)
        assert not loaded, f"{page.name}: {loaded}"
