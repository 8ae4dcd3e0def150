"""The card's second half: where a version comes from, under which licences, what it cannot say, how to cite it.

In: a version and its figures. Out: Markdown sections.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import yaml

from dualset.builders.dataset.figures import Figures
from dualset.builders.dataset.markdown import fence, percent, table, word
from dualset.builders.dataset.version import Version

__all__ = ["citation", "licences", "limitations", "origin"]

_LONGEST_LIST = 30
_PAPERS = {
    "humaneval": "2107.03374",
    "mbpp": "2108.07732",
    "livecodebench": "2403.07974",
    "apps": "2105.09938",
    "mapcoder": "2405.11403",
    "leetcode": "2504.14655",
}
"""arXiv numbers of the papers that sources come from; ``codecontests`` is the format of several."""
_OF_A_SOURCE = {
    ("problems", "count"): "micro",
    ("problems", "seed"): "micro",
}
"""Settings that only this source of the section uses: with another, their defaults would mislead."""
_SECTIONS = ("problems", "candidates", "tests", "labels", "groups", "splits")


def origin(version: Version, figures: Figures) -> Iterator[str]:
    """How it was built: pins, sources, models, recipe."""
    content, libraries = version.manifest["content"], version.manifest["files"]["libraries"]
    made_by = f"By dualset {libraries.get('dualset', '')}, schema version {content['schema_version']}."
    yield f"## How it was built\n\n{made_by}"
    pins = dict(content["pins"])
    prompt, chat = pins.pop("prompt", None), pins.pop("chat_template", None)
    said = [f"pin {word(key)}: {word(value)}" for key, value in pins.items()]
    said += [f"seed {word(key)}: {word(value)}" for key, value in content["seeds"].items()]
    said += [f"made from the version {word(parent)}" for parent in content["parents"]]
    yield "\n".join(f"- {each}" for each in said)
    yield _sources(figures)
    yield _samplers(figures)
    if prompt:
        name, digest = word(prompt["name"]), word(prompt["sha256"])
        yield f"The model was asked by the template {name} (sha256 {digest}):\n\n{fence(prompt['text'], 'jinja')}"
    if chat:
        yield f"Chats were rendered by this template (sha256 {word(chat['sha256'])}):\n\n{fence(chat['text'], 'jinja')}"
    recipe = yaml.safe_dump(_recipe(content["recipe"]), sort_keys=False, allow_unicode=True)
    yield f"The recipe, with its defaults, without its name, file paths and what is empty:\n\n{fence(recipe, 'yaml')}"


def _sources(figures: Figures) -> str:
    columns = ["problems from", "revision or sha256", "licence", "problems"]
    rows = [
        [_source(each.source), _pin(each.revision), word(each.license) or "unknown", f"{each.problems:,}"]
        for each in figures.sources
    ]
    return _listed(columns, rows, texts=3)


def _source(name: str) -> str:
    """The source, with the paper that it comes from."""
    paper = _PAPERS.get(name)
    return f"{word(name)} ({_link(paper)})" if paper else word(name)


def _link(paper: str) -> str:
    return f"[arXiv {paper}](https://arxiv.org/abs/{paper})"


def _pin(revision: str | None) -> str:
    """A commit or digest, short enough for a table; the pins above and the rows have all of it."""
    short = revision is not None and re.fullmatch("[0-9a-f]{40,}", revision) is not None
    return word(f"{revision[:12]}…" if revision and short else revision)


def _samplers(figures: Figures) -> str:
    columns = ["model", "its revision", "sampler", "temperature", "top_p", "top_k", "candidates"]
    rows = []
    for each in figures.samplers:
        settings = map(_number, (each.temperature, each.top_p, each.top_k))
        model = [word(each.model) or "unknown", _pin(each.model_revision), word(each.sampler)]
        rows.append([*model, *settings, f"{each.candidates:,}"])
    return _listed(columns, rows, texts=3)


def licences(figures: Figures) -> str:
    """Problems by licence, and what that does not cover."""
    counts: Counter[str] = Counter()
    for source in figures.sources:
        counts[word(source.license) or "unknown"] += source.problems
    listed = "".join(f"- {licence}: {n:,} problems\n" for licence, n in counts.most_common()) or "- no problems\n"
    return (
        f"## Licences\n\nStatements, tests and reference programs keep the licence of their source:\n\n{listed}\n"
        "The candidates were written by the models named above, whose terms may apply to them. dualset adds no terms."
    )


def limitations(version: Version, figures: Figures) -> str:
    """What a reader must not conclude; with numbers where there are any."""
    return "## Limitations\n\n" + "\n".join(f"- {each}" for each in _limitations(version, figures))


def _why_unknown(version: Version) -> str:
    if version.consensus is None:
        return "no tests, a fault of the machine, or runs that differ"
    below = version.counts.get("problems_below_rank", 0)
    return f"no generated tests, a matrix of too low a rank ({below:,} problems), or nothing chosen"


def _limitations(version: Version, figures: Figures) -> Iterator[str]:
    yield (
        "A label says that a program passed these tests within these limits, not that it is right: tests miss errors."
        if version.consensus is None
        else "A label says what programs and generated tests agree on, not that a program is right: a consensus looks "
        "at no ground truth, and may be wrong."
    )
    programs = figures.programs_passed + figures.programs_failed + figures.programs_unknown
    if figures.programs_unknown:
        share = percent(figures.programs_unknown, programs)
        yield (
            f"{figures.programs_unknown:,} of {programs:,} programs ({share}) have no label: {_why_unknown(version)}. "
            "They are in no group and no rate."
        )
    if left_out := version.counts.get("problems_left_out"):
        yield f"{left_out:,} problems of the source are left out: their own reference program fails their tests."
    if programs and not figures.programs_repeated:
        yield "Each program was run once: a flaky one is labelled by the run that was made."
    problems = sum(version.splits["problems"].values())
    if problems:
        n = figures.problems_with_groups
        yield (
            f"Groups come from {n:,} of {problems:,} problems ({percent(n, problems)}), those with right and with "
            "wrong programs, so rates within groups are not the models' pass rates."
        )
    yield "Splits are by exact problem. Problems that are near copies of each other may lie in two."
    yield "Where a source is public, a model may have been trained on its problems."
    yield "The programs were written by models, and nobody has read them. Run them in a sandbox only."
    yield "`observations` (time and memory) depend on the machine and are no part of the revision."


def citation(version: Version, repo_id: str | None) -> str:
    """BibTeX of this version and of the method."""
    name = version.name.replace("_", "\\_")
    place = f"  url = {{https://huggingface.co/datasets/{repo_id}}},\n" if repo_id else ""
    entries = (
        f"@misc{{{version.name}-{version.revision[:12]},\n"
        f"  title = {{{{{name}: sampled programs, execution labels and ranking groups}}}},\n{place}"
        f"  note = {{dualset version, revision\n    {version.revision}}}\n}}\n\n"
        "@misc{dust,\n  title = {{DuST}},\n  eprint = {2605.11299},\n  archivePrefix = {arXiv},\n"
        "  url = {https://arxiv.org/abs/2605.11299}\n}"
    )
    return (
        f"## Citation\n\nThe groups follow the method of DuST ({_link('2605.11299')}); the problems are those of the "
        "sources above, which ask to be cited themselves.\n\n"
        f"{fence(entries, 'bibtex')}"
    )


def _listed(columns: list[str], rows: list[list[str]], texts: int) -> str:
    more = f"\n\nand {len(rows) - _LONGEST_LIST:,} more." if len(rows) > _LONGEST_LIST else ""
    return table(columns, rows[:_LONGEST_LIST], texts=texts) + more if rows else ""


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _recipe(recipe: dict[str, Any]) -> dict[str, Any]:
    """In the order in which a recipe is written, without what is empty or what its sources do not use."""
    names = [name for name in _SECTIONS if name in recipe] + [name for name in recipe if name not in _SECTIONS]
    return {name: _not_empty(_used(name, recipe[name])) for name in names if recipe[name] is not None}


def _used(name: str, section: Any) -> Any:
    if not isinstance(section, dict):
        return section
    source = section.get("source")
    return {key: each for key, each in section.items() if _OF_A_SOURCE.get((name, key), source) == source}


def _not_empty(value: Any) -> Any:
    if isinstance(value, dict):
        inner = {key: _not_empty(each) for key, each in value.items()}
        return {key: each for key, each in inner.items() if each is not None and each not in ({}, [])}
    return value
