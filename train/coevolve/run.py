"""Co-evolution: one model learns to write programs and tests from no ground truth, each role rewarded by the other.

Run:  dualset train coevolve NAME@REVISION --model micro-roles --preset micro

In: a reference, a base model, a preset. Out: a model folder with its record and card. The method is ZeroCoder's (arXiv
2604.07864); the trainer is TRL's GRPOTrainer as it stands, with its rollout hook. Left out: several processes; the two
roles of a problem would have to meet in one of them. A server for vLLM may have as many GPUs as it likes.
"""

from collections import Counter
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

from dualset.builders.dataset.records import Problem, problem_from_row
from dualset.builders.dataset.store import Version
from dualset.builders.errors import RecipeError, TrainingError
from dualset.builders.execution.ladder import ONE, Sandbox
from dualset.builders.progress import Progress, silent
from dualset.builders.recorded import recorded
from dualset.train.coevolve.asks import Asks, asks
from dualset.train.coevolve.bench import Bench
from dualset.train.coevolve.by_consensus import ByConsensus
from dualset.train.coevolve.by_tests import ByTests
from dualset.train.coevolve.by_truth import ByTruth
from dualset.train.coevolve.clock import Clock
from dualset.train.coevolve.offline import OfflineTests
from dualset.train.coevolve.rollout import Rollout
from dualset.train.coevolve.seen import Way
from dualset.train.coevolve.settings import CoevolutionSettings, Method, read_coevolution
from dualset.train.coevolve.stopwatch import Stopwatch
from dualset.train.coevolve.turn import TurnReward
from dualset.train.coevolve.turns import Role, Turn, turns
from dualset.train.generate import tested_problems
from dualset.train.grader import Grader
from dualset.train.presets import load_preset
from dualset.train.quiet import quiet
from dualset.train.rank import fitting_prompts
from dualset.train.resume import check_cycle
from dualset.train.rows import Fitting, check_enough
from dualset.train.run import Prepared, dry_result, open_run, run
from dualset.train.settings import TrainResult, TrainSettings
from dualset.train.start import Start, needs_train_extra, start
from dualset.train.truncated import for_truncated

__all__ = ["coevolve"]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Checked:
    """A run that passed every check; ``labelled`` are the problem_ids that a selector is calibrated on."""

    prepared: Prepared
    settings: CoevolutionSettings
    problems: dict[str, Problem]
    asks: Asks
    turns: list[Turn]
    labelled: list[str]
    steps_a_turn: int


def coevolve(
    settings: TrainSettings,
    *,
    home: Path | None = None,
    sandbox: Sandbox = ONE,
    dry_run: bool = False,
    progress: Progress = silent,
) -> TrainResult:
    """Train a model to write programs and tests.

    Args:
        settings: what to train on what.
        home: the version store; None: $DUALSET_HOME.
        sandbox: how programs are run, by processes of their own.
        dry_run: make every check, and train nothing.
        progress: told the rows checked and the steps done.

    Raises:
        RecipeError: an unknown preset or field, or settings that cannot be.
        VersionError: the reference names nothing, or its files are not what the manifest says.
        ModelError: the base model.
        TrainingError: too few problems, prompts that do not fit, or a folder that is taken.
        ExecutionError: the sandbox cannot work here.
    """
    needs_train_extra()
    if settings.reward is not None:
        msg = f"the reward is {settings.reward!r}, but here the roles reward each other: leave it out"
        raise RecipeError(msg)
    with quiet(), ExitStack() as held:
        checked = _check(settings, home, progress)
        if dry_run:
            return dry_result(checked.prepared)
        checkpoint = open_run(checked.prepared)
        return run(_trainer(checked, sandbox, held, progress), checked.prepared, progress, checkpoint)


def _check(settings: TrainSettings, home: Path | None, progress: Progress) -> _Checked:
    from trl import GRPOConfig

    given = load_preset("coevolve", settings.preset, settings.overrides)
    coevolution = read_coevolution(given.pop("coevolution", {}), settings.split)
    if given.setdefault("shuffle_dataset", False) is not False:
        msg = f"shuffle_dataset is {given['shuffle_dataset']!r}: whose turn it is follows an order, leave it false"
        raise RecipeError(msg)
    begun = start("coevolve", GRPOConfig, given, settings, home)
    check_cycle(begun.config)
    if begun.config.world_size > 1:
        msg = f"co-evolution runs in one process, not {begun.config.world_size}: start it without accelerate launch"
        raise RecipeError(msg)
    problems, labelled = _problems(begun.version, settings.split, coevolution, begun.config.seed)
    asked = asks(problems.values(), begun.version, coevolution)
    fitting = _fitting(asked, labelled, begun, settings, progress)
    steps_a_turn = begun.config.num_iterations * begun.config.steps_per_generation
    steps_a_turn //= begun.config.gradient_accumulation_steps
    planned = _turns(fitting.ids, begun.config, coevolution, steps_a_turn)
    if begun.config.max_steps <= 0:
        begun.config.max_steps = len(planned) * steps_a_turn  # the epochs are in the turns: TRL shall not repeat those
    prepared = Prepared(
        **begun._asdict(),
        kind="coevolve",
        settings=settings,
        given=given,
        fitting=fitting._replace(rows=_rows(planned, asked)),
        reward=f"consensus:{coevolution.selector}" if coevolution.method == Method.CONSENSUS else coevolution.method,
        more={"coevolution": asdict(coevolution), "labelled": labelled, "same_prompt": asked.twice},
    )
    return _Checked(
        prepared=prepared,
        settings=coevolution,
        problems=problems,
        asks=asked,
        turns=planned,
        labelled=labelled,
        steps_a_turn=steps_a_turn,
    )


def _problems(
    version: Version, split: str, settings: CoevolutionSettings, seed: int
) -> tuple[dict[str, Problem], list[str]]:
    """The problems trained on and the labelled ones, by id, and which are labelled.

    Raises:
        TrainingError: there are none, or too few labelled ones, or the truth of a version is asked for that is labelled
            without it.
    """
    if Method(settings.method).knows_truth:
        trained = list(tested_problems(version, split).values())
    else:
        trained = [problem_from_row(row) for row in version.rows("problems", split=split)]
    if not trained:
        msg = f"{version.name}@{version.revision[:12]} has no problems in its {split} split"
        raise TrainingError(msg)
    labelled: list[Problem] = []
    if settings.calibrated:
        where = settings.calibrate_split
        tested = [problem_from_row(row) for row in version.rows("problems", split=where) if row["tests"]]
        if len(tested) < settings.calibrate_on:
            msg = (
                f"dyb4 is calibrated on {settings.calibrate_on} problems with tests, and the {where} split of "
                f"{version.name} has {len(tested)}: set coevolution.calibrate_on or coevolution.calibrate_split"
            )
            raise TrainingError(msg)
        tested.sort(key=lambda problem: problem.problem_id)
        labelled = Random(seed).sample(tested, settings.calibrate_on)
    return {each.problem_id: each for each in (*labelled, *trained)}, [each.problem_id for each in labelled]


def _fitting(asked: Asks, labelled: list[str], begun: Start, settings: TrainSettings, progress: Progress) -> Fitting:
    """The problems that can be trained on: both their prompts fit.

    Raises:
        TrainingError: some do not fit and are not to be left out, or too few do.
    """
    import datasets

    pairs = [(name, chat) for name, chats in asked.chats.items() for chat in chats.values()]
    columns = {"prompt": [chat for _, chat in pairs], "problem_id": [name for name, _ in pairs]}
    rows = datasets.Dataset.from_dict(columns)
    fitting = fitting_prompts(rows, begun, settings, progress)
    prompts = Counter(fitting.ids)
    fits = [name for name in asked.chats if prompts[name] == len(Role)]
    if missing := [name for name in labelled if name not in asked.chats]:
        msg = f"problem {missing[0]}, which dyb4 is calibrated on, is asked the same as another: give another --seed"
        raise TrainingError(msg)
    if missing := [name for name in labelled if name not in fits]:
        msg = f"problem {missing[0]}, which dyb4 is calibrated on, has a prompt that does not fit: give another --seed"
        raise TrainingError(msg)
    names = [name for name in fits if name not in labelled]
    config = begun.config
    each = config.generation_batch_size // config.num_generations
    what = f"one turn of {config.generation_batch_size} completions, {config.num_generations} a problem,"
    most = max(1, len(names)) * config.num_generations
    hint = f"generation_batch_size={most} --set per_device_train_batch_size={config.num_generations}"
    check_enough(len(names), each, what, hint)
    n_dropped = len(asked.chats) - len(fits)
    return Fitting(rows, n_dropped, fitting.longest, ids=tuple(sorted(names)))


def _turns(names: tuple[str, ...], config: Any, settings: CoevolutionSettings, steps_a_turn: int) -> list[Turn]:
    each = config.generation_batch_size // config.num_generations
    if config.max_steps > 0:
        count = -(-config.max_steps // steps_a_turn)
    else:
        count = max(1, int(config.num_train_epochs * (len(names) // each)))
    roles = tuple(Role) if Method(settings.method).trains_tester else (Role.CODER,)
    return turns(names, each, count, roles, config.seed)


def _rows(planned: list[Turn], asked: Asks) -> Any:
    import datasets

    flat = [(name, turn.role) for turn in planned for name in turn.problem_ids]
    return datasets.Dataset.from_dict(
        {
            "prompt": [asked.chats[name][role] for name, role in flat],
            "problem_id": [name for name, _ in flat],
            "role": [str(role) for _, role in flat],
        }
    )


def _trainer(checked: _Checked, sandbox: Sandbox, held: ExitStack, progress: Progress) -> Any:
    from trl import GRPOTrainer

    prepared, settings = checked.prepared, checked.settings
    limits = recorded(prepared.version).labels
    bench = Bench(checked.problems, limits, sandbox, mutants=settings.mutants)
    held.enter_context(bench.process)
    grader = held.enter_context(Grader(checked.problems, limits, sandbox))
    offline, stopwatch = None, Stopwatch()
    if settings.method == Method.OFFLINE:
        names = [name for turn in checked.turns for name in turn.problem_ids]
        offline = OfflineTests(names, checked.asks, prepared.folder, prepared.config.seed, progress)
    rollout = Rollout(
        checked.problems,
        checked.asks,
        stopwatch,
        checked.labelled,
        settings.calibrate_every,
        checked.steps_a_turn,
        offline,
    )
    way = _way(settings, bench, grader, stopwatch, prepared.config.seed)
    reward = TurnReward(rollout, way, checked.problems, bench, stopwatch, grader if settings.watch else None)
    trainer = GRPOTrainer(
        model=prepared.model,
        reward_funcs=[for_truncated(reward, prepared.config, prepared.base)],
        args=prepared.config,
        train_dataset=prepared.fitting.rows,
        processing_class=prepared.base.tokenizer,
        peft_config=prepared.lora,
        rollout_func=rollout,
    )
    trainer.callback_handler.callbacks.insert(0, Clock(stopwatch))  # before trackers, which log what they see
    return trainer


def _way(settings: CoevolutionSettings, bench: Bench, grader: Grader, stopwatch: Stopwatch, seed: int) -> Way:
    match settings.method:
        case Method.CONSENSUS:
            return ByConsensus(settings, bench, grader, stopwatch, seed)
        case Method.CURE:
            return ByTruth(settings.format_penalty, grader, stopwatch)
        case _:
            return ByTests()
