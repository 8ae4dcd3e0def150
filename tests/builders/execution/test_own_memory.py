"""A program that looks through all of its own memory finds nothing of the program that ran before it.

Both are forked from the same zygote, one after the other: what the zygote had ever read of the first, its text, its
answer or a name that it made, would be in the memory of the second.
"""

import pytest
from levels import ONE_QUICKLY, needs, run_at
from sandbox_programs import call, stdio

from dualset.builders.dataset.records import Label, Problem
from dualset.builders.execution.settings import LabelSettings

TELLS = """
# text-8153
import gc, mmap, os, sys
def f(given):
    for name in ('name-8153', 'name-8153.py'): open(name, 'w').write('answer-8153')
    os.mkdir('d'), os.mkdir('d/name-8153')
    frame = sys._getframe()
    while frame:
        for value in frame.f_locals.values():
            if isinstance(value, mmap.mmap): value[1000:1009] = b'page-8153'
        frame = frame.f_back
    kept.extend('answer-8153' + str(i) for i in range(10_000))
    sys.modules['name-8153'] = sys
    sys.intern('name-8153')
    return 'answer-8153'
kept = []
"""
FAILS = "# text-8153\nimport os\ndef f(given): raise ValueError('error-8153')"
PRINTS = "# text-8153\nimport os\nprint(input().replace('input', 'answer'))\nopen('name-8153', 'w')"
THIEF = r"""
import ctypes, gc, os, re
libc = ctypes.CDLL(None)
libc.sbrk.restype = libc.mmap.restype = ctypes.c_void_p
libc.write.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t]
out, into = os.pipe()
PAGE, REACH = 4096, 1 << 20
SOUGHT = re.compile(rb'(?:text|answer|input|name|error|page)-[0-9]{4}')

def page(at):
    '''Its bytes; None: there is nothing that may be read.'''
    n = libc.write(into, at, PAGE)
    return os.read(out, PAGE) if n > 0 else None

def around():
    '''Addresses near every object, the heap, the stack, and what was mapped last.'''
    things = [*gc.get_objects(), *map(str, range(2000)), *map(float, range(99)), b'x' * 99, bytes(9999), bytes(1 << 21)]
    yield from map(id, things)
    for thing in things:
        if hasattr(thing, 'f_code') or hasattr(thing, 'co_code'): yield id(thing)
    heap = libc.sbrk(0)
    yield from range(heap - (64 << 20), heap, REACH)
    local = ctypes.c_long()
    yield from range(ctypes.addressof(local) - (8 << 20), ctypes.addressof(local) + (1 << 20), REACH)
    mapped = libc.mmap(None, PAGE, 3, 0x22, -1, 0)
    yield from range(mapped - (64 << 20), mapped + (64 << 20), REACH)

def f(given):
    found, looked = set(), 0
    for block in sorted({at // REACH for at in around()}):
        for at in range(block * REACH, (block + 1) * REACH, PAGE):
            text = page(at)
            looked += text is not None
            found.update(SOUGHT.findall(text or b''))
    return [sorted(word.decode() for word in found), looked * PAGE > (4 << 20)]
"""
ROOM = LabelSettings(timeout_s=10.0, memory_mb=128, output_kb=256)
ANSWER: Problem = call(('["input-8153"]', '"answer-8153"'))
NOTHING: Problem = call(("[0]", "[[], true]"))


@pytest.fixture(scope="module", params=ONE_QUICKLY)
def stolen(request: pytest.FixtureRequest) -> dict[str, Label]:
    """Labels at one level: friends and a thief, in turn, in one sandbox."""
    needs(request.param)
    echo = stdio(("input-8153", "answer-8153"))
    friends = [("tells", ANSWER, TELLS), ("prints", echo, PRINTS), ("fails", ANSWER, FAILS)]
    cases = [case for friend in friends for case in (friend, (f"after one that {friend[0]}", NOTHING, THIEF))]
    return run_at(request.param, [*cases, ("knows", NOTHING, THIEF + "kept = 'answer-' + str(8153)")], ROOM)


@pytest.mark.parametrize("friend", ["tells", "prints", "fails"])
def test_nothing_is_found_of_the_program_before(stolen: dict[str, Label], friend: str) -> None:
    label = stolen[f"after one that {friend}"]
    assert label.passed is True, label.first_failure


def test_the_friends_knew_the_answer_and_the_thief_can_find_it(stolen: dict[str, Label]) -> None:
    assert stolen["tells"].passed is True, stolen["tells"].first_failure
    assert stolen["prints"].passed is True, stolen["prints"].first_failure
    assert stolen["fails"].first_failure is not None
    assert stolen["fails"].first_failure.message == "line 3: error-8153"
    assert stolen["knows"].first_failure is not None
    assert stolen["knows"].first_failure.actual == '[["answer-8153"],true]'
