"""Completions that are kept: only the missing ones are asked for, and none is lost or made twice."""

import gzip
import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dualset.builders.candidates.identity import Identity, identify
from dualset.builders.candidates.policy import Policy, load_policy
from dualset.builders.candidates.prompts import load_template
from dualset.builders.candidates.render import Renderer
from dualset.builders.candidates.sample import Sampled, first_seed, sample_candidates, way_of
from dualset.builders.candidates.samplers.sampler import PROMPT_TOO_LONG, Answered, Completion, Request
from dualset.builders.candidates.samplers.transformers import TransformersSampler
from dualset.builders.candidates.settings import CandidateSettings, ServerSettings
from dualset.builders.dataset.records import Problem, row
from dualset.builders.dataset.words import Style
from dualset.builders.errors import ModelError, RecipeError, VersionError
from dualset.builders.problems.micro import micro_problems

SETTINGS = CandidateSettings(source="transformers", model="tiny", n=3, max_tokens=8, seed=5)
MODEL = Identity("tiny", "0" * 64)


def problem(name: str) -> Problem:
    return Problem(problem_id=name, source="micro", source_id=name, statement=f"Do {name}.", style=Style.STDIO)


PROBLEMS = [problem("a"), problem("b")]
CHAT = ({"role": "user", "content": "Do a."},)


class Spy:
    """A sampler that notes what it is asked, and stops answering after ``most`` requests."""

    def __init__(self, inner: Any, most: int = 10**9) -> None:
        self.inner, self.most = inner, most
        self.asked: list[tuple[str, int]] = []

    def sample(self, requests: Iterable[Request]) -> Iterator[Answered]:
        for answered in self.inner.sample(requests):
            if len(self.asked) == self.most:
                msg = "the machine was switched off"
                raise ModelError(msg)
            self.asked.append(answered.request[:2])
            yield answered


@pytest.fixture(scope="module")
def policy(tiny_model: Path) -> Policy:
    return load_policy(str(tiny_model), device="cpu")


@pytest.fixture
def sampler(policy: Policy) -> Spy:
    return Spy(TransformersSampler(policy, SETTINGS))


def kept(folder: Path, settings: CandidateSettings = SETTINGS, identity: Identity = MODEL) -> Sampled:
    return Sampled.at(folder, settings, identity, load_template("statement"))


def test_a_candidate_says_how_it_was_sampled(sampler: Spy) -> None:
    candidates = sample_candidates(SETTINGS, PROBLEMS, sampler, MODEL)  # type: ignore[arg-type]
    assert [(c.problem_id, c.sample_index) for c in candidates] == [(p, i) for p in "ab" for i in range(3)]
    assert len({c.candidate_id for c in candidates}) == 6
    last = candidates[-1]
    assert (last.model, last.model_revision, last.sampler) == (*MODEL, "transformers")
    assert (last.temperature, last.top_p, last.top_k, last.seed) == (1.0, 1.0, 0, first_seed(5, "b") + 2)
    assert last.finish_reason in {"stop", "length"}
    assert last.n_tokens is not None
    assert last.mean_logprob is not None


def test_what_is_kept_is_what_was_sampled_and_is_not_asked_again(sampler: Spy, tmp_path: Path) -> None:
    wanted = sample_candidates(SETTINGS, PROBLEMS, sampler, MODEL)  # type: ignore[arg-type]
    sampler.asked.clear()
    kept(tmp_path).fill(sampler, PROBLEMS)  # type: ignore[arg-type]
    assert sorted(sampler.asked) == [(p, i) for p in "ab" for i in range(3)]
    again = kept(tmp_path)
    assert [c for p in PROBLEMS for c in again.candidates(p)] == wanted
    assert again.missing(PROBLEMS) == []


def test_more_samples_ask_only_for_the_missing_ones(sampler: Spy, tmp_path: Path) -> None:
    kept(tmp_path).fill(sampler, PROBLEMS)  # type: ignore[arg-type]
    sampler.asked.clear()
    more = kept(tmp_path, replace(SETTINGS, n=5))
    more.fill(sampler, PROBLEMS)  # type: ignore[arg-type]
    assert sorted(sampler.asked) == [(p, i) for p in "ab" for i in (3, 4)]
    whole = sample_candidates(replace(SETTINGS, n=5), PROBLEMS, sampler, MODEL)  # type: ignore[arg-type]
    assert [c for p in PROBLEMS for c in more.candidates(p)] == whole
    assert [c for p in PROBLEMS for c in kept(tmp_path).candidates(p)] == [c for c in whole if c.sample_index < 3]


def test_what_came_before_a_failure_is_kept(policy: Policy, tmp_path: Path) -> None:
    one_by_one = TransformersSampler(policy, replace(SETTINGS, batch_size=1))
    with pytest.raises(ModelError, match="switched off"):
        kept(tmp_path).fill(Spy(one_by_one, most=4), PROBLEMS)  # type: ignore[arg-type]
    rest = Spy(one_by_one)
    kept(tmp_path).fill(rest, PROBLEMS)  # type: ignore[arg-type]
    assert len(rest.asked) == 2
    wanted = sample_candidates(SETTINGS, PROBLEMS, rest, MODEL)  # type: ignore[arg-type]
    assert [c for p in PROBLEMS for c in kept(tmp_path).candidates(p)] == wanted


def test_a_sampler_that_leaves_something_out_is_told_of(tmp_path: Path) -> None:
    class Lazy:
        def sample(self, requests: Iterable[Request]) -> Iterator[Answered]:
            yield from (Answered(r, Completion("x", 1, "stop", None)) for r in requests if r.sample_index)

    with pytest.raises(ModelError, match="2 of 6 completions were not given: run the same command again"):
        kept(tmp_path).fill(Lazy(), PROBLEMS)  # type: ignore[arg-type]
    assert [i for _, i in kept(tmp_path).missing(PROBLEMS)] == [[0], [0]]


@pytest.mark.parametrize("cut", [1, 9, 30])
def test_a_line_that_a_crash_cut_makes_room_for_the_next(sampler: Spy, tmp_path: Path, cut: int) -> None:
    store = kept(tmp_path)
    store.fill(sampler, PROBLEMS)  # type: ignore[arg-type]
    wanted = store.candidates(PROBLEMS[0])
    [path] = [p for p in store.kept.folder.glob("*.gz") if p == store._path(PROBLEMS[0])]
    path.write_bytes(path.read_bytes()[:-cut])
    assert [i for _, i in store.missing(PROBLEMS)] == [[2]]
    store.fill(sampler, PROBLEMS)  # type: ignore[arg-type]
    assert kept(tmp_path).candidates(PROBLEMS[0]) == wanted
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()  # what zcat shows
    assert [json.loads(line)[0] for line in lines] == [0, 1, 2]


def test_a_damaged_file_is_one_line_that_says_what_to_do(sampler: Spy, tmp_path: Path) -> None:
    store = kept(tmp_path)
    store.fill(sampler, PROBLEMS)  # type: ignore[arg-type]
    path = store._path(PROBLEMS[0])
    data = bytearray(path.read_bytes())
    data[40] ^= 255
    path.write_bytes(data)
    with pytest.raises(VersionError, match=r"is damaged at byte 0 \(.*\): delete it and run the same command again"):
        store.missing(PROBLEMS)
    assert path.read_bytes() == data


@pytest.mark.parametrize(
    "other",
    [
        {"temperature": 0.5},
        {"max_tokens": 9},
        {"seed": 6},
        {"stop": ("x",)},
        {"thinking": False},
        {"template_args": {"a": 1}},
    ],
)
def test_another_way_of_sampling_shares_nothing(sampler: Spy, tmp_path: Path, other: dict[str, Any]) -> None:
    kept(tmp_path).fill(sampler, PROBLEMS)  # type: ignore[arg-type]
    assert len(kept(tmp_path, replace(SETTINGS, **other)).missing(PROBLEMS)) == 2
    assert len(kept(tmp_path, SETTINGS, Identity("tiny", "1" * 64)).missing(PROBLEMS)) == 2
    assert kept(tmp_path, replace(SETTINGS, batch_size=2, device="cpu")).missing(PROBLEMS) == []


def test_another_round_draws_anew_and_says_so(sampler: Spy, tmp_path: Path) -> None:
    kept(tmp_path).fill(sampler, PROBLEMS)  # type: ignore[arg-type]
    second = Sampled.at(tmp_path, SETTINGS, MODEL, load_template("statement"), round_index=1)
    assert len(second.missing(PROBLEMS)) == 2
    second.fill(sampler, PROBLEMS)  # type: ignore[arg-type]
    first, again = (store.candidates(PROBLEMS[0]) for store in (kept(tmp_path), second))
    assert [c.round for c in first + again] == [0] * 3 + [1] * 3
    assert [c.seed for c in again] == [first_seed(5, "a", 1) + i for i in range(3)]
    assert not {c.seed for c in first} & {c.seed for c in again}


def test_another_prompt_shares_nothing(sampler: Spy, tmp_path: Path) -> None:
    kept(tmp_path).fill(sampler, PROBLEMS)  # type: ignore[arg-type]
    other = Sampled.at(tmp_path, SETTINGS, MODEL, load_template("program"))
    assert len(other.missing(PROBLEMS)) == 2
    reworded = [replace(PROBLEMS[0], statement="Do a!"), PROBLEMS[1]]
    assert [p.problem_id for p, _ in kept(tmp_path).missing(reworded)] == ["a"]


def test_that_no_prompt_fits_is_not_believed(policy: Policy, tmp_path: Path) -> None:
    long = [replace(problem(name), statement="y" * 100) for name in "ab"]
    store = kept(tmp_path)
    with pytest.raises(ModelError, match="none of 6 prompts fits the model's context window: is it the right model"):
        store.fill(TransformersSampler(policy, SETTINGS), long)
    assert len(store.missing(long)) == 2


def test_a_served_model_is_kept_apart_by_its_whole_name_and_without_a_commit_by_its_address() -> None:
    def way(model: str, url: str, revision: str | None = None) -> dict[str, Any]:
        served = CandidateSettings(source="openai", model=model, server=ServerSettings(url=url))
        return way_of(served, identify(replace(served, model_revision=revision)))

    here, there, digest = "http://a:1/v1", "http://b:1/v1", "d" * 64
    assert identify(CandidateSettings(source="openai", model="/run1/final")) == ("final", None)
    assert way("/run1/final", here) != way("/run2/final", here)
    assert way("default", here) != way("default", there)
    assert way("default", here, digest) == way("default", there, digest)
    assert way("default", here) == way("default", "http://ada:secret@a:1/v1")
    assert "secret" not in str(way("default", "http://ada:secret@a:1/v1"))


def test_one_chat_that_the_template_refuses_does_not_stop_the_others(policy: Policy, tmp_path: Path) -> None:
    (tmp_path / "t.jinja").write_text(
        "{% if 'a' in messages[0].content %}{{ raise_exception('no a') }}{% endif %}{{ messages[0].content }}"
    )
    settings = replace(SETTINGS, chat_template=str(tmp_path / "t.jinja"))
    store = kept(tmp_path / "kept", settings)
    with pytest.raises(ModelError, match=r"refuses a chat .no a"):
        store.fill(TransformersSampler(policy, settings), [problem("a"), problem("c")])
    assert [p.problem_id for p, _ in store.missing([problem("a"), problem("c")])] == ["a"]


def test_many_completions_of_a_problem_are_read_in_a_moment(tmp_path: Path) -> None:
    store = kept(tmp_path, replace(SETTINGS, n=20_000))
    path = store._path(PROBLEMS[0])
    lines = (gzip.compress(json.dumps([i, f"{i}" * 50, 3, "stop", None]).encode(), 1) for i in range(20_000))
    path.write_bytes(b"".join(lines))
    began = time.process_time()
    assert len(store.kept.read(path)) == 20_000
    assert time.process_time() - began < 5  # it was 3 s for 20,000 and four times that for twice as many


def test_a_prompt_that_does_not_fit_is_kept_as_that(policy: Policy, tmp_path: Path) -> None:
    long = replace(problem("a"), statement="y" * 100)
    store = kept(tmp_path)
    store.fill(TransformersSampler(policy, SETTINGS), [long, problem("b")])
    found = store.candidates(long)
    assert [(c.completion, c.code, c.finish_reason, c.n_tokens) for c in found] == [("", None, PROMPT_TOO_LONG, 0)] * 3
    assert {c.extraction for c in found} == {"no_code"}
    assert all(c.finish_reason != PROMPT_TOO_LONG for c in store.candidates(problem("b")))


def test_what_a_table_cannot_hold_is_mended(tmp_path: Path) -> None:
    class Odd:
        def sample(self, requests: Iterable[Request]) -> Iterator[Answered]:
            yield from (Answered(r, Completion("half \ud83d pair", None, "stop", float("nan"))) for r in requests)

    store = kept(tmp_path)
    store.fill(Odd(), PROBLEMS)  # type: ignore[arg-type]
    [first, *_] = store.candidates(PROBLEMS[0])
    assert (first.completion, first.n_tokens, first.mean_logprob) == ("half ? pair", None, None)


def test_stop_texts_end_an_answer() -> None:
    """A text of several tokens, one that begins inside a token, and one that never comes."""
    micro = load_policy("micro", device="cpu")
    asked = micro_problems(3, 0)
    greedy = replace(SETTINGS, temperature=0.0, n=1, max_tokens=60)
    free = sample_candidates(greedy, asked, TransformersSampler(micro, greedy), MODEL)
    for stop in ("return", "eturn ", "never said"):
        cut = replace(greedy, stop=(stop, "@@"))
        stopped = sample_candidates(cut, asked, TransformersSampler(micro, cut), MODEL)
        assert [c.completion for c in stopped] == [c.completion.partition(stop)[0] for c in free]
        assert {c.finish_reason for c in stopped} == {"stop"}
        shorter = [a.n_tokens < b.n_tokens for a, b in zip(stopped, free, strict=True) if a.n_tokens and b.n_tokens]
        assert shorter == [stop != "never said"] * 3


def test_a_chat_template_of_ones_own_and_what_it_is_told(policy: Policy, tmp_path: Path) -> None:
    (tmp_path / "t.jinja").write_text("{{ messages[0].content }}|{{ enable_thinking }}|{{ effort }}|<think>")
    own = {"chat_template": str(tmp_path / "t.jinja"), "thinking": True, "template_args": {"effort": "high"}}
    settings = replace(SETTINGS, n=1, **own)  # type: ignore[arg-type]
    made = Renderer(policy.tokenizer, settings.chat_args, settings.own_chat_template).render(CHAT)
    assert policy.tokenizer.decode(made.ids) == "Do a.|True|high|<think>"
    [answered] = TransformersSampler(policy, settings).sample([Request("a", 0, 7, CHAT)])
    assert answered.completion.text.startswith("<think>\n")
    with pytest.raises(ModelError, match="the model's chat template refuses a chat"):
        Renderer(policy.tokenizer, {}, "{{ messages[0].content.nothing.at_all }}").render(CHAT)


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("n", 0, "1 or more"),
        ("temperature", -1.0, "0 or more"),
        ("top_p", 0.0, "above 0"),
        ("top_k", -1, "0 \\(off\\)"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(sampler: Spy, name: str, value: float, wanted: str) -> None:
    settings = replace(SETTINGS, **{name: value})  # type: ignore[arg-type]
    with pytest.raises(RecipeError, match=f"candidates.{name} is {value}: expected {wanted}"):
        sample_candidates(settings, PROBLEMS, sampler, MODEL)  # type: ignore[arg-type]


def test_rows_fit_the_table(sampler: Spy) -> None:
    import pyarrow as pa

    from dualset.builders.dataset.schema import TABLES

    rows = [row(c) for c in sample_candidates(SETTINGS, PROBLEMS, sampler, MODEL)]  # type: ignore[arg-type]
    assert pa.Table.from_pylist(rows, schema=TABLES["candidates"].schema).to_pylist() == rows
