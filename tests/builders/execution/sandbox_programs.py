"""Problems that the tests of the sandbox share, and labels of a few programs at once."""

import psutil

from dualset.builders.dataset.records import Label, Problem
from dualset.builders.execution.crew import Program
from dualset.builders.execution.label import label_programs
from dualset.builders.execution.ladder import Sandbox
from dualset.builders.execution.selftest.problems import PROBLEMS, QUICK, asserts, call, problem, stdio
from dualset.builders.execution.settings import LabelSettings

__all__ = [
    "ADD",
    "NEXT",
    "QUICK",
    "TOTAL",
    "asserts",
    "call",
    "label",
    "label_all",
    "problem",
    "sandboxes_left",
    "stdio",
]

ADD, TOTAL, NEXT = PROBLEMS["ADD"], PROBLEMS["TOTAL"], PROBLEMS["NEXT"]


def label(its_problem: Problem, code: str, settings: LabelSettings = QUICK) -> Label:
    """The label of one program."""
    return label_all([("program", its_problem, code)], settings)["program"]


def label_all(cases: list[tuple[str, Problem, str]], settings: LabelSettings = QUICK) -> dict[str, Label]:
    """Labels by name; one sandbox for all."""
    problems = {str(i): its for i, (_, its, _) in enumerate(cases)}
    programs = [Program(str(i), name, code) for i, (name, _, code) in enumerate(cases)]
    return {
        made.program_id: made for made, _ in label_programs(problems, programs, settings, sandbox=Sandbox(workers=2))
    }


def sandboxes_left() -> list[psutil.Process]:
    """Sandboxes of this process, dead and unreaped ones too; other tests may keep processes of other kinds."""
    return [child for child in psutil.Process().children() if _is_sandbox(child)]


def _is_sandbox(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE or "execution.inside" in " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return False
