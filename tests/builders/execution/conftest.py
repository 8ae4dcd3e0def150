"""The folder itself is importable, so that the tests share ``sandbox_programs.py``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
