"""The floors of docs/architecture.md: a lower room never imports a higher one."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = ["builders", "sql", "eval", "train", "cli"]
ROOMS = [
    "dataset",
    "problems",
    "candidates",
    "generated",
    "execution",
    "mutation",
    "consensus",
    "checkup",
    "cluster",
    "groups",
    "pairs",
    "recipe",
    "sampled",
    "labelling",
    "assemble",
    "forecast",
    "build",
    "recorded",
    "next_round",
]
# small files that every room may use
ANY_FLOOR = {"at_work", "errors", "plain_yaml", "progress", "settings", "shards", "spill"}


def modules() -> Iterator[tuple[str, Path]]:
    for floor in FLOORS:
        folder = ROOT / ("src/dualset/cli" if floor == "cli" else floor)
        yield from ((floor, path) for path in sorted(folder.rglob("*.py")))


def imports(path: Path) -> Iterator[list[str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield (node.module or "").split(".")
        elif isinstance(node, ast.Import):
            yield from (alias.name.split(".") for alias in node.names)


@pytest.mark.parametrize(("floor", "path"), [pytest.param(f, p, id=str(p.relative_to(ROOT))) for f, p in modules()])
def test_a_lower_floor_never_imports_a_higher_one(floor: str, path: Path) -> None:
    for name in imports(path):
        if name[0] != "dualset" or len(name) < 2:
            continue
        assert FLOORS.index(name[1]) <= FLOORS.index(floor), f"{path} imports {'.'.join(name)}"
        if floor == name[1] == "builders":
            here = path.relative_to(ROOT / "builders").parts[0].removesuffix(".py")
            there = name[2]
            if {here, there} & ANY_FLOOR:
                assert here not in ANY_FLOOR or there in ANY_FLOOR | {"dataset"}, f"{path} imports {'.'.join(name)}"
                continue
            assert ROOMS.index(there) <= ROOMS.index(here), f"{path} imports {'.'.join(name)}"


def test_the_four_rooms_are_not_packages_of_their_own() -> None:
    """A top-level ``sql`` package would shadow jupysql's of that name."""
    assert not [room for room in ("builders", "sql", "eval", "train") if (ROOT / room / "__init__.py").exists()]
