"""`recorder demo`: what it leaves behind."""

import json
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from recorder_core.cli.demo_lesson import CUSTOM, LAYOUTS, LESSON_S, MOMENTS
from recorder_core.cli.demo_picture import agreement, frames
from recorder_core.emulation.room import Participant


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, run_demo: Any) -> Any:
    """The folder and the report of one demo."""
    folder = tmp_path_factory.mktemp("demo")
    done = run_demo(folder)
    assert done.returncode == 0, done.stderr
    return folder / "demo-output", json.loads(done.stdout)
