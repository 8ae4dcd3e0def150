"""Who kills whom, through the sandbox: every style, the gate, and mutants that loop, leave or meddle."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from dualset.builders.dataset.records import Problem, Test, with_test_ids
from dualset.builders.dataset.words import Outcome, Style
from dualset.builders.errors import ExecutionError
from dualset.builders.execution.crew import Program
from dualset.builders.execution.happened import Happened
from dualset.builders.execution.ladder import Sandbox
from dualset.builders.execution.observe import observe_programs
from dualset.builders.execution.plan import Plan
from dualset.builders.execution.run import Worker
from dualset.builders.execution.selftest.problems import QUICK, asserts, call, stdio
from dualset.builders.mutation.engine import Mutant, mutants
from dualset.builders.mutation.kills import Job, Kills, KillSettings, kill_matrices
from dualset.builders.mutation.score import suite_score, test_scores
from dualset.builders.mutation.sharing import may_share

SETTINGS = KillSettings(limits=QUICK)


def kills_of(problem: Problem, code: str, codes: Sequence[str], settings: KillSettings = SETTINGS) -> Kills:
    given = [Mutant(code=each, operator="given", line=1, column=0) for each in codes]
    [kills] = kill_matrices({"p": problem}, [Job("p", code, given)], settings)
    return kills


BIG = "def f(x):\n    return {}"
STYLES = {
    "assert": (
        asserts("assert f(3) == 'small'", "assert f(10) == 'big'", "for i in range(9, 12):\n    assert f(i) != ''"),
        BIG.format("'big' if x >= 10 else 'small'"),
        [BIG.format("'big' if x > 10 else 'small'"), BIG.format("'' if x >= 10 else 'small'"), BIG.format("x / 0")],
    ),
    "call": (
        call(("[3]", '"small"'), ("[10]", '"big"'), ("[11]", '"big"')),
        BIG.format("'big' if x >= 10 else 'small'"),
        [BIG.format("'big' if x > 10 else 'small'"), BIG.format("'' if x == 11 else f(x)"), BIG.format("x / 0")],
    ),
    "stdio": (
        stdio(("3\n", "small\n"), ("10\n", "big\n"), ("11\n", "big\n")),
        "print('big' if int(input()) >= 10 else 'small')",
        ["print('big' if int(input()) > 10 else 'small')", "print('big')", "print(int(input()) / 0)"],
    ),
}
WHO = {
    "assert": ((False, True, False), (False, True, True), (True, True, True)),
    "call": ((False, True, False), (True, True, True), (True, True, True)),
    "stdio": ((False, True, False), (True, False, False), (True, True, True)),
}


@pytest.mark.parametrize("style", STYLES)
def test_each_style_end_to_end(style: str) -> None:
    problem, code, codes = STYLES[style]
    kills = kills_of(problem, code, codes)
    assert kills.passed == (True, True, True)
    assert kills.killed == WHO[style]
    assert kills.test_ids == tuple(test.test_id for test in problem.tests)
    assert len(set(kills.mutant_ids)) == 3
    shares = [sum(column) / 3 for column in zip(*WHO[style], strict=True)]
    assert test_scores(kills) == tuple(shares)
    assert suite_score(kills) == 1.0
    assert suite_score(kills, kills.test_ids[:1]) == shares[0]


@pytest.mark.parametrize("style", STYLES)
def test_the_gate_a_wrong_test_that_everything_fails_scores_null(style: str) -> None:
    problem, code, codes = STYLES[style]
    wrong = {
        "assert": Test(code="assert f(3) == 'wrong'"),
        "call": Test(input="[3]", expected='"wrong"'),
        "stdio": Test(input="3\n", expected="wrong\n"),
    }[style]
    with_wrong = replace(problem, tests=with_test_ids((*problem.tests, wrong)))
    kills = kills_of(with_wrong, code, codes)
    assert kills.passed == (True, True, True, False)
    assert [row[3] for row in kills.killed] == [None, None, None]
    assert test_scores(kills) == (*test_scores(kills_of(problem, code, codes)), None)
    assert suite_score(kills, kills.test_ids[3:]) is None
    assert kills.killed == tuple((*row, None) for row in WHO[style])


def test_a_program_that_passes_nothing_scores_no_test() -> None:
    kills = kills_of(STYLES["call"][0], "def f(x): return 0", [BIG.format("1"), BIG.format("2")])
    assert kills.passed == (False, False, False)
    assert test_scores(kills) == (None, None, None)
    assert kills.killed == kills.outcomes == ((None, None, None),) * 2
    assert suite_score(kills) is None


def test_without_mutants_nothing_is_known() -> None:
    kills = kills_of(STYLES["call"][0], STYLES["call"][1], [])
    assert (kills.killed, kills.passed) == ((), (True, True, True))
    assert test_scores(kills) == (None, None, None)
    assert suite_score(kills) is None


@pytest.mark.parametrize("style", ["call", "stdio"])
def test_mutants_that_loop_leave_or_crash_are_killed_and_hide_no_other(style: str) -> None:
    """Every test of theirs is run: one that loops on one input is not killed by the others."""
    doing = {
        "loops": "while x == 10: pass",
        "loops always": "while True: pass",
        "exits 0": "import os; os._exit(0)",
        "exits": "import sys; sys.exit(0)",
        "dies": "import os; os.abort()",
        "same": "pass",
    }
    if style == "call":
        frame = "def f(x):\n    {}\n    return 'big' if x >= 10 else 'small'"
    else:
        frame = "x = int(input())\n{}\nprint('big' if x >= 10 else 'small')"
    codes = [frame.format(what) for what in doing.values()]
    kills = kills_of(STYLES[style][0], frame.format("pass"), [*codes, *codes[::-1]])
    for name, row, outcomes in zip([*doing, *list(doing)[::-1]], kills.killed * 2, kills.outcomes * 2, strict=False):
        expected = {"same": (False,) * 3, "loops": (False, True, False)}.get(name, (True,) * 3)
        assert row == expected, name
        assert not name.startswith("loops") or outcomes[1] == Outcome.TIME_LIMIT
    assert kills.killed == (kills.killed[:6] + kills.killed[:6][::-1])


def test_early_stop_where_it_is_asked_for_spares_the_rest() -> None:
    problem = call(*[(f"[{i}]", str(i)) for i in range(6)])
    loops = "def f(x):\n    while x < 3: pass\n    return x"
    every = kills_of(problem, "def f(x): return x", [loops])
    assert every.killed == ((True, True, True, False, False, False),)
    spared = kills_of(problem, "def f(x): return x", [loops], replace(SETTINGS, early_stop=True))
    assert spared.killed == ((True,) * 6,)


@pytest.mark.parametrize(
    ("meddles", "fails"),
    [
        ("import math; math.floor = None", "import math; assert math.floor"),
        ("import collections as c; vars(c)['deque'] = 0", "import collections; assert collections.deque"),
    ],
)
def test_what_a_mutant_leaves_behind_changes_no_other(meddles: str, fails: str) -> None:
    """The second way is not seen in the text: the program itself, run last, no longer passes."""
    frame = "def f(x):\n    {}\n    return x"
    problem = call(("[1]", "1"), ("[2]", "2"))
    same = frame.format(fails)
    kills = kills_of(problem, same, [frame.format(meddles), same + "\n"])
    assert kills.killed == ((False, False), (False, False))


def test_a_test_that_cannot_be_read_is_unknown_and_spoils_no_other() -> None:
    problem, code, codes = STYLES["call"]
    torn = replace(problem, tests=with_test_ids((Test(input="[3", expected="1"), *problem.tests)))
    kills = kills_of(torn, code, codes)
    assert kills.passed == (None, True, True, True)
    assert kills.killed == tuple((None, *row) for row in WHO["call"])
    only = kills_of(replace(torn, tests=torn.tests[:1]), code, codes)
    assert (only.passed, test_scores(only), suite_score(only)) == ((None,), (None,), None)
    broken = asserts("assert f(3) ==", "assert f(3) == 'small'")
    assert kills_of(broken, code, codes).passed == (None, True)


def test_tests_without_ids_get_theirs_and_no_tests_are_no_columns() -> None:
    problem, code, codes = STYLES["call"]
    bare = replace(problem, tests=tuple(replace(test, test_id="") for test in problem.tests * 2))
    assert kills_of(bare, code, codes) == kills_of(problem, code, codes)
    none = kills_of(replace(problem, tests=()), code, codes)
    assert (none.passed, none.killed, test_scores(none), suite_score(none)) == ((), ((), (), ()), (), None)


def test_a_problem_that_is_wrong_itself_is_an_error() -> None:
    with pytest.raises(ExecutionError, match="unknown checker"):
        kills_of(replace(STYLES["call"][0], checker="nonesuch"), "def f(x): return x", [])
    with pytest.raises(ExecutionError, match="problem q, whose program is to be run, is not among the problems"):
        list(kill_matrices({"p": STYLES["call"][0]}, [Job("q", "def f(x): return x", [])]))


def test_a_checker_decides_and_where_it_cannot_the_cell_is_null() -> None:
    checker = "python\ndef check(input, expected, actual):\n    return int(actual) == int(expected)"
    problem = replace(stdio(("1\n", "1\n"), ("2\n", "2\n")), checker=checker)
    kills = kills_of(problem, "print(input())", ["print('0' + input())", "print('x' + input())", "print(2)"])
    assert kills.killed == ((False, False), (None, None), (True, False))
    assert test_scores(kills) == (0.5, 0.0)
    assert suite_score(kills) == 0.5


def test_a_test_that_the_program_passes_only_sometimes_is_unknown() -> None:
    flaky = "import os\ndef f(x): return os.urandom(1)[0] % 2"
    problem = call(*[(f"[{i}]", "1") for i in range(8)])
    repeated = replace(SETTINGS, limits=replace(QUICK, repeat=30))
    kills = kills_of(problem, flaky, ["def f(x): return 1"], repeated)
    assert kills.passed == (None,) * 8
    assert test_scores(kills) == (None,) * 8


def test_mutants_may_take_a_multiple_of_what_the_program_takes() -> None:
    now = "time.process_time()"
    slow = f"import time\ndef f(x):\n    end = {now} + {{}}\n    while {now} < end: pass\n    return x"
    problem = call(("[1]", "1"))
    longer = slow.format(0.4)
    assert kills_of(problem, slow.format(0), [longer]).outcomes == ((Outcome.TIME_LIMIT,),)
    assert kills_of(problem, slow.format(0.04), [longer]).outcomes == ((Outcome.PASS,),)
    assert kills_of(problem, slow.format(0), [longer], replace(SETTINGS, time_factor=None)).killed == ((False,),)


def test_the_same_as_each_mutant_run_alone_in_order_whatever_the_workers() -> None:
    jobs, alone = [], []
    for name, (problem, code, _) in STYLES.items():
        made = mutants(code, cap=40).found
        jobs.append(Job(name, code, made))
        programs = [Program(name, str(i), mutant.code) for i, mutant in enumerate(made)]
        ran = observe_programs({name: problem}, programs, replace(QUICK, timeout_s=0.2))
        alone.append(tuple(each.outcomes for each in ran))
    problems = {name: problem for name, (problem, _, _) in STYLES.items()}
    for workers in (1, 3):
        ran_together = list(kill_matrices(problems, jobs, SETTINGS, sandbox=Sandbox(workers=workers)))
        assert [kills.outcomes for kills in ran_together] == alone
        assert all(suite_score(kills) is not None for kills in ran_together)


WHILE = "def f(x):\n    i = 0\n    while i < x:\n        i = i + 1\n    return i"
LOOPS_FOREVER = tuple(f"def f(x):\n    i = {i}\n    while i < x: pass\n    return i" for i in range(4))


def test_the_mutants_of_one_program_are_spread_over_the_workers_and_nothing_else_changes() -> None:
    """Endless loops of one program no longer keep one worker busy while the others have nothing to do."""
    shared = BIG.format("'big' if x >= 10 else 'small'")
    problem = call(("[3]", "3"), ("[0]", "0"), ("[2]", "2"))
    given = [Mutant(code=each, operator="given", line=1, column=0) for each in (*LOOPS_FOREVER, WHILE)]
    jobs = [Job("p", WHILE, given), Job("q", shared, mutants(shared, cap=40).found * 2), Job("p", "1 +", given)] * 2
    problems = {"p": problem, "q": STYLES["call"][0]}
    one, two = (list(kill_matrices(problems, jobs, SETTINGS, sandbox=Sandbox(workers=workers))) for workers in (1, 2))
    assert one == two
    assert one[:3] == one[3:]
    assert [row[0] for row in one[0].outcomes] == [Outcome.TIME_LIMIT] * 3 + [Outcome.PASS] * 2
    assert one[2].passed == (False,) * 3


def test_a_program_with_endless_mutants_is_worked_on_by_every_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    busy: dict[str, set[Worker]] = {}
    run = Worker.run

    def noted(self: Worker, plan: Plan, code: str) -> list[Happened]:
        busy.setdefault(code, set()).add(self)
        return run(self, plan, code)

    monkeypatch.setattr(Worker, "run", noted)
    given = [Mutant(code=each, operator="given", line=1, column=0) for each in LOOPS_FOREVER]
    [kills] = kill_matrices({"p": call(("[5]", "5"))}, [Job("p", WHILE, given)], SETTINGS, sandbox=Sandbox(workers=2))
    assert kills.killed == ((True,),) * 4
    assert len(set.union(*(busy[code] for code in LOOPS_FOREVER))) == 2


@pytest.mark.parametrize("ends", ["import os; os._exit(3)", "if x == 2: x = [0] * 10**10"])
def test_what_a_mutant_leaves_behind_is_seen_though_a_later_one_breaks_off(ends: str) -> None:
    """The one that breaks off takes the process with it: the program never came to its end."""
    frame = "def f(x):\n    {}\n    return x"
    same = frame.format("import collections; assert collections.deque")
    meddles = frame.format("import collections as c; vars(c)['deque'] = 0")
    codes = [meddles, same + "\n", frame.format(ends), same + "\n\n"]
    kills = kills_of(call(("[1]", "1"), ("[2]", "2")), same, codes)
    passes = (False, False)
    assert kills.killed[2][1] is True
    assert (*kills.killed[:2], *kills.killed[3:]) == (passes,) * 3


def test_what_a_program_does_to_its_interpreter_is_not_there_for_the_next_mutant() -> None:
    """In a process shared with the first mutant, the second would find a limit that it does not set itself."""
    deep = "import sys\n{}\ndef f(x):\n    return 0 if x == 0 else 1 + f(x - 1)"
    sets = "sys.setrecursionlimit(50_000)"
    kills = kills_of(
        asserts("assert f(2000) == 2000"), deep.format(sets), [deep.format(sets + "; 1"), deep.format("pass")]
    )
    assert kills.killed == ((False,), (True,))
    assert not may_share(deep.format(sets), Style.ASSERT)
    assert may_share(deep.format(sets), Style.STDIO)
    assert may_share("import sys\nsys.stdin = open(0)", Style.STDIO)
    assert not may_share("import math\nmath.pi = 3", Style.STDIO)
    assert may_share("import math\nprint(math.pi)", Style.CALL)
