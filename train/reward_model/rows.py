"""Pairs as TRL's RewardTrainer takes them: token ids of both sides, cut at their end where they are too long.

In: pairs, a tokenizer, a limit. Out: a ``datasets.Dataset`` with ``chosen_ids`` and ``rejected_ids``, and what was cut
or left out. TRL itself drops pairs beyond ``max_length`` in silence; here they are cut as in scoring, and counted. A
pair whose two sides are the same after the cut teaches nothing and is left out.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from dualset.builders.errors import ModelError
from dualset.builders.pairs.pair import Pair
from dualset.builders.progress import Progress
from dualset.eval.reward_model import scored_tokens

__all__ = ["PairRows", "pair_rows"]

_AT_ONCE = 256


class PairRows(NamedTuple):
    """What is trained on.

    Attributes:
        rows: the pairs as token ids.
        pair_ids: of these, in order.
        problems: how many they are of.
        longest: tokens of the longest side, before a cut.
        cut: pairs of which a side was cut (and left out with ``drop_long``), blind ones aside.
        blind: pairs left out because both sides are the same after the cut.
        sources: what decided which one is chosen.
    """

    rows: Any
    pair_ids: tuple[str, ...]
    problems: int
    longest: int
    cut: int
    blind: int
    sources: tuple[str, ...]


def pair_rows(
    pairs: Iterable[Pair], tokenizer: Any, max_tokens: int | None, *, drop_long: bool, progress: Progress
) -> PairRows:
    """Tokenize and cut them.

    Args:
        pairs: streamed; the token ids are held (4 bytes each).
        tokenizer: of the model; it needs a chat template.
        max_tokens: where a side is cut; None: nowhere.
        drop_long: leave out the pairs of which a side would be cut.
        progress: told the pairs done.
    """
    import datasets
    import pyarrow as pa

    if not getattr(tokenizer, "chat_template", None):
        msg = f"the tokenizer of {tokenizer.name_or_path!r} has no chat template: use a chat model, or give it one"
        raise ModelError(msg)
    schema = pa.schema([(name, pa.list_(pa.int32())) for name in ("chosen_ids", "rejected_ids")])
    parts, ids, problems, sources = [], list[str](), set[str](), set[str]()
    longest = cut = blind = done = 0
    for part in _parts(pairs):
        made: dict[str, list[list[int]]] = {"chosen_ids": [], "rejected_ids": []}
        sides = [(p.question_content, code) for p in part for code in (p.code_pos, p.code_neg)]
        tokens = iter(scored_tokens(tokenizer, sides))
        for pair in part:
            chosen, rejected = next(tokens), next(tokens)
            longest = max(longest, len(chosen), len(rejected))
            is_blind = chosen[:max_tokens] == rejected[:max_tokens]
            is_cut = max_tokens is not None and max(len(chosen), len(rejected)) > max_tokens and not is_blind
            cut += is_cut
            blind += is_blind
            if is_blind or (is_cut and drop_long):
                continue
            made["chosen_ids"].append(chosen[:max_tokens])
            made["rejected_ids"].append(rejected[:max_tokens])
            ids.append(pair.pair_id)
            problems.add(pair.problem_id)
            sources.add(pair.label_source or "unknown")
        parts.append(pa.table(made, schema=schema))
        done += len(part)
        progress("pairs", done, 0)
    rows = datasets.Dataset(datasets.table.InMemoryTable(pa.concat_tables(parts or [schema.empty_table()])))
    return PairRows(rows, tuple(ids), len(problems), longest, cut, blind, tuple(sorted(sources)))


def _parts(pairs: Iterable[Pair]) -> Iterator[list[Pair]]:
    left = iter(pairs)
    while part := list(islice(left, _AT_ONCE)):
        yield part
