"""Why something that was written is no test: the words under which it is counted."""

from enum import StrEnum

__all__ = ["Reason"]


class Reason(StrEnum):
    """One word a reason; each thing that is refused counts under one of them."""

    NO_TEST = "no_test"  # a text without an assert, or without two fenced blocks
    UNCLOSED_THINK = "unclosed_think"  # a text that was cut before its answer began
    CUT = "cut"  # the end of the text came before the end of the test
    MALFORMED = "malformed"  # not one assert (or JSON) that compiles alone, or nested deeper than any test
    TOO_LONG = "too_long"
    NOT_THE_PROGRAM = "not_the_program"  # it does not run what the problem asks for
    SAYS_NOTHING = "says_nothing"  # it holds whatever the program gives back
    NOT_JSON = "not_json"  # style call: more than one call by position whose values are JSON's
    UNPAIRED = "unpaired"  # style stdio: an odd number of blocks
    EMPTY_EXPECTED = "empty_expected"  # style stdio: a test that printing nothing would pass
    BEYOND_COMPLETION = "beyond_per_completion"
    BEYOND_PROBLEM = "beyond_at_most"
