"""From what was seen to what should not have happened: verdicts first, then every trace outside.

In: the staged programs, what the driver said of each, and what was found on the machine. Out: ``Offence`` records, in
the order of the corpus; those that no program can be named for come last.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from dualset.builders.execution.selftest.corpus import Harm
from dualset.builders.execution.selftest.remains import Remains
from dualset.builders.execution.selftest.report import FAILED, FOOLED, UNKNOWN, Offence, Ran
from dualset.builders.execution.selftest.staging import Found, Staged

__all__ = ["offences", "public_secrets"]

_LONGEST = 160


def offences(
    staged: Sequence[Staged],
    ran: Mapping[str, Ran],
    secrets: Mapping[str, str],
    left: Sequence[Remains],
    others: Sequence[str],
) -> list[Offence]:
    """Everything that should not have happened.

    Args:
        staged: the programs, each with what was set up for it.
        ran: what came of them, by name.
        secrets: texts that no program may tell, and what each is.
        left: what was left on the machine.
        others: harm to the driver, for which no program can be named.
    """
    every = dict(secrets)
    for its in staged:
        every.update(its.secrets)
    found = [offence for its in staged for offence in _of(its, ran.get(its.entry.name), every, left)]
    if missing := len(staged) - len(ran):
        found.append(_nobody(UNKNOWN, f"{missing} programs were not run: the driver had ended"))
    marks = {name for its in staged for name in (its.mark, str(its.key))}
    found += [_nobody(Harm.LEAVE, what) for found_by, what in left if found_by not in marks]
    return found + [_nobody(Harm.DISTURB, what) for what in others]


def public_secrets(known: str) -> dict[str, str]:
    """What every program could find: the driver's secret, and this machine's users."""
    secrets = {known: "the driver's environment or command line"}
    with suppress(OSError, IndexError):
        secrets[Path("/etc/passwd").read_text().splitlines()[0]] = "/etc/passwd"
    return secrets


def _of(its: Staged, ran: Ran | None, secrets: Mapping[str, str], left: Sequence[Remains]) -> Iterator[Offence]:
    wrong = _verdict(its, ran)
    harms = [*its.harms(), *(_told(its, ran, secrets) if ran else ())]
    harms += [Found(Harm.LEAVE, what) for found_by, what in left if found_by in (its.mark, str(its.key))]
    for sort, what in [*([wrong] if wrong else []), *harms]:
        yield Offence(program=its.entry.name, kind=its.entry.kind, sort=sort, what=what)


def _verdict(its: Staged, ran: Ran | None) -> tuple[str, str] | None:
    if ran is None:
        return None
    if ran.passed is None:
        return UNKNOWN, _cut(" ".join([str(ran.outcome), *ran.told]))
    if ran.passed == its.entry.right:
        return None
    return (FAILED, _cut(" ".join([str(ran.outcome), *ran.told]))) if its.entry.right else (FOOLED, "it passed")


def _told(its: Staged, ran: Ran, secrets: Mapping[str, str]) -> Iterator[Found]:
    text = "\n".join(ran.told)
    if its.granted in text:
        yield Found(Harm.GRANT, _cut(text.replace(its.granted, "").strip()))
    may_know = {its.vault} if its.entry.problem.startswith("TOLD") else set()
    for secret in secrets.keys() - may_know:
        if secret in text:
            yield Found(Harm.READ, secrets[secret])


def _nobody(sort: str, what: str) -> Offence:
    return Offence(program=None, kind=None, sort=sort, what=what)


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
