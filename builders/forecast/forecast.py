"""A recipe's forecast: problems, samples, tokens, programs, tests, disk, and how programs would be kept from here.

In: a recipe, and what earlier builds have left in the store. Out: a `Forecast`. Problems and samples are read as a
build reads them, from the Hub where the recipe says so. Nothing is sampled or run, nothing is written in the store, no
weights are loaded and no server is asked. References that turn out to fail take their problems out later.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dualset.builders.candidates.load import sample_files
from dualset.builders.candidates.offline import Kept, kept_completions, model_folder
from dualset.builders.candidates.prompt_tokens import CHARACTERS_A_TOKEN, PromptCounter
from dualset.builders.candidates.prompts import default_template, load_template
from dualset.builders.candidates.settings import CandidateSettings
from dualset.builders.checkup.disk import Room, room_at
from dualset.builders.dataset.records import Problem
from dualset.builders.dataset.store import store_home
from dualset.builders.errors import ExecutionError, RecipeError
from dualset.builders.execution.kept import in_parts, labels_there
from dualset.builders.execution.ladder import AUTO, Level, level_of
from dualset.builders.execution.references import references_there
from dualset.builders.execution.settings import LabelSettings
from dualset.builders.forecast.figure import Figure, exactly
from dualset.builders.forecast.room import room_needed
from dualset.builders.forecast.seen import Seen, imported, sampled
from dualset.builders.forecast.tally import Tally
from dualset.builders.generated.settings import of_tests
from dualset.builders.problems.load import load_problems
from dualset.builders.problems.problem_set import ProblemSet
from dualset.builders.progress import Progress, silent
from dualset.builders.recipe import Recipe

__all__ = ["Forecast", "ProblemCounts", "SampleCounts", "forecast"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ProblemCounts:
    """The recipe's problems.

    Attributes:
        distinct: after the recipe's limit, and with repeated ones counted once.
        repeated: rows of the source that repeat another.
        without_tests: whose programs cannot be labelled.
        references: that have a reference program.
        references_to_run: whose reference is not yet judged; where it fails, the problem will be left out.
        left_out: whose reference is known to fail; all other figures are without them.
    """

    distinct: int
    repeated: int
    without_tests: int
    references: int
    references_to_run: int
    left_out: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SampleCounts:
    """The samples.

    Attributes:
        source: samples, transformers, vllm or openai.
        model: whose; None: an import that does not say.
        model_revision: of those on disk; None: not known, or none is on disk.
        certain: whether a build would take those on disk; false: it will first ask the Hub where the branch is by now.
        wanted: in all.
        there: to be imported, or on disk.
        missing: to be drawn.
        prompts_too_long: problems whose prompt does not fit the model; None: not known.
    """

    source: str
    model: str | None
    model_revision: str | None
    certain: bool
    wanted: int
    there: int
    missing: int
    prompts_too_long: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Forecast:
    """What a build would do.

    Attributes:
        name: the dataset's.
        problems: counts.
        samples: counts.
        tokenizer: by which prompts were counted; None: guessed from characters, or none was counted.
        prompt_tokens: that the missing samples ask with, the prompt of a problem as often as it is asked.
        prompt_tokens_distinct: the same with each problem's prompt counted once, for engines that keep it.
        completion_tokens: of the missing samples.
        programs: distinct ones, in all.
        programs_labelled: of those, the ones that an earlier build has labelled; None: it cannot be told before all
            samples are there.
        tests: programs that are not labelled, times their problems' tests; none where a consensus decides and nobody
            asks for the truth.
        generated_tests: whether the recipe has some: writing them, and running programs on them, comes on top.
        repeat: runs of each program.
        disk_needed: bytes in the store at the fullest moment, beside what lies there.
        disk: the room that there is.
        isolation: the level that programs would run at; None: a build would refuse.
        isolation_missing: why it would refuse.
    """

    name: str
    problems: ProblemCounts
    samples: SampleCounts
    tokenizer: str | None
    prompt_tokens: Figure
    prompt_tokens_distinct: Figure
    completion_tokens: Figure
    programs: Figure
    programs_labelled: int | None
    tests: Figure
    generated_tests: bool
    repeat: int
    disk_needed: Figure
    disk: Room
    isolation: str | None
    isolation_missing: str | None


def forecast(
    recipe: Recipe, *, home: Path | None = None, isolation: str = AUTO, progress: Progress = silent
) -> Forecast:
    """What building the recipe would take.

    Args:
        recipe: what would be built.
        home: the store; default ``$DUALSET_HOME``.
        isolation: the level asked for.
        progress: told what is read.

    Raises:
        DualsetError: the recipe, a source or a file of samples is wrong, as a build would say.
    """
    settings, home = recipe.candidates, home or store_home()
    if recipe.tests is not None and recipe.tests.source == "samples":
        with of_tests():
            sample_files(recipe.tests.sampled)  # are they there?
    if settings is None:
        msg = f"the recipe {recipe.name!r} has no candidates section: add one, or run  dualset check  on it"
        raise RecipeError(msg)
    level, refused = _isolation(isolation)
    work = home / recipe.name / "work"
    problem_set = load_problems(recipe.problems)
    judged = _judged(recipe, problem_set.problems, work)
    problems = tuple(p for p in problem_set.problems if judged.get(p.problem_id) is not False)
    if settings.source == "samples":
        with imported(settings, problem_set, problems, progress) as seen:
            tally = _tally(seen, recipe.labels, work)
        samples, counter = _imported_counts(settings, tally), PromptCounter()
    else:
        template = load_template(settings.prompt or default_template(recipe.problems.source), settings.system)
        kept = kept_completions(work / "completions", settings, template)
        counter = PromptCounter.of(settings, model_folder(settings, kept.revision))
        tally = _tally(sampled(settings, template, counter, kept.sampled, problems, progress), recipe.labels, work)
        samples = _sampled_counts(settings, tally, kept, counter)
    return Forecast(
        name=recipe.name,
        problems=_problem_counts(recipe, problem_set, judged),
        samples=samples,
        tokenizer=settings.model if counter.renderer else None,
        prompt_tokens=_prompts(tally.prompt_tokens_missing, settings, counter),
        prompt_tokens_distinct=_prompts(tally.prompt_tokens, settings, counter),
        completion_tokens=tally.completion_tokens(),
        programs=tally.all_programs(),
        programs_labelled=_labelled(tally, work) if _own_tests(recipe.labels) else None,
        tests=tally.tests_to_run() if _own_tests(recipe.labels) else exactly(0),
        generated_tests=recipe.tests is not None,
        repeat=recipe.labels.repeat,
        disk_needed=room_needed(tally, problems, group_size=recipe.groups.size, imported=settings.source == "samples"),
        disk=room_at(home),
        isolation=level,
        isolation_missing=refused,
    )


def _isolation(asked: str) -> tuple[str | None, str | None]:
    """The level, or why a build would refuse; a word that is no level is an error."""
    try:
        return level_of(asked), None
    except ExecutionError as error:
        if asked not in (AUTO, *Level):
            raise
        return None, str(error)


def _own_tests(labels: LabelSettings) -> bool:
    """Whether programs are run on their problems' own tests."""
    return labels.selector is None or labels.truth


def _keeps_all(recipe: Recipe) -> bool:
    """Whether no problem is left out for its reference."""
    return recipe.problems.keep_failing or recipe.labels.selector is not None


def _judged(recipe: Recipe, problems: Sequence[Problem], work: Path) -> Mapping[str, bool | None]:
    """Whether the first reference passes, by problem_id, as far as it is known."""
    return {} if _keeps_all(recipe) else references_there(problems, work / "references", recipe.labels)


def _tally(seen: Iterable[Seen], labels: LabelSettings, work: Path) -> Tally:
    """Sum up, in the parts that labels are kept in."""
    tally = Tally()
    for part in in_parts(seen, lambda each: len(each.programs)):
        there = labels_there(work / "labels", labels, [(each.problem, each.programs) for each in part])
        for each in part:
            tally.add(each, len(each.programs & there.keys()))
    return tally


def _labelled(tally: Tally, work: Path) -> int | None:
    """While samples are missing, later parts are not yet what they will be; but where nothing is kept, it is 0."""
    if not tally.missing:
        return tally.labelled
    return None if any((work / "labels").glob("*.parquet")) else 0


def _problem_counts(recipe: Recipe, found: ProblemSet, judged: Mapping[str, bool | None]) -> ProblemCounts:
    with_reference = [p.problem_id for p in found.problems if p.reference_solutions]
    unjudged = [name for name in with_reference if name not in judged]
    return ProblemCounts(
        distinct=len(found),
        repeated=found.repeated,
        without_tests=sum(not p.tests for p in found.problems),
        references=len(with_reference),
        references_to_run=0 if _keeps_all(recipe) else len(unjudged),
        left_out=sum(passed is False for passed in judged.values()),
    )


def _imported_counts(settings: CandidateSettings, tally: Tally) -> SampleCounts:
    return SampleCounts(
        source=settings.source,
        model=settings.model,
        model_revision=settings.model_revision,
        certain=True,
        wanted=tally.samples,
        there=tally.samples,
        missing=0,
        prompts_too_long=None,
    )


def _sampled_counts(settings: CandidateSettings, tally: Tally, kept: Kept, counter: PromptCounter) -> SampleCounts:
    known = counter.renderer is not None and counter.window is not None
    return SampleCounts(
        source=settings.source,
        model=settings.model,
        model_revision=kept.revision,
        certain=kept.certain,
        wanted=tally.samples + tally.missing,
        there=tally.samples,
        missing=tally.missing,
        prompts_too_long=tally.prompts_too_long if known else None,
    )


def _prompts(tokens: int, settings: CandidateSettings, counter: PromptCounter) -> Figure:
    if not tokens:
        return exactly(0)
    if counter.renderer is None:
        return Figure(estimate=tokens, basis=f"{CHARACTERS_A_TOKEN} characters a token: no tokenizer at hand")
    if settings.source == "openai":
        return Figure(estimate=tokens, basis="the tokenizer here; a server may add to a prompt")
    return exactly(tokens)
