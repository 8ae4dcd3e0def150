"""The tables of a version: Arrow schemas with a version number and a doc line for each column.

The dataset card, the DuckDB views and ``docs/tables.md`` are made from here. Text that can pass 2 GB in one column is
``large_string`` (arrow#44164); times are naive UTC. Rows are kept in key order, and every
key starts with ``problem_id``, so that tables are written and compared as streams.

No column may be named ``labels``, ``prompts``, ``completions``, ``trainer_state``, ``log_metric`` or ``log_extra``: TRL
1.16 breaks on them or shadows them.
"""

from dataclasses import dataclass

import pyarrow as pa

__all__ = ["SCHEMA_VERSION", "TABLES", "Column", "Table"]

SCHEMA_VERSION = 2
"""Raised with every change of a column; a manifest names the one it was written with."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, Arrow type and what it means, with the unit."""

    name: str
    type: pa.DataType
    doc: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """One table: ``key`` orders and identifies its rows.

    ``measured`` tables are outside the revision. ``optional`` ones are in some versions only: one without rows is not
    there.
    """

    name: str
    doc: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    measured: bool = False
    optional: bool = False

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema; each field carries its doc as metadata."""
        return pa.schema([pa.field(c.name, c.type, metadata={"doc": c.doc}) for c in self.columns])


_TEXT = pa.large_string()
_WORD = pa.string()
_MESSAGES = pa.list_(pa.struct([("role", _WORD), ("content", _TEXT)]))
_TEST = pa.struct(
    [
        ("test_id", _WORD),
        ("input", _TEXT),
        ("expected", _TEXT),
        ("code", _TEXT),
        ("visibility", _WORD),
        ("origin", _WORD),
    ]
)
_FAILURE = pa.struct(
    [("test_id", _WORD), ("outcome", _WORD), ("exception", _WORD), ("message", _TEXT), ("actual", _TEXT)]
)
_LIMITS = pa.struct([("timeout_s", pa.float64()), ("memory_mb", pa.int32()), ("output_kb", pa.int32())])

_PROBLEM_ID = Column(
    "problem_id", _WORD, "the problem: 16 hex digits of its content's sha256, or the id given in a jsonl source"
)
_PROGRAM_ID = Column("program_id", _WORD, "the program: one distinct code text of one problem")

_PROBLEMS = Table(
    name="problems",
    doc="one row a distinct problem, with its tests",
    key=("problem_id",),
    columns=(
        _PROBLEM_ID,
        Column(
            "source",
            _WORD,
            "the kind of source it was read from: humaneval, mbpp, livecodebench, apps, codecontests, leetcode, "
            "mapcoder, codeforces, rstar-coder, jsonl, micro",
        ),
        Column("source_id", _WORD, "its name there, e.g. HumanEval/0"),
        Column("source_revision", _WORD, "the source's pinned Hub commit, or the sha256 of the file read"),
        Column("split", _WORD, "train, validation or test: decided by a hash of problem_id"),
        Column("title", _WORD, "a short name for people"),
        Column("statement", _TEXT, "what is asked, as given to the model"),
        Column("style", _WORD, "stdio, call or assert: how tests speak to a program"),
        Column("starter_code", _TEXT, "code a solution starts from, or null"),
        Column("entry_point", _WORD, "the function or Class().method that call and assert tests use, or null"),
        Column(
            "tests", pa.list_(_TEST), "stdio: input and expected text; call: JSON arguments and result; assert: code"
        ),
        Column("reference_solutions", pa.list_(_TEXT), "programs known to be right; may be empty"),
        Column("difficulty", _WORD, "the source's own word for it, or null"),
        Column("released_at", pa.timestamp("us"), "when it was published (UTC), or null"),
        Column("tags", pa.list_(_WORD), "the source's tags and platform"),
        Column("time_limit_s", pa.float64(), "the problem's own limit in CPU seconds a test; null: the recipe's"),
        Column("memory_limit_mb", pa.int32(), "the problem's own limit in MiB; null: the recipe's"),
        Column("license", _WORD, "licence of the statement and tests, or null where unknown"),
        Column(
            "checker",
            _WORD,
            "how results are compared: exact, whitespace, unordered, float:TOLERANCE or a program; null: the usual",
        ),
    ),
)

_CANDIDATES = Table(
    name="candidates",
    doc="one row a sampled completion",
    key=("problem_id", "candidate_id"),
    columns=(
        Column("candidate_id", _WORD, "what was said, by whom, under which settings"),
        _PROBLEM_ID,
        Column("sample_index", pa.int32(), "which of the samples of this problem by this model, from 0"),
        Column("round", pa.int32(), "the refresh round it was sampled in; 0 is the first pool"),
        Column("program_id", _WORD, "the program it is; null: no code was found"),
        Column("completion", _TEXT, "the model's text, complete"),
        Column("code", _TEXT, "the code extracted from it; null: none"),
        Column(
            "extraction",
            _WORD,
            "how code was found: fenced, raw, given, continuation; or why not: unclosed_think, no_code",
        ),
        Column("model", _WORD, "the model's Hub id or folder name, or null where unknown"),
        Column("model_revision", _WORD, "its Hub commit, or the digest of its weights, or null"),
        Column("sampler", _WORD, "what made it: imported, transformers"),
        Column("temperature", pa.float64(), "sampling temperature, or null where unknown"),
        Column("top_p", pa.float64(), "nucleus mass, or null where unknown"),
        Column("top_k", pa.int32(), "top-k, 0 for off, or null where unknown"),
        Column("seed", pa.int64(), "the seed asked for (the same seed may give other text on other hardware), or null"),
        Column("finish_reason", _WORD, "stop or length, or null where unknown"),
        Column("n_tokens", pa.int32(), "tokens in the completion, or null where unknown"),
        Column(
            "mean_logprob", pa.float64(), "mean log-probability of its tokens under the model at temperature 1, or null"
        ),
        Column("recorded_passed", pa.bool_(), "the verdict that came with imported data; never used as a label"),
        Column("recorded_verdict", _WORD, "that verdict as it was written"),
    ),
)

_LABELS = Table(
    name="labels",
    doc="one row a program: the verdict from running it on tests, and where it comes from",
    key=("problem_id", "program_id"),
    columns=(
        _PROGRAM_ID,
        _PROBLEM_ID,
        Column(
            "passed",
            pa.bool_(),
            "true: every test passed, or under a consensus: chosen by it; null: unknown (no tests, infrastructure "
            "fault, flaky, a matrix that tells nothing)",
        ),
        Column("outcome", _WORD, "the first failing test's outcome, or pass; null where there are no tests"),
        Column("tests_passed", pa.int32(), "tests passed"),
        Column("tests_total", pa.int32(), "tests of the problem; under a consensus, its generated tests"),
        Column(
            "outcomes",
            pa.list_(_WORD),
            "outcome on each test, in the problem's test order; under a consensus, in that of generated_tests",
        ),
        Column(
            "first_failure",
            _FAILURE,
            "the first failing test: exception, message and result, cut and without addresses",
        ),
        Column("runs", pa.int32(), "how often it was run"),
        Column("flaky", pa.bool_(), "true: runs differ; null: run once, so unknown"),
        Column("limits", _LIMITS, "CPU seconds a test, MiB of memory and KiB of output it was held to"),
        Column(
            "label_source",
            _WORD,
            "what decides passed: execution (the problem's tests), or consensus: with the selector; null in older "
            "versions",
        ),
        Column(
            "truth",
            pa.bool_(),
            "under a consensus: whether it passes the problem's own tests; for comparison only, it decides nothing; "
            "null: not run or unknown",
        ),
    ),
)

_GROUPS = Table(
    name="groups",
    doc="one row a mixed group: K candidates of one problem, at least one right and one wrong, ready for GRPO and SFT",
    key=("problem_id", "group_id"),
    columns=(
        Column("group_id", _WORD, "these candidates in this order under this prompt"),
        _PROBLEM_ID,
        Column("round", pa.int32(), "the latest round of its candidates"),
        Column(
            "prompt", _MESSAGES, "chat messages that show the statement and the numbered programs and ask for a ranking"
        ),
        Column("completion", _MESSAGES, "the SFT target: a right ranking as the answer, ties in seeded order"),
        Column("candidate_ids", pa.list_(_WORD), "the candidates in the order shown"),
        Column("program_ids", pa.list_(_WORD), "their programs"),
        Column("correct", pa.list_(pa.bool_()), "their labels, in the order shown"),
        Column("n_correct", pa.int32(), "how many are right: 1 to K-1"),
        Column("order_seed", pa.int64(), "the seed of the shuffle that gave the order shown"),
        Column("label_source", _WORD, "where the labels come from: execution, or consensus: with the selector"),
    ),
)

_OBSERVATIONS = Table(
    name="observations",
    doc="one row a program: what running it cost; differs between runs and machines, so no part of the revision",
    key=("problem_id", "program_id"),
    measured=True,
    columns=(
        _PROGRAM_ID,
        _PROBLEM_ID,
        Column("isolation", _WORD, "the sandbox's level"),
        Column(
            "durations_ms",
            pa.list_(pa.float64()),
            "CPU milliseconds a test, in test order; shorter where the run stopped",
        ),
        Column("peak_memory_mb", pa.float64(), "peak resident memory of its process in MiB, or null"),
    ),
)

_GENERATED_TESTS = Table(
    name="generated_tests",
    doc="one row a distinct test that a model wrote; nobody says that it is right",
    key=("problem_id", "test_index"),
    optional=True,
    columns=(
        _PROBLEM_ID,
        Column("test_index", pa.int32(), "its place among the tests of its problem, from 0"),
        Column("test_id", _WORD, "the test: 16 hex digits of its content's sha256"),
        Column("input", _TEXT, "stdio: text; call: JSON arguments; null for code"),
        Column("expected", _TEXT, "what it says should come of it; null for code"),
        Column("code", _TEXT, "one assert statement; null for an input with its expected output"),
        Column("count", pa.int32(), "how often it was written"),
        Column(
            "chosen",
            pa.bool_(),
            "whether it is in the consensus that decides the labels; null: there is none",
        ),
        Column(
            "valid",
            pa.bool_(),
            "whether every reference program passes it; for comparison only; null: not run or unknown",
        ),
        Column(
            "mutants",
            pa.int32(),
            "mutants of the first reference that it was tried on, where that passes it; null: not tried, or it fails",
        ),
        Column("killed", pa.int32(), "of these, the mutants that fail it; null likewise"),
    ),
)

_MATRICES = Table(
    name="matrices",
    doc="one row a problem: which of its programs pass which of its generated tests",
    key=("problem_id",),
    optional=True,
    columns=(
        _PROBLEM_ID,
        Column("program_ids", pa.list_(_WORD), "the rows: N distinct programs, in key order"),
        Column("test_ids", pa.list_(_WORD), "the columns: M distinct tests, in the order of generated_tests"),
        Column("program_counts", pa.list_(pa.int32()), "how many candidates each program stands for"),
        Column("test_counts", pa.list_(pa.int32()), "how often each test was written"),
        Column(
            "passed",
            _TEXT,
            "N x M bits as hexadecimal bytes, row after row, the first bit the highest: 1 where the program passes the "
            "test",
        ),
        Column("programs_unknown", pa.int32(), "programs left out for a fault of the sandbox"),
        Column("tests_unknown", pa.int32(), "tests left out for a fault of the sandbox"),
        Column("rank", pa.int32(), "of the matrix over the real numbers"),
        Column("tied", pa.bool_(), "whether another consensus scored the same; null: labels come from elsewhere"),
    ),
)

TABLES: dict[str, Table] = {
    t.name: t for t in (_PROBLEMS, _CANDIDATES, _LABELS, _GROUPS, _OBSERVATIONS, _GENERATED_TESTS, _MATRICES)
}
"""All tables of a version by name."""
