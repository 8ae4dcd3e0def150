"""The words with a fixed set of values: the same in the schema, in SQL, on the command line and in the docs.

Source: DuST (arXiv 2605.11299) for the binary label; the outcomes are finer than any peer's, so that a fault of the
machine is never taken for a fault of the program (rllm#710, NeMo-RL#2207).
"""

from enum import StrEnum

__all__ = ["Origin", "Outcome", "Split", "Style", "Visibility"]


class Outcome(StrEnum):
    """What one program did on one test."""

    PASS = "pass"
    WRONG_ANSWER = "wrong_answer"
    RUNTIME_ERROR = "runtime_error"
    TIME_LIMIT = "time_limit"
    MEMORY_LIMIT = "memory_limit"
    OUTPUT_LIMIT = "output_limit"
    SYNTAX_ERROR = "syntax_error"
    NO_CODE = "no_code"
    INFRA_ERROR = "infra_error"


class Style(StrEnum):
    """How a problem's tests speak to a program."""

    STDIO = "stdio"  # text in, text out
    CALL = "call"  # entry_point(*input) == expected, both JSON
    ASSERT = "assert"  # a block of test code


class Visibility(StrEnum):
    """Whether the writer of a program could see the test."""

    PUBLIC = "public"
    PRIVATE = "private"


class Origin(StrEnum):
    """Where a test comes from."""

    OFFICIAL = "official"
    GENERATED = "generated"


class Split(StrEnum):
    """The three parts of a version; a problem is in exactly one."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"
