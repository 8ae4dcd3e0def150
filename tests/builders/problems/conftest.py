"""What the tests of the problems share: the folder itself, for ``hub_rows.py``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
