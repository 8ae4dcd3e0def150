"""Problems and samples from a Hub, through the real client in a process of its own (it reads HF_ENDPOINT on import)."""

import importlib.util
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dualset.builders.errors import RecipeError
from dualset.builders.problems.load import load_problems
from dualset.builders.problems.settings import ProblemSettings

_path = Path(__file__).parents[2] / "loopback_hub.py"
_spec = importlib.util.spec_from_file_location("loopback_hub", _path)
assert _spec is not None
assert _spec.loader is not None
hub = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(hub)

ROWS = [
    {"task_id": n, "text": f"Add {n}.", "code": "def add(x): return x", "test_list": [f"assert add(1) == {n + 1}"]}
    for n in range(3)
]
SAMPLES = [{"problem_id": str(n), "code": "def add(x): return x"} for n in range(3)]


def parquet(rows: list[dict[str, object]]) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), file)
    return file.getvalue()


FILES = {
    "README.md": b"# ours",
    "full/test-00000-of-00001.parquet": parquet(ROWS),
    "sanitized/test-00000-of-00001.parquet": parquet([ROWS[0] | {"text": "Another."}]),
    "samples.jsonl": "\n".join(map(json.dumps, SAMPLES)).encode(),
}
SCRIPT = """
import json, sys
from dualset.builders.candidates.load import import_candidates
from dualset.builders.candidates.settings import CandidateSettings
from dualset.builders.errors import DualsetError
from dualset.builders.problems.load import load_problems
from dualset.builders.problems.settings import ProblemSettings

def read(hub, revision, files):
    problems = load_problems(ProblemSettings(source="mbpp", hub=hub, revision=revision, files=files))
    samples = CandidateSettings(source="samples", format="jsonl", hub=hub, revision=revision, files="samples.jsonl")
    return [len(problems), problems.pin, len(list(import_candidates(samples, problems)))]

for question in json.loads(sys.argv[1]):
    try:
        print(json.dumps(read(*question)))
    except DualsetError as error:
        print(json.dumps(str(error)))
"""


def ask(endpoint: str, cache: Path, *questions: tuple[str, str, str], **more: str) -> list[Any]:
    """Each question is a dataset, a revision and a glob. A new process, because the client reads its settings once."""
    settings = {"HF_ENDPOINT": endpoint, "HF_HOME": str(cache), "HF_HUB_DISABLE_XET": "1"}
    command = [sys.executable, "-c", SCRIPT, json.dumps(questions)]
    done = subprocess.run(command, env=os.environ | settings | more, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_pinned_dataset_is_read_and_then_read_offline(tmp_path: Path) -> None:
    commit = hub.commit_of(FILES)
    full = ("ours/sums", commit, "full/*.parquet")
    with hub.loopback_hub({"ours/sums": FILES}) as endpoint:
        first, both, unknown, nobody = ask(
            endpoint,
            tmp_path,
            full,
            ("ours/sums", commit, "*.parquet"),
            ("ours/sums", "0" * 40, "full/*.parquet"),
            ("ours/nothing", commit, "*.parquet"),
        )
    assert first == [3, commit, 3]
    assert "names another problem here" in both
    assert unknown.startswith("ours/sums at 000000000000: cannot be fetched from the Hub")
    assert nobody.startswith("ours/nothing at ")
    assert "\n" not in both + unknown + nobody
    assert ask(endpoint, tmp_path, full, HF_HUB_OFFLINE="1") == [[3, commit, 3]]


@pytest.mark.parametrize("revision", ["main", "v1.0", "abc123", None])
def test_a_revision_that_can_move_is_refused_without_asking_the_hub(revision: str | None) -> None:
    with pytest.raises(RecipeError, match=r"give the 40-digit commit sha.*dataset_info\(\"ours/sums\"\)"):
        load_problems(ProblemSettings(source="mbpp", hub="ours/sums", revision=revision))
