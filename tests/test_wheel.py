"""What the built wheel puts into a user's site-packages."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_three_import_packages_and_nothing_else(tmp_path: Path) -> None:
    """The wheel brings recorder_core and the two providers, each typed; nothing called `providers`."""
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", tmp_path, ROOT],
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names}
    packages = {top for top in tops if not top.endswith(".dist-info")}
    assert packages == {"recorder_core", "recorder_agora", "recorder_zegocloud"}
    assert {f"{package}/py.typed" for package in packages} <= set(names)
