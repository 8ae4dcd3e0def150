"""What the tests of the sandbox share: the folder itself, for ``sandbox_programs.py``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
