"""Polars' own ``hf://`` reader, as on the card, on a Hub of the name that the reader has built in (named_hub.py)."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sample_version import tiny_version

NAMED_HUB = Path(__file__).parents[2] / "named_hub.py"
ALONE = ["unshare", "--map-root-user", "--net", "--mount"]


@pytest.fixture(scope="module")
def alone() -> list[str]:
    """What starts a program in namespaces of its own."""
    missing = [name for name in ("unshare", "mount", "openssl") if shutil.which(name) is None]
    if missing or subprocess.run([*ALONE, "true"], capture_output=True).returncode:
        pytest.skip(f"{', '.join(missing)} not found" if missing else "this machine lets nobody make namespaces")
    return ALONE


def test_polars_scans_a_table_at_a_commit_by_its_own_address(alone: list[str], tmp_path: Path) -> None:
    version = tiny_version(tmp_path / "store")
    page = (version.path / "README.md").read_text("utf-8")
    [code] = [block.split("```")[0] for block in page.split("```python\n") if block.startswith("import polars")]
    address = 'pl.scan_parquet("hf://datasets/ORG/tiny@SHA/data/candidates/*.parquet")'
    assert address in code
    code = code.replace("ORG", "ada").replace('"hf://', 'f"hf://').replace("SHA", "{sha}")
    code += "\nanswer = sorted(candidates.collect()['candidate_id'])\n"
    own = [key for key in os.environ if key.lower().endswith("_proxy") or key == "HF_TOKEN"]
    env = {key: value for key, value in os.environ.items() if key not in own} | {"HF_HOME": str(tmp_path / "hf")}
    command = [*alone, sys.executable, NAMED_HUB, tmp_path, "ada/tiny", version.path, code]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout) == sorted(row["candidate_id"] for row in version.rows("candidates"))
