"""Measure models on a version: judging the fixed pool, writing, and choosing among samples.

Run:  dualset eval micro models/mine NAME@REVISION

In: model names, a reference, settings. Out: an `Evaluation` that keeps every metric of every problem, so that
intervals can be computed again. Every model sees the same problems, groups, seeds and limits; each model after the
first also judges what the first one wrote, so that better judging and better writing are told apart (DuST's
decomposition). Stopped, it goes on: answers are kept in the store. Left out: means over problems, intervals and tables
(``report.py``).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dualset.builders.candidates.policy import OUR_POLICIES, load_policy
from dualset.builders.dataset.hub.log import HubPin, hub_pin
from dualset.builders.dataset.store import open_version, store_home
from dualset.builders.errors import RecipeError, VersionError
from dualset.builders.execution.ladder import ONE, Sandbox
from dualset.builders.progress import Progress, silent
from dualset.eval import metrics
from dualset.eval.choosing.by_ranking import choose_by_ranking
from dualset.eval.choosing.more import check_ways, choose_by
from dualset.eval.choosing.tests import Tests, source_of, tests_to_choose_by
from dualset.eval.judging import judge
from dualset.eval.pool import Pool, pool_of
from dualset.eval.position import PositionBias
from dualset.eval.rankings import Ranking
from dualset.eval.respondent import Respondent, respondent
from dualset.eval.scores import Measured, Repeats, Scores, by_problem, joined
from dualset.eval.settings import EvalSettings
from dualset.eval.strata import strata_of
from dualset.eval.writing import Attempts, write

__all__ = ["Evaluation", "ModelScores", "evaluate", "pass_rates"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelScores:
    """One model's scores, and chance's, by problem.

    Attributes:
        name: of the model.
        revision: its commit, or the digest of its files; None: a server that does not say.
        measured: writing, judging, and choosing among its own samples.
        bias: its position bias on the fixed pool.
        rankings: its answers to the fixed pool, one by one.
        judged_first: choosing among the samples of the first model; None: it is the first, or nothing was written.
    """

    name: str
    revision: str | None
    measured: Measured
    bias: PositionBias | None = None
    rankings: tuple[Ranking, ...] = ()
    judged_first: Measured | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation:
    """Everything measured, with the pins it was measured at.

    ``max_tokens`` is null where no model was asked; ``n_tested`` problems have tests to choose by, ``tests``
    says which.
    """

    dataset: str
    revision: str
    hub: HubPin | None
    settings: EvalSettings
    max_tokens: int | None
    n_problems: int
    n_groups: int
    n_tested: int
    tests: str | None
    strata: Mapping[str, Mapping[str, frozenset[str]]]
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
        RecipeError: a model is named twice, or more are to be chosen among than are written.
        ModelError: a model cannot be loaded.
    """
    version = open_version(ref, home=home)
    if version.consensus is not None:
        msg = (
            f"the groups of {version.name}@{version.revision[:12]} are labelled by a consensus, not by the truth: "
            "measure on a version labelled by execution"
        )
        raise VersionError(msg)
    pool = pool_of(version, settings)
    tests = tests_to_choose_by(version, pool.problems, settings)
    asked = [settings.of(model, pool.max_tokens) for model in models]
    _check(models, settings)
    for model in models:
        _refuse_early(model, settings.engine)
    kept = (home or store_home()) / version.name / "work" / "evaluations"
    measured: list[ModelScores] = []
    first: Attempts | None = None
    for each in asked:
        with respondent(each, kept) as at_work:
            scores, attempts = _measure(at_work, pool, tests, first, settings, sandbox, progress)
        measured.append(scores)
        first = attempts if first is None else first
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
        n_tested=len(tests),
        tests=source_of(version, settings),
        strata={by: {name: frozenset(ids) for name, ids in strata_of(pool.problems, by).items()} for by in settings.by},
        models=tuple(measured),
    )


def _check(models: Sequence[str], settings: EvalSettings) -> None:
    """What is asked for can be measured."""
    if twice := next((model for i, model in enumerate(models) if model in models[:i]), None):
        msg = f"{twice} is given twice: each model is measured once"
        raise RecipeError(msg)
    wants_choice = settings.choose_by or settings.best_of != EvalSettings().best_of
    if wants_choice and settings.samples < settings.best_of:
        msg = f"best-of is {settings.best_of}, but samples is {settings.samples}: write as many as are chosen among"
        raise RecipeError(msg)
    check_ways(settings)


def _refuse_early(model: str, engine: str) -> None:
    """What is plainly no model is told before another is measured for an hour; loading it says what is wrong."""
    folder = Path(model).expanduser()
    hub_id = not folder.exists() and model.count("/") == 1
    if engine != "openai" and model not in OUR_POLICIES and not hub_id and not (folder / "config.json").is_file():
        load_policy(model)


def _measure(
    model: Respondent,
    pool: Pool,
    tests: Mapping[str, Tests],
    first: Attempts | None,
    settings: EvalSettings,
    sandbox: Sandbox,
    progress: Progress,
) -> tuple[ModelScores, Attempts]:
    """One model at work; ``first`` is what the first model wrote, None for that one itself."""
    name = model.identity.model

    def named(stage: str, done: int, total: int) -> None:
        progress(f"{name} {stage}", done, total)

    judged = judge(model, pool, settings, named, "rank")
    parts, over_first = [judged.measured], None
    attempts: Attempts = {}
    if settings.samples:
        attempts = write(model, pool, settings, sandbox, named, "write")
        parts.append(Measured(model=pass_rates(attempts, settings.best_of), chance={}))
        if settings.samples >= settings.best_of:
            parts.append(choose_by_ranking(model, pool, attempts, settings, named, "choose"))
            parts.append(choose_by(attempts, tests, pool, settings, sandbox, named))
            if first is not None:
                over_first = choose_by_ranking(model, pool, first, settings, named, "judge")
    scores = ModelScores(
        name=name,
        revision=model.identity.revision,
        measured=joined(parts),
        bias=judged.bias,
        rankings=judged.rankings,
        judged_first=over_first,
    )
    return scores, attempts


def pass_rates(attempts: Attempts, n: int) -> dict[str, dict[str, Repeats]]:
    """By problem and repeat pass@1 and, with enough samples, pass@n: what a perfect choice among n would reach."""

    def rates() -> Iterator[tuple[str, int, Scores]]:
        for problem_id, tried in attempts.items():
            for repeat in dict.fromkeys(attempt.repeat for attempt in tried):
                known = [each.passed for each in tried if each.repeat == repeat and each.passed is not None]
                ks = [k for k in dict.fromkeys((1, n)) if k <= len(known)]
                yield problem_id, repeat, {f"pass@{k}": metrics.pass_at_k(len(known), sum(known), k) for k in ks}

    return by_problem(rates())
