"""Measure the attempts that a version holds already: whose programs pass, without asking any model.

Run:  dualset eval --stored NAME@REVISION --by difficulty

In: a reference, settings. Out: an `Evaluation` with pass@k of each model that wrote candidates, as many samples a
problem as there are. An attempt without code failed; one without a label, or with an unknown one, counts nowhere. Left
out: judging, since nobody is asked.
"""

from pathlib import Path

from dualset.builders.dataset.hub.log import hub_pin
from dualset.builders.dataset.store import open_version
from dualset.builders.errors import VersionError
from dualset.builders.execution.ladder import ONE, Sandbox
from dualset.builders.progress import Progress, silent
from dualset.eval.choosing.more import check_ways, choose_by
from dualset.eval.choosing.sets import sets_of
from dualset.eval.choosing.tests import source_of, tests_to_choose_by
from dualset.eval.evaluate import Evaluation, ModelScores, pass_rates
from dualset.eval.pool import pool_of, split_of
from dualset.eval.scores import Measured, joined
from dualset.eval.settings import EvalSettings
from dualset.eval.strata import strata_of
from dualset.eval.writing import Attempt

__all__ = ["evaluate_stored"]

UNNAMED = "unnamed"
"""Candidates whose model is not known."""


def evaluate_stored(
    ref: str,
    settings: EvalSettings,
    *,
    home: Path | None = None,
    sandbox: Sandbox = ONE,
    progress: Progress = silent,
) -> Evaluation:
    """Measure each model whose attempts are stored, the one with the most attempts first.

    Args:
        ref: the version.
        settings: split, window, parts, ways of choosing and bootstrap; what is about asking models is not used.
        home: the version store; None: $DUALSET_HOME.
        sandbox: how programs are run where they are chosen by tests.
        progress: told the stages of choosing.

    Raises:
        VersionError: the reference names nothing, or the split holds no problem with tests or no attempt.
    """
    version = open_version(ref, home=home)
    pool = pool_of(version, settings)
    tests = tests_to_choose_by(version, pool.problems, settings)
    check_ways(settings)
    split = split_of(settings)
    verdict = "passed" if version.consensus is None else "truth"
    passed = {row["program_id"]: row[verdict] for row in version.rows("labels", split, ["program_id", verdict])}
    if version.consensus is not None and all(each is None for each in passed.values()):
        msg = (
            f"the labels of {version.name}@{version.revision[:12]} come from a consensus, which measures nothing: "
            "build it with  labels.truth: true"
        )
        raise VersionError(msg)
    tried: dict[str, dict[str, list[Attempt]]] = {}
    columns = ["problem_id", "program_id", "model", "sample_index"]
    found = version.rows("candidates", split, [*columns, "code"] if settings.choose_by else columns)
    if settings.choose_by:  # samples of a set are consecutive
        found = iter(sorted(found, key=lambda row: (row["problem_id"], row["sample_index"])))
    for row in found:
        if row["problem_id"] in pool.problems:
            right = False if row["program_id"] is None else passed.get(row["program_id"])
            of_model = tried.setdefault(row["model"] or UNNAMED, {})
            of_model.setdefault(row["problem_id"], []).append(Attempt(row.get("code"), right))
    if not tried:
        msg = f"{version.name}@{version.revision[:12]} holds no attempts at these problems"
        raise VersionError(msg)
    if settings.choose_by and not any(sets_of(attempts, settings.best_of) for attempts in tried.values()):
        msg = f"no problem has {settings.best_of} labelled attempts by one model: choose among fewer with --best-of"
        raise VersionError(msg)
    by_count = sorted(tried, key=lambda model: (-sum(map(len, tried[model].values())), model))
    return Evaluation(
        dataset=version.name,
        revision=version.revision,
        hub=hub_pin(version),
        settings=settings,
        max_tokens=None,
        n_problems=len(pool.problems),
        n_groups=len(pool.groups),
        n_tested=len(tests),
        tests=source_of(version, settings),
        strata={by: {name: frozenset(ids) for name, ids in strata_of(pool.problems, by).items()} for by in settings.by},
        models=tuple(
            ModelScores(
                name=model,
                revision=None,
                measured=joined(
                    [
                        Measured(model=pass_rates(tried[model], settings.best_of), chance={}),
                        choose_by(tried[model], tests, pool, settings, sandbox, progress),
                    ]
                ),
            )
            for model in by_count
        ),
    )
