"""`recorder new-provider`: a package of one's own for a vendor, complete and tested."""

from __future__ import annotations

import keyword
import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated

import typer

from recorder_core.cli.console import OUT, Json, print_json, print_line, reporting
from recorder_core.errors import ConfigurationError
from recorder_core.plugins import PROVIDERS, installed

__all__ = ["new_provider", "write_provider"]

TEMPLATE = "vendorname"
"""What stands for the name in the files of the template."""
NAME = re.compile(r"[a-z][a-z0-9_]{1,29}")


def new_provider(
    name: Annotated[str, typer.Argument(help="The vendor's name: small letters, digits, _.", show_default=False)],
    output: Annotated[
        Path | None, typer.Option(help="Folder of the package; by default recorder-NAME, here.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Write a package that records at another vendor: provider, emulator, tests, CI.

    It passes its own tests as it is written, against the service of a made-up vendor: replace that, call by call, by
    what your vendor's documents say.
    """
    with reporting(as_json):
        folder = output or Path(f"recorder-{name.replace('_', '-')}")
        written = write_provider(name, folder)
        if as_json:
            print_json({"folder": str(folder), "files": written})
            return
        for path in written:
            print_line(OUT, str(folder / path))
        print_line(OUT, f"Next: pip install -e '{folder}[test]' && pytest {folder}")


def write_provider(name: str, folder: Path) -> list[str]:
    """Write the package of a provider.

    Args:
        name: of the vendor.
        folder: where; it must not be there, or be empty.

    Returns:
        The files, from the folder on.

    Raises:
        ConfigurationError: the name can't be one, is taken, or the folder holds something.
    """
    if not NAME.fullmatch(name) or keyword.iskeyword(name) or name == "core":
        raise ConfigurationError(
            f"{name!r} can't be the name of a provider",
            fault="caller",
            hint="Take 2 to 30 small letters, digits and _, a letter first, such as acme_video.",
        )
    if name in {found.name for found in installed(PROVIDERS)}:
        raise ConfigurationError(
            f"a provider named {name!r} is installed", fault="caller", hint="`recorder providers` lists them."
        )
    try:
        if folder.exists() and any(folder.iterdir()):
            raise ConfigurationError(f"{folder} holds files", fault="caller", hint="Choose another with --output.")
        return sorted(_write(files("recorder_core.cli") / "templates" / "provider", folder, "", name))
    except OSError as error:
        raise ConfigurationError(f"{folder} can't be written: {error.strerror}", fault="caller") from None


def _write(source: Traversable, folder: Path, above: str, name: str) -> list[str]:
    written = []
    for found in source.iterdir():
        path = f"{above}{_named(found.name, name)}"
        if found.is_dir():
            if found.name != "__pycache__":
                written += _write(found, folder, f"{path}/", name)
            continue
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_named(found.read_text(encoding="utf-8"), name), encoding="utf-8")
        written.append(path)
    return written


def _named(text: str, name: str) -> str:
    """A text of the template for another vendor."""
    title = "".join(part.capitalize() for part in name.split("_"))
    dashed = text.replace(f"recorder-{TEMPLATE}", f"recorder-{name.replace('_', '-')}")
    return dashed.replace(TEMPLATE, name).replace(TEMPLATE.capitalize(), title).replace(TEMPLATE.upper(), name.upper())
