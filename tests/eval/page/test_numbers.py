"""The numbers of a version's page against its rows, counted here in plain Python."""

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
from sample_version import tiny_tables, tiny_version

from dualset.eval.page.compose import version_page
from dualset.eval.page.parts import Example, Figure, Group, Page, Section, Table
from dualset.eval.page.pass_rates import BINS

TABLES = tiny_tables()
VERDICTS = {row["program_id"]: row for row in TABLES["labels"]}
CODES = {row["candidate_id"]: row["code"] for row in TABLES["candidates"]}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    return version_page(tiny_version(tmp_path_factory.mktemp("numbers")), {})


def section(page: Page, anchor: str) -> Section:
    return next(each for each in page.sections if each.anchor == anchor)


def numbers(page: Page, name: str) -> Table:
    return next(figure.numbers for figure in page.figures if figure.name == name)


def correct(candidate: dict[str, Any]) -> bool | None:
    return VERDICTS[candidate["program_id"]]["passed"] if candidate["program_id"] else False


def test_every_problem_is_in_the_bin_of_its_pass_rate(page: Page) -> None:
    verdicts = defaultdict(list)
    for candidate in TABLES["candidates"]:
        if correct(candidate) is not None:
            verdicts[candidate["problem_id"]].append(correct(candidate))
    bins: Counter[str] = Counter()
    for known in verdicts.values():
        right, n = sum(map(bool, known)), len(known)
        edge = next(i for i in range(11) if right * 10 <= i * n)
        bins[BINS[0] if right == 0 else BINS[11] if right == n else BINS[edge]] += 1
    assert dict(numbers(page, "pass-rates").rows) == {label: bins[label] for label in BINS}
    assert sum(bins.values()) == len(verdicts)


def test_outcomes_add_up_to_the_candidates_of_each_difficulty(page: Page) -> None:
    difficulty = {row["problem_id"]: row["difficulty"] or "not said" for row in TABLES["problems"]}
    counted: Counter[tuple[str, str]] = Counter()
    for row in TABLES["candidates"]:
        outcome = VERDICTS[row["program_id"]]["outcome"] or "unknown" if row["program_id"] else "no_code"
        counted[difficulty[row["problem_id"]], outcome.replace("_", " ")] += 1
    table = numbers(page, "outcomes")
    assert [row[0] for row in table.rows] == ["easy", "hard", "not said"]
    for row in table.rows:
        shown = dict(zip(table.columns[1:-1], row[1:-1], strict=True))
        assert shown == {outcome: counted[str(row[0]), outcome] for outcome in shown}
        assert row[-1] == sum(n for (word, _), n in counted.items() if word == row[0])


def test_groups_by_right_candidates_and_by_place(page: Page) -> None:
    right = Counter(f"{row['n_correct']} of 4" for row in TABLES["groups"])
    assert {row[0]: row[-2] for row in numbers(page, "group-balance").rows} == right
    places = [sum(row["correct"][place] for row in TABLES["groups"]) for place in range(4)]
    assert [row[2] for row in numbers(page, "places").rows] == places


def test_groups_are_shown_in_their_order_with_their_labels_and_programs(page: Page) -> None:
    shown = [part for part in section(page, "browse").parts if isinstance(part, Group)]
    groups = {row["group_id"]: row for row in TABLES["groups"]}
    assert len(shown) == min(20, len(groups))
    for part in shown:
        row = groups[part.heading.split()[1].strip(",")]
        assert [member.correct for member in part.members] == list(row["correct"])
        assert [member.code for member in part.members] == [CODES[each] for each in row["candidate_ids"]]
    assert {part.title.split(": ")[1] for part in shown} == {
        f"{row['n_correct']} of 4 right" for row in groups.values()
    }


def test_failure_patterns_and_an_example_fails_the_test_shown(page: Page) -> None:
    failing = [row for row in TABLES["labels"] if row["passed"] is False]
    patterns = Counter((row["outcome"].replace("_", " "), row["first_failure"]["exception"] or "") for row in failing)
    table = next(part for part in section(page, "failures").parts if isinstance(part, Table))
    assert {(row[0], row[1]): row[2] for row in table.rows} == patterns
    tests = {test["test_id"]: test for row in TABLES["problems"] for test in row["tests"]}
    examples = [part for part in section(page, "failures").parts if isinstance(part, Example)]
    assert len(examples) == sum(
        min(
            2, len({row["problem_id"] for row in failing if (row["outcome"], row["first_failure"]["exception"]) == key})
        )
        for key in {(row["outcome"], row["first_failure"]["exception"]) for row in failing}
    )
    for example in examples:
        assert (example.input, example.expected) == (tests[example.test]["input"], tests[example.test]["expected"])
        assert example.code in CODES.values()


def test_repeated_programs_and_cpu_times_add_up(page: Page) -> None:
    programs = defaultdict(list)
    for row in TABLES["candidates"]:
        if row["program_id"]:
            programs[row["problem_id"]].append(row["program_id"])
    shares = Counter((len(each) - len(set(each))) * 10 // len(each) for each in programs.values())
    assert [row[1] for row in numbers(page, "duplicates").rows] == [shares[i] for i in range(10)]
    timed = [row for row in TABLES["observations"] if row["durations_ms"]]
    assert sum(sum(row[1:]) for row in numbers(page, "cpu-time").rows) == len(timed)  # type: ignore[arg-type]


def test_every_figure_has_a_name_of_its_own_and_says_what_it_shows(page: Page) -> None:
    names = [figure.name for figure in page.figures]
    assert len(set(names)) == len(names) >= 6
    assert all(isinstance(figure, Figure) and len(figure.said) > 20 and figure.numbers.rows for figure in page.figures)


def test_a_version_without_groups_or_programs_has_a_page(home: Path) -> None:
    from sample_version import tiny_content

    from dualset.builders.dataset.store import commit_version

    empty = {table: [] if table != "problems" else rows for table, rows in TABLES.items()}
    page = version_page(commit_version("empty", empty, content=tiny_content(), home=home), {})
    assert section(page, "groups").said.startswith("No group")
    assert section(page, "failures").said == "No program fails."
