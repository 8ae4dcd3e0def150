"""Rankings answer by answer: what is written is what was measured, in SQL and on the page."""

from pathlib import Path
from typing import Any

import pytest

from dualset.builders.dataset.store import open_version
from dualset.eval.evaluate import evaluate
from dualset.eval.page.compose import version_page
from dualset.eval.page.parts import Group
from dualset.eval.rankings import rows_of, write_rankings
from dualset.eval.report import report
from dualset.eval.settings import EvalSettings
from dualset.sql.session import ask, connect

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def measured(small_version: Path, constant_model: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """Two judges, two repeats, two shown orders; and the file of their rankings."""
    folder = tmp_path_factory.mktemp("rankings")
    drawn: dict[str, Any] = {"temperature": 0.01, "max_tokens": 32}
    settings = EvalSettings(samples=0, repeats=2, orders=2, resamples=50, **drawn)
    found = evaluate(["micro", str(constant_model)], str(small_version), settings, home=folder / "home")
    dataset = f"{found.dataset}@{found.revision}"
    rows = [row for each in found.models for row in rows_of(each.name, each.revision, dataset, each.rankings)]
    write_rankings(rows, folder / "said.parquet")
    return report(found), folder / "said.parquet"


def test_the_rows_are_the_answers_that_were_measured(measured: tuple[Any, Path], small_version: Path) -> None:
    told, file = measured
    with connect(str(small_version), rankings=file) as connection:
        counted = ask(
            connection, "select count(*), count(distinct (model, group_id, repeat, order_index)) from rankings"
        )
        assert list(counted.rows) == [(2 * told["groups"] * 4,) * 2]
        first = "count(*) filter (first_slot = slot) / count(first_slot)"
        by_slot = ask(
            connection,
            f"select model, slot, {first} from rankings, range(1, 5) slots (slot) group by all order by model, slot",
        )
        shares: dict[str, list[float]] = {}
        for model, _, share in by_slot.rows:
            shares.setdefault(model, []).append(share)
    for model in told["models"]:
        assert shares[model["model"]] == pytest.approx(model["position_bias"]["first"])


def test_the_page_tells_the_places_beside_the_programs(
    measured: tuple[Any, Path], small_version: Path, constant_model: Path
) -> None:
    """The second judge always says 1, 2, 3, 4."""
    _, file = measured
    page = version_page(open_version(str(small_version)), {}, [file])
    groups = [part for section in page.sections for part in section.parts if isinstance(part, Group)]
    judged = [group for group in groups if group.judged]
    assert judged
    for group in judged:
        for member in group.members:
            assert f"{constant_model.name} {member.place}" in member.judged
        first = "right" if group.members[0].correct else "wrong"
        assert f"{constant_model.name} puts 1 first, which is {first}" in group.judged
    bare = version_page(open_version(str(small_version)), {})
    assert not any(part.judged for section in bare.sections for part in section.parts if isinstance(part, Group))
