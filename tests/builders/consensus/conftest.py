"""What the tests of the selectors share: the folder itself, for ``brute_consensus.py``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
