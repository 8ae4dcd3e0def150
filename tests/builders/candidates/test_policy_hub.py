"""A policy from a Hub, through the real client in a process of its own: a name that can move becomes a commit."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

_path = Path(__file__).parents[2] / "loopback_hub.py"
_spec = importlib.util.spec_from_file_location("loopback_hub", _path)
assert _spec is not None
assert _spec.loader is not None
hub = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(hub)

SCRIPT = """
import json, sys
from dualset.builders.candidates.generate import load_policy
from dualset.builders.errors import ModelError
for name, revision in json.loads(sys.argv[1]):
    try:
        policy = load_policy(name, revision=revision, device="cpu")
        print(json.dumps([policy.name, policy.revision]))
    except ModelError as error:
        print(json.dumps(str(error)))
"""


def test_a_model_of_the_hub_is_known_by_its_commit(tiny_model: Path, tmp_path: Path) -> None:
    files = {file.name: file.read_bytes() for file in sorted(tiny_model.iterdir())}
    commit = hub.commit_of(files)
    questions = [("ours/tiny", None), ("ours/tiny", commit), ("ours/tiny", "v9"), ("runs/gone", None)]
    with hub.loopback_hub({"ours/tiny": files}) as endpoint:
        settings = {"HF_ENDPOINT": endpoint, "HF_HOME": str(tmp_path), "HF_HUB_DISABLE_XET": "1"}
        command = [sys.executable, "-c", SCRIPT, json.dumps(questions)]
        done = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    latest, pinned, unknown, gone = map(json.loads, done.stdout.splitlines())
    assert latest == pinned == ["ours/tiny", commit]
    assert unknown.startswith("no model at 'ours/tiny': there is no such folder, and it cannot be fetched from the Hub")
    assert gone.startswith("no model at 'runs/gone': there is no such folder")
    assert "\n" not in unknown + gone
