"""What every test may use."""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import settings

pytest_plugins = ["recorder_core.testing.fixtures"]

sys.path.insert(0, str(Path(__file__).parent))

# Properties hold on a slow machine too.
settings.register_profile("recorder", deadline=None)
settings.load_profile("recorder")
