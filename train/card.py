"""The model card, written last over TRL's own: base model, data, settings and figures, with how to load it.

In: the run's record (``run.json``). Out: README.md. TRL's card calls a local base model "None" and does not name the
data.
"""

import json
from collections.abc import Mapping
from typing import Any

import yaml

from dualset.builders.candidates.policy import OUR_POLICIES
from dualset.train.lineage import chain
from dualset.train.results import Results, model_index, results_table
from dualset.train.reward_model.card_lines import by_model, held_out_line, model_line, pairs_line, watch_line

__all__ = ["model_card"]

_FIGURES = (
    "reward",
    "ranking/valid",
    "ranking/pairwise_accuracy",
    "ranking/ndcg",
    "ranking/selection",
    "random/pairwise_accuracy",
    "random/ndcg",
    "random/selection",
    "generation/passed",
    "generation/has_code",
    "generation/mixed_problems",
    "coder/reward",
    "tester/reward",
    "turn/silent",
    "coder/passed",
    "tester/accuracy",
    "tester/one_test",
    "tester/mutation_score",
    "selection/noise",
    "selection/kept",
    "frac_reward_zero_std",
    "completions/clipped_ratio",
    "loss",
    "mean_token_accuracy",
    "accuracy",
    "margin",
    "generation/valid",
    "generation/score",
    "watch/passed",
    "watch/reward",
    "watch/auc",
)
_TASK = {
    "rank": "Trained with GRPO to rank programs: those that pass all tests of a problem before those that do not.",
    "generate": "Trained with GRPO to write programs, rewarded by running them: 1 for passing all tests of a problem.",
    "coevolve": "Trained with GRPO to write programs{}.",
    "imitate": "Trained with SFT on right rankings: programs that pass all tests of a problem before the others.",
    "reward": "A reward model: one score for a problem and a program, trained so that programs which pass all tests "
    "score higher than those of the same problem which fail (Bradley-Terry).",
}
_METHOD = {
    "consensus": " and tests, each rewarded by the other; only a calibration, where there was one, looked at labels",
    "online": ", rewarded by the share of the tests that pass, written by the model itself as it was",
    "offline": ", rewarded by the share of the tests that pass, written by the base model",
    "cure": " and tests, both rewarded by the problems' own tests (CURE)",
}
_PIPELINE = {"reward": "text-classification"}
_ROWS = {"generate": "problems", "coevolve": "prompts", "reward": "pairs"}
_TAG = {"imitate": "sft", "reward": "reward-trainer"}
"""Of the kinds that are not GRPO."""

_PENALTY = {"rank": "; -1 for a malformed ranking", "generate": "; 0 without code"}


def model_card(title: str, record: Mapping[str, Any], results: Results | None = None) -> str:
    """The card's text.

    Args:
        title: the folder's name, or the repository's.
        record: of the run.
        results: of an evaluation.
    """
    base, data = record["base_model"], record["dataset"]
    ref = f"{data['name']}@{data['revision'][:12]}"
    rows = _ROWS.get(record["kind"], "groups")
    return "\n".join(
        [
            "---",
            yaml.safe_dump(_metadata(title, record, results), sort_keys=False).rstrip("\n"),
            "---",
            "",
            f"# {title}",
            "",
            _task(record),
            "",
            "| | |",
            "|---|---|",
            f"| base model | {base['name']}{_at(base['revision'])} |",
            f"| dataset | {data['name']}@{data['revision']} |",
            *([f"| on the Hub | hf://datasets/{data['hub_repo']}@{data['hub_sha']} |"] if data["hub_sha"] else []),
            f"| rows | {data['rows']} {rows} of the {data['split']} split; {data['dropped']} left out as too long |",
            *([f"| filter | {_filter(data)} |"] if data.get("silent") else []),
            *([f"| reward | {record['reward']}{_penalty(record)} |"] if record.get("reward") else []),
            *([f"| imitated | {_targets(record['targets'])} |"] if record.get("targets") else []),
            *([f"| reward model | {model_line(record['reward_model'])} |"] if record.get("reward_model") else []),
            *([f"| watched | {watch_line(record['watch'])} |"] if record.get("watch") else []),
            *([f"| pairs | {pairs_line(record['pairs'])} |"] if record.get("pairs") else []),
            *([f"| held out | {held_out_line(record['held_out'])} |"] if record.get("held_out") else []),
            f"| optimizer steps | {record['steps']} |",
            f"| preset | {record['preset']} |",
            f"| versions | {', '.join(f'{name} {number}' for name, number in record['versions'].items())} |",
            "",
            *_before(record),
            *(results_table(results) if results else []),
            *_figures(record["metrics"], _MISLEADING if record["kind"] == "coevolve" else frozenset()),
            "## Settings",
            "",
            "```json",
            json.dumps(_settings(record), indent=1, ensure_ascii=False),
            "```",
            "",
            "## Load it",
            "",
            "```python",
            f"from transformers import {_class(record)}, AutoTokenizer",
            "",
            'folder = "."  # this folder, or its name on the Hub',
            f"model = {_class(record)}.from_pretrained(folder)",
            "tokenizer = AutoTokenizer.from_pretrained(folder)",
            "```",
            "",
            *_next(record, title, ref),
            "",
        ]
    )


def _penalty(record: Mapping[str, Any]) -> str:
    return "; 0 for an invalid answer" if record.get("reward_model") else _PENALTY.get(str(record["kind"]), "")


def _class(record: Mapping[str, Any]) -> str:
    return "AutoModelForSequenceClassification" if record["kind"] == "reward" else "AutoModelForCausalLM"


def _next(record: Mapping[str, Any], title: str, ref: str) -> list[str]:
    """How to measure it."""
    if record["kind"] == "reward":
        return [f"Score a version's programs: `dualset score {title} {ref} -o scores.parquet`."]
    return [f"Measure it against its base: `dualset eval {_eval_base(record['base_model'])} {title} {ref}`."]


def _task(record: Mapping[str, Any]) -> str:
    if record.get("reward_model"):
        return by_model(record)
    if str((record.get("targets") or {}).get("from", "")).startswith("programs"):
        return "Trained with SFT to write programs like chosen ones."
    told = record.get("coevolution")
    return _TASK[record["kind"]].format(_METHOD[told["method"]] if told else "")


def _settings(record: Mapping[str, Any]) -> dict[str, Any]:
    own = {"coevolution": record["coevolution"]} if "coevolution" in record else {}
    return {**record["settings"], **own}


def _before(record: Mapping[str, Any]) -> list[str]:
    """The runs that made the base model, if any: stages of a chain, or rounds."""
    if not record.get("before"):
        return []
    origin = record["origin"]
    rows = [
        f"| {number} | {run['kind']} | {run['by']} | {run['dataset']}@{run['revision'][:12]} | {run['steps']} |"
        for number, run in enumerate(chain(record), start=1)
    ]
    begun = f"In turn, from {origin['name']}{_at(origin['revision'])}; the last line is this run."
    return ["## Trained before", "", begun, "", "| | kind | by | version | steps |", "|---|---|---|---|---|", *rows, ""]


def _filter(data: Mapping[str, Any]) -> str:
    return f"{data['silent']} of the groups without gradient left out (kept: {data['keep_silent']:.0%} of them)"


def _targets(targets: Mapping[str, Any]) -> str:
    if targets["from"] == "labels":
        return "the rankings that the labels give"
    if str(targets["from"]).startswith("programs"):
        chosen = targets["from"].partition(":")[2]
        by = f"the best by the scores of {chosen}" if chosen else "one that passes"
        return f"programs, {by}: of {targets['right']} of {targets['groups']} problems"
    whose = "the base model's own answers" if targets["from"] == "own" else f"the answers in {targets['from']}"
    return f"{whose} that order all pairs right: {targets['right']} of {targets['groups']} groups"


def _metadata(title: str, record: Mapping[str, Any], results: Results | None) -> dict[str, Any]:
    base, data = record["base_model"], record["dataset"]
    metadata: dict[str, Any] = {
        "library_name": "transformers",
        "pipeline_tag": _PIPELINE.get(record["kind"], "text-generation"),
    }
    if base["hub"]:  # the Hub refuses names that are not its own
        metadata["base_model"] = base["name"]
    if data["hub_repo"]:
        metadata["datasets"] = [data["hub_repo"]]
    metadata["tags"] = ["dualset", "trl", _TAG.get(record["kind"], "grpo")]
    metadata["dualset"] = {
        "base_model": base["name"],
        "base_model_revision": base["revision"],
        "dataset": data["name"],
        "dataset_revision": data["revision"],
        "dataset_hub_sha": data["hub_sha"],
    }
    if results:
        metadata["model-index"] = model_index(title, results)
    return metadata


_MISLEADING = frozenset({"reward", "frac_reward_zero_std"})
"""Of co-evolution: over roles of different scales, and blind to problems that rewarded nobody."""


def _figures(metrics: Mapping[str, Mapping[str, float]], without: frozenset[str]) -> list[str]:
    """A table of the figures that tell how training went."""
    shown = [name for name in (*_FIGURES, *sorted(metrics)) if name in metrics and name not in without]
    shown = [n for n in dict.fromkeys(shown) if n in _FIGURES or n.startswith("reward_by_n_correct/")]
    if not shown:
        return []
    lines = [f"| {name} | {metrics[name]['first']:.3f} | {metrics[name]['last']:.3f} |" for name in shown]
    head = "Measured on the training rows while training, means over the first and the last tenth of the steps."
    return ["## Figures", "", head, "", "| | first | last |", "|---|---|---|", *lines, ""]


def _eval_base(base: Mapping[str, Any]) -> str:
    """What the command is given: a folder's name alone leads nowhere."""
    return str(base["name"]) if base["hub"] or base["name"] in OUR_POLICIES else "BASE"


def _at(revision: str | None) -> str:
    return f"@{revision}" if revision else ""
