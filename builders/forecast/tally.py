"""The sums over all problems that a forecast rests on."""

from dataclasses import dataclass

from dualset.builders.forecast.figure import Figure, exactly
from dualset.builders.forecast.seen import Seen

__all__ = ["Tally"]


@dataclass(kw_only=True, slots=True)
class Tally:
    """Sums; what ends in ``_missing`` is about samples that are still to be asked for.

    Attributes:
        samples: there already.
        programs: distinct ones among them.
        labelled: of those, that are labelled already.
        tests: of all programs there: each program has its problem's.
        tests_labelled: of the labelled programs.
        tests_missing: of the missing samples, if each is a program of its own.
        text_bytes: of the completions there.
        code_bytes: of the code in them.
        tokens: of the completions that say how many they have.
        counted: how many say it.
        missing: samples.
        asked_missing: of those, whose prompt fits the model.
        prompts_too_long: problems whose prompt does not.
        prompt_tokens: of a prompt a problem.
        prompt_tokens_missing: of a prompt a missing sample.
        room_missing: tokens that the missing samples may have.
    """

    samples: int = 0
    programs: int = 0
    labelled: int = 0
    tests: int = 0
    tests_labelled: int = 0
    tests_missing: int = 0
    text_bytes: int = 0
    code_bytes: int = 0
    tokens: int = 0
    counted: int = 0
    missing: int = 0
    asked_missing: int = 0
    prompts_too_long: int = 0
    prompt_tokens: int = 0
    prompt_tokens_missing: int = 0
    room_missing: int = 0

    def add(self, seen: Seen, labelled: int) -> None:
        """Take in a problem; ``labelled`` of its programs are labelled already."""
        tests, fits = len(seen.problem.tests), seen.room > 0
        self.samples += seen.samples
        self.programs += len(seen.programs)
        self.labelled += labelled
        self.tests += tests * len(seen.programs)
        self.tests_labelled += tests * labelled
        self.text_bytes += seen.text_bytes
        self.code_bytes += seen.code_bytes
        self.tokens += seen.tokens
        self.counted += seen.counted
        self.missing += seen.missing
        self.prompt_tokens += seen.prompt_tokens
        if fits:
            self.asked_missing += seen.missing
            self.tests_missing += tests * seen.missing
            self.prompt_tokens_missing += seen.prompt_tokens * seen.missing
            self.room_missing += seen.room * seen.missing
        elif seen.missing:
            self.prompts_too_long += 1

    def completion_tokens(self) -> Figure:
        """Tokens that the missing samples will have."""
        if not self.missing:
            return exactly(0)
        if not self.counted:
            return Figure(at_most=self.room_missing)
        estimate = min(self.room_missing, round(self.tokens / self.counted * self.asked_missing))
        return Figure(at_most=self.room_missing, estimate=estimate, basis=f"the mean of {self.counted:,} on disk")

    def all_programs(self) -> Figure:
        """Distinct programs, when nothing is missing any more."""
        return self._grown(self.programs, self.asked_missing)

    def tests_to_run(self) -> Figure:
        """Programs times their tests, as far as they are not labelled; a second run of a program is not counted.

        Labels are kept by parts of whole problems: while samples are missing, their parts may have to be made anew.
        """
        return self._grown(self.tests if self.missing else self.tests - self.tests_labelled, self.tests_missing)

    def _grown(self, there: int, missing: int) -> Figure:
        if not missing:
            return exactly(there)
        if not self.samples:
            return Figure(at_most=there + missing)
        share = self.programs / self.samples
        basis = f"{self.programs:,} distinct programs in {self.samples:,} samples on disk"
        return Figure(at_most=there + missing, estimate=there + round(share * missing), basis=basis)
