"""Measure models on a version: judging the fixed pool, writing, and choosing among their own samples.

Run:  dualset eval micro models/mine NAME@REVISION

In: model names, a reference, settings. Out: an `Evaluation` that keeps every metric of every problem, so that
intervals can be computed again. Every model sees the same problems, groups, seeds and limits. Left out: means over
problems, intervals and tables (``report.py``).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dualset.builders.candidates.generate import MICRO_POLICY, Policy, load_policy
from dualset.builders.dataset.hub.log import HubPin, hub_pin
from dualset.builders.dataset.store import open_version
from dualset.builders.execution.ladder import ONE, Sandbox
from dualset.builders.progress import Progress, silent
from dualset.eval import metrics
from dualset.eval.choosing import choose
from dualset.eval.judging import judge
from dualset.eval.pool import Pool, pool_of
from dualset.eval.scores import Measured, Scores
from dualset.eval.settings import BEST_OF, EvalSettings
from dualset.eval.writing import Attempts, write

__all__ = ["Evaluation", "ModelScores", "evaluate"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelScores:
    """One model's scores, and chance's, by problem."""

    name: str
    revision: str
    measured: Measured


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation:
    """Everything measured, with the pins it was measured at."""

    dataset: str
    revision: str
    hub: HubPin | None
    settings: EvalSettings
    max_tokens: int
    n_problems: int
    n_groups: int
    models: tuple[ModelScores, ...]


def evaluate(
    models: Sequence[str],
    ref: str,
    settings: EvalSettings,
    *,
    home: Path | None = None,
    sandbox: Sandbox = ONE,
    progress: Progress = silent,
) -> Evaluation:
    """Measure each model in turn.

    Args:
        models: folders, Hub ids (``ORG/NAME``) or ``micro``.
        ref: the version.
        settings: what to measure and how.
        home: the version store; None: $DUALSET_HOME.
        sandbox: how programs are run.
        progress: told each stage's units; stages are named after the model.

    Raises:
        VersionError: the reference names nothing, its files are not what the manifest says, or the split is empty.
        ModelError: a model cannot be loaded.
    """
    version = open_version(ref, home=home)
    pool = pool_of(version, settings)
    for model in models:
        _refuse_early(model)
    measured = [_measure(model, pool, settings, sandbox, progress) for model in models]
    if len({each.name for each in measured}) < len(models):  # two folders of one name: say them as they were given
        measured = [replace(each, name=model) for each, model in zip(measured, models, strict=True)]
    return Evaluation(
        dataset=version.name,
        revision=version.revision,
        hub=hub_pin(version),
        settings=settings,
        max_tokens=pool.max_tokens,
        n_problems=len(pool.problems),
        n_groups=len(pool.groups),
        models=tuple(measured),
    )


def _refuse_early(model: str) -> None:
    """What is plainly no model is told before another is measured for an hour; loading it says what is wrong."""
    folder = Path(model).expanduser()
    hub_id = not folder.exists() and model.count("/") == 1
    if model != MICRO_POLICY and not hub_id and not (folder / "config.json").is_file():
        load_policy(model)


def _measure(model: str, pool: Pool, settings: EvalSettings, sandbox: Sandbox, progress: Progress) -> ModelScores:
    """One model, loaded for as long as it is measured: several may not fit in memory together."""
    policy = load_policy(model, device=settings.device)
    parts = [judge(policy, pool, settings, _named(progress, policy, "rank"))]
    if settings.samples:
        attempts = write(policy, pool, settings, sandbox, _named(progress, policy, "write"))
        parts.append(Measured(model=_pass_rates(attempts), chance={}))
        if settings.samples >= BEST_OF:
            parts.append(choose(policy, pool, attempts, settings, _named(progress, policy, "choose")))
    return ModelScores(name=policy.name, revision=policy.revision, measured=_joined(parts))


def _pass_rates(attempts: Attempts) -> dict[str, Scores]:
    """pass@1 and, with enough samples, pass@4: what a perfect choice among four would reach."""
    rates: dict[str, Scores] = {}
    for problem_id, tried in attempts.items():
        known = [attempt.passed for attempt in tried if attempt.passed is not None]
        rates[problem_id] = {
            f"pass@{k}": metrics.pass_at_k(len(known), sum(known), k) for k in (1, BEST_OF) if k <= len(known)
        }
    return rates


def _joined(parts: Sequence[Measured]) -> Measured:
    """The scores of each problem side by side."""
    model: dict[str, dict[str, float]] = {}
    chance: dict[str, dict[str, float]] = {}
    for part in parts:
        for problem_id, scores in part.model.items():
            model.setdefault(problem_id, {}).update(scores)
        for problem_id, scores in part.chance.items():
            chance.setdefault(problem_id, {}).update(scores)
    return Measured(model=model, chance=chance)


def _named(progress: Progress, policy: Policy, doing: str) -> Progress:
    """One bar a model and stage; running the programs keeps a name of its own."""

    def named(stage: str, done: int, total: int) -> None:
        progress(f"{policy.name} {stage if stage == 'label' else doing}", done, total)

    return named
