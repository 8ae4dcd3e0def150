"""Versions, runs and evaluations that pages are made of, and what a reader of HTML sees in them."""

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from sample_version import tiny_content, tiny_tables

from dualset.builders.dataset.store import Version, commit_version

HOSTILE = "</script></pre><script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>&amp;\u202e\x1b[31m"
LONG = HOSTILE + '"' * 30_000


def hostile_version(home: Path) -> Version:
    """The sample, every text of which is markup, and long."""
    tables = tiny_tables(n_problems=16)
    for row in tables["problems"]:
        row |= {"statement": LONG, "title": HOSTILE, "source_id": HOSTILE + row["source_id"], "difficulty": HOSTILE}
        for test in row["tests"]:
            test |= {"input": LONG, "expected": LONG}
    for row in tables["candidates"]:
        row["model"] = HOSTILE
        if row["code"]:
            row |= {"code": "x = '" + LONG + row["code"], "completion": LONG}
    for row in tables["labels"]:
        if row["first_failure"]:
            row["first_failure"] |= {"message": LONG, "actual": LONG, "exception": HOSTILE}
    return commit_version("hostile", tables, content=tiny_content(), home=home)


def write_run(folder: Path, steps: int = 40) -> Path:
    """A run's folder as ``dualset train rank`` leaves it, with a line torn by a kill at its end."""
    folder.mkdir(parents=True)
    record = {
        "format": "dualset-run-1",
        "kind": "rank",
        "base_model": {"name": "micro", "revision": "1" * 64, "hub": False},
        "dataset": {"name": "tiny", "revision": "2" * 64, "rows": 32},
        "reward": "pairwise_accuracy",
        "settings": {"learning_rate": 1e-4, "max_steps": steps},
        "metrics": {"reward": {"first": 0.5, "last": 0.7}},
        "finished": "2026-01-01T00:00:00+00:00",
    }
    (folder / "run.json").write_text(json.dumps(record))
    lines = [
        {
            "step": step,
            "reward": None if step == 3 else 0.5 + step / 100,
            "ranking/ndcg": 0.8 + step / 1000,
            "random/ndcg": 0.75,
            "reward_by_n_correct/1": 0.4,
            "entropy": 1 / step,
        }
        for step in range(1, steps + 1)
    ]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"step": 41, "rew')
    return folder


def evaluation(*models: str, revision: str = "2" * 64) -> dict[str, Any]:
    """What ``dualset eval -o`` writes of these models, the parts of a newer one included."""
    found = {"value": 0.6, "low": 0.5, "high": 0.7, "n": 9, "chance": 0.5}
    unknown = {"value": None, "low": None, "high": None, "n": 0, "chance": None}
    pair = {"pass@1": found, "ndcg": found, "best_of_4": found, "against_first": found}
    bias = {"size": 2, "answers": 7, "first": [0.75, 0.25], "right": [0.5, 0.5], "pair_accuracy": [0.5, None]}
    return {
        "dataset": "tiny",
        "revision": revision,
        "settings": {"split": "test", "level": 0.95, "samples": 4, "temperature": 1.0},
        "models": [
            {
                "model": model,
                "revision": "3" * 64,
                "metrics": {"pass@1": found, "ndcg": found, "best_of_4": found, "top1": unknown},
                "position_bias": bias,
                **({"against_first": {"ndcg": {**found, "low": -0.1}}} if i else {}),
            }
            for i, model in enumerate(models)
        ],
        "decomposition": [{"generator": models[0], "judge": model, **pair} for model in models],
        "strata": {"difficulty": {"easy": {"problems": 4, "models": {models[0]: {"ndcg": found}}}}},
    }


class Seen(HTMLParser):
    """The elements of a page with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data
