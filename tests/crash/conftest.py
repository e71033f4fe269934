"""The tests of crashes share what stops and refuses file operations with the tests of the engine."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))
