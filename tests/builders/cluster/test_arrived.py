"""What arrives late, twice, torn or after the driver was killed: each completion and shard is kept once."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from dualset.builders.candidates.completions import Completions
from dualset.builders.candidates.samplers.sampler import Answered, Completion, Request
from dualset.builders.cluster.arrived import ArrivedCompletions, ArrivedLabels
from dualset.builders.cluster.pieces import Pieces, read_piece
from dualset.builders.cluster.place import Place
from dualset.builders.errors import VersionError

FILE = f"{'a' * 16}.jsonl.gz"
WAY = {"model": "m"}


def said(*words: str) -> list[Completion]:
    return [Completion(word, 3, "stop", -0.5) for word in words]


@pytest.fixture(params=["shared", "elsewhere"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return Place(str(tmp_path / "work" if request.param == "shared" else tmp_path / "else" / "where"))


def completions(tmp_path: Path) -> Completions:
    return Completions(tmp_path / "work" / "completions", WAY)


def arrivals(place: Place, kept: Completions, tmp_path: Path) -> ArrivedCompletions:
    stage = f"completions/{kept.folder.name}"
    return ArrivedCompletions(place, kept, stage, elsewhere=str(tmp_path / "work") != place.address)


def attempt(place: Place, kept: Completions, name: str, said: Sequence[Completion], start: int = 0) -> list[str]:
    pieces = Pieces(place, f"arrived/completions/{kept.folder.name}/{name}")
    for i, completion in enumerate(said, start):
        pieces.add(FILE, i, completion)
    pieces.send()
    return pieces.names


def test_what_two_attempts_made_is_kept_once_and_the_first_that_was_taken_counts(place: Place, tmp_path: Path) -> None:
    kept = completions(tmp_path)
    arrived = arrivals(place, kept, tmp_path)
    first = attempt(place, kept, "order.1", said("a", "b"))
    second = attempt(place, kept, "order.2", said("A", "B", "C"))
    assert arrived.take(second) == 3
    assert arrived.take([*first, *second]) == 0
    assert [each.text for each in kept.read(kept.folder / FILE).values()] == ["A", "B", "C"]
    assert arrived.twice == 2
    assert place.names(f"arrived/completions/{kept.folder.name}") == []


def test_a_torn_piece_gives_what_is_whole_and_takes_nothing_from_the_file(place: Place, tmp_path: Path) -> None:
    kept = completions(tmp_path)
    [name] = attempt(place, kept, "order.1", said("a", "b", "c"))
    data = place.get(name)
    assert data is not None
    for cut in range(len(data)):
        whole = [index for _, index, _ in read_piece(data[:cut])]
        assert whole == list(range(len(whole)))
        assert len(whole) < 3 or cut > len(data) - 12  # its last bytes are a sum over the line, which is there
    place.put(name, data[:-20])
    assert arrivals(place, kept, tmp_path).take([name]) == 2
    assert sorted(kept.read(kept.folder / FILE)) == [0, 1]


def test_what_a_killed_driver_did_not_take_is_taken_by_the_next(place: Place, tmp_path: Path) -> None:
    kept = completions(tmp_path)
    attempt(place, kept, "order.1", said("a", "b"))
    arrivals(place, kept, tmp_path).take_left()
    assert sorted(kept.read(kept.folder / FILE)) == [0, 1]


def test_another_machine_fetches_what_is_finished_and_adds_to_what_it_has(tmp_path: Path) -> None:
    place, kept = Place(str(tmp_path / "shared")), completions(tmp_path)
    arrived = ArrivedCompletions(place, kept, f"completions/{kept.folder.name}", elsewhere=True)
    arrived.take(attempt(place, kept, "order.1", said("a", "b", "c")))
    for here in (None, said("z")):
        other = Completions(tmp_path / f"other-{here is None}", WAY)
        for i, completion in enumerate(here or []):
            other.add(other.folder / FILE, Answered(Request("", i, 0, ()), completion))
        ArrivedCompletions(place, other, f"completions/{kept.folder.name}", elsewhere=True).fetch([FILE, "b" * 16])
        texts = {i: each.text for i, each in other.read(other.folder / FILE).items()}
        assert texts == {0: "z" if here else "a", 1: "b", 2: "c"}
        assert [path.name for path in other.folder.iterdir() if path.name != "way.json"] == [FILE]


def test_a_file_name_that_is_none_of_ours_writes_nothing_elsewhere(place: Place, tmp_path: Path) -> None:
    kept = completions(tmp_path)
    line = json.dumps(["../../../outside.jsonl.gz", 0, "a", 1, "stop", None])
    place.put(f"arrived/completions/{kept.folder.name}/order.1", gzip.compress(f"{line}\n".encode()))
    arrivals(place, kept, tmp_path).take_left()
    assert not list(tmp_path.rglob("outside*"))


def test_a_store_without_append_gets_a_piece_every_so_often(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, now = Place(str(tmp_path)), 0.0
    monkeypatch.setattr(place, "appends", False)
    pieces = Pieces(place, "arrived/x/order.1", lambda: now)
    for second in range(50):
        now = float(second)
        pieces.add(FILE, second, said("a")[0])
    assert len(place.names("arrived/x")) == 2
    pieces.send()
    found = [index for name in place.names("arrived/x") for _, index, _ in read_piece(place.get(name) or b"")]
    assert found == list(range(50))


def test_a_shard_that_arrives_twice_has_one_name_and_strangers_none(place: Place, tmp_path: Path) -> None:
    folder = tmp_path / "work" / "labels"
    arrived = ArrivedLabels(place, folder, "labels", elsewhere=str(tmp_path / "work") != place.address)
    shard = "b" * 16
    for attempt in ("1" * 16, "2" * 16):
        place.put(f"arrived/labels/{shard}.{attempt}.parquet", attempt.encode())
    place.put("arrived/labels/notes.txt", b"?")
    place.put(f"arrived/labels/{shard}.{'3' * 16}.parquet.tmp", b"half")
    arrived.take_left()
    assert [path.name for path in folder.iterdir()] == [f"{shard}.parquet"]
    assert (folder / f"{shard}.parquet").read_text() == "2" * 16
    assert place.get(f"labels/{shard}.parquet") == b"2" * 16


@pytest.mark.parametrize(
    ("address", "line"),
    [
        ("memory://work", "the memory of one process"),
        ("nonsense://work", "Protocol not known: nonsense"),
        ("/proc/1/nothing", "cannot write to /proc/1/nothing"),
    ],
)
def test_a_place_that_cannot_be_one_is_refused_in_one_line(address: str, line: str) -> None:
    with pytest.raises(VersionError, match=line) as refused:
        Place(address).check()
    assert "\n" not in str(refused.value)
