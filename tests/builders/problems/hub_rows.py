"""Rows of our own in the schemas of the Hub's problem sets, for the tests that read them."""

import json
from typing import Any

OURS = '''\
import numpy as np
from math import inf

def is_floats(x):
    return type(x) is float

def assertion(out, exp, atol):
    """Another rule, for our tests."""
    assert abs(out - exp) <= atol if atol else out == exp


'''
FOR = "for i, (inp, exp) in enumerate(zip(inputs, results)):"
LOOP = f"inputs = {{}}\nresults = {{}}\n{FOR}\n    assertion({{}}(*inp), exp, {{}})\n"


def check(inputs: str, results: str, name: str = "candidate", atol: str = "0") -> str:
    """A test as HumanEval+ has it."""
    body = LOOP.format(inputs, results, name, atol).replace("\n", "\n    ").rstrip()
    return f"{OURS}def check(candidate):\n    {body}\n"


HALF = {
    "task_id": "HumanEval/0",
    "prompt": "def half(x, more=()):\n",
    "canonical_solution": "    return x / 2 if not more else [y / 2 for y in more]\n",
    "entry_point": "half",
}

MBPP_PLUS = {
    "task_id": 2,
    "code": "def both(a, b):\n    return tuple(sorted(set(a) & set(b)))\n",
    "prompt": "Write a function to find what two tuples share.",
    "source_file": "ours",
    "test_imports": ["import math"],
    "test_list": ["assert set(both((3, 4), (4, 5))) == set((4,))"],
    "test": OURS.replace("import numpy as np\n", "")
    + LOOP.format("[[(3, 4), (4, 5)], [(), ()]]", "[(4,), ()]", "both", "0"),
}

CODE_CONTESTS = {
    "name": "1_A. Twice",
    "description": "Print twice the number.",
    "public_tests": {"input": ["1\n"], "output": ["2\n"]},
    "private_tests": {"input": ["2\n", "3\n"], "output": ["4\n", "6\n"]},
    "generated_tests": {"input": ["5\n"], "output": ["10\n"]},
    "source": 2,
    "difficulty": 7,
    "solutions": {
        "language": [2, 3, 1, 3],
        "solution": ["int main() {}", "print(int(input()) * 2)", "print input() * 2", "x = int(input())\nprint(x + x)"],
    },
    "incorrect_solutions": {"language": [3], "solution": ["print(2)"]},
    "cf_contest_id": 1,
    "cf_index": "A",
    "cf_points": 500.0,
    "cf_rating": 800,
    "cf_tags": ["math", ""],
    "is_description_translated": False,
    "untranslated_description": "",
    "time_limit": {"seconds": 1, "nanos": 500000000},
    "memory_limit_bytes": 256000000,
    "input_file": "",
    "output_file": "",
}

CHECKER = """\
import sys

def main(input_path, output_path, submission_path):
    with open(input_path) as f, open(submission_path) as g:
        n = int(f.readline())
        a, b = map(int, g.read().split())
    if a + b != n:
        print(0)
        return
    print(1)

if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3])
"""
CODEFORCES: dict[str, Any] = {
    "id": "2000/A",
    "aliases": None,
    "contest_id": "2000",
    "contest_name": "Ours",
    "contest_type": "CF",
    "contest_start": 1735741800,
    "contest_start_year": 2025,
    "index": "A",
    "time_limit": 2.0,
    "memory_limit": 256.0,
    "title": "Split",
    "description": "Split n into two.",
    "input_format": "One number n.",
    "output_format": "Two numbers.",
    "interaction_format": None,
    "note": None,
    "examples": [{"input": "3", "output": "1 2"}],
    "editorial": None,
    "rating": 900,
    "tags": ["math"],
    "testset_size": 2,
    "official_tests": [{"input": "3\r\n", "output": "1 2\r\n"}, {"input": "5\r\n", "output": "2 3\r\n"}],
    "official_tests_complete": True,
    "input_mode": "stdio",
    "generated_checker": CHECKER,
    "executable": True,
    "generated_tests": 4,
}

SEED = {
    "question_id": "seed_1",
    "question": "Write add.",
    "starter_code": "class Solution:\n    def add(self, a, b):\n",
    "inputs": json.dumps([[1, 2], "[3, 4]"]),
    "outputs": json.dumps([3, "7"]),
    "is_synthesized": json.dumps([False, True]),
    "test_case_type": json.dumps(["official", "1e3"]),
    "func_name": "add",
    "class_name": "Solution",
}
SYNTHETIC = {
    "question_id": "synthetic_1",
    "question": "Print twice the number.",
    "inputs": json.dumps([f"{n}\n" for n in range(100)]),
    "outputs": json.dumps([f"{2 * n}\n" for n in range(100)]),
}
