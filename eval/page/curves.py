"""How a run went: rewards beside what random orders get, and what to watch in a GRPO run.

In: a `Run`. Out: sections. A long run's steps are averaged in blocks, so that a curve has at most some hundred points;
one step's figure is noise, so the curve in front is a moving mean over a tenth of the run.
"""

from collections.abc import Mapping, Sequence
from statistics import fmean

from dualset.eval.page.charts import COLOURS, RANDOM, curves
from dualset.eval.page.parts import Figure, Section, Table
from dualset.eval.page.record import Run
from dualset.eval.page.texts import name

__all__ = ["POINTS", "run_sections"]

POINTS = 200
"""Points of a curve at most."""
RUN, STEPS = "this run", "each step"
_RANKING = {
    "ranking/pairwise_accuracy": ("random/pairwise_accuracy", "Pairwise accuracy", "(right, wrong) pairs in order"),
    "ranking/ndcg": ("random/ndcg", "NDCG", "of well-formed rankings"),
    "ranking/selection": ("random/selection", "Selection", "the first of the ranking is right"),
    "ranking/valid": (None, "Valid rankings", "share that is well formed"),
    "generation/passed": (None, "Programs that pass", "share of the labelled answers"),
    "generation/has_code": (None, "Answers with code", "share of answers"),
    "generation/valid": (None, "Valid answers", "share with exactly one block of code that parses"),
    "watch/auc": (
        None,
        "Right above wrong",
        "how often a right answer earned more than a wrong one to the same prompt",
    ),
    "accuracy": (None, "Pair accuracy", "share of the pairs of a batch in the right order"),
    "margin": (None, "Margin", "score of the chosen program less that of the rejected one"),
    "coder/passed": (None, "Programs that pass", "share of the coder's answers that pass the problem's own tests"),
    "tester/accuracy": (None, "Right tests", "share of the tester's answers that the reference passes"),
    "tester/mutation_score": (None, "Mutation score", "of a selected program's mutants, gated on the program"),
    "selection/noise": (None, "Selection noise", "share of the selected programs that are wrong"),
    "selection/kept": (None, "Kept problems", "share that the rank filter lets through"),
}
_WATCHED = {
    "frac_reward_zero_std": ("Silent groups", "all answers earned the same: no gradient"),
    "reward_std": ("Spread of rewards", "within a group"),
    "entropy": ("Entropy", "of the policy, in nats a token"),
    "loss": ("Loss", ""),
    "mean_token_accuracy": ("Token accuracy", "on the targets"),
    "completions/mean_length": ("Length", "tokens an answer"),
    "completions/clipped_ratio": ("Truncated answers", "share cut at the limit of tokens"),
    "grad_norm": ("Gradient norm", ""),
    "learning_rate": ("Learning rate", ""),
    "step_time": ("Seconds a step", ""),
    "time/execution_s": ("Seconds of execution", "programs on tests, a turn"),
    "time/mutation_s": ("Seconds of mutation", "mutants on tests, a turn"),
}
_LINES = {RUN: COLOURS[0], RANDOM: COLOURS[1]}
_BY_RIGHT = "reward_by_n_correct/"


def run_sections(run: Run, measured: Sequence[Section] = ()) -> tuple[Section, ...]:
    """Rewards, what was measured, what to watch, and all figures at the run's beginning and end."""
    return tuple(section for section in (_rewards(run), *measured, _watched(run), _all(run)) if section.parts)


def _rewards(run: Run) -> Section:
    figures = []
    rewarded = f"rewarded: {name(str(run.record['reward'])).replace('_', ' ')}" if run.record.get("reward") else ""
    if "reward" in run.series:
        figures.append(_figure(run, "reward", "Reward", rewarded, None))
    for word, (random, title, note) in _RANKING.items():
        if word in run.series:
            figures.append(_figure(run, word, title, note, random))
    figures += [figure for figure in (_watch(run), _by_right(run)) if figure]
    said = "Dashed: what random orders of the same groups get." if any("random/" in word for word in run.series) else ""
    return Section(anchor="rewards", title="Rewards", said=said, parts=tuple(figures))


def _watched(run: Run) -> Section:
    known = {word: _WATCHED[word] for word in _WATCHED if word in run.series}
    measured = {word: (name(word), "on held-out rows") for word in sorted(run.series) if word.startswith("eval_")}
    figures = [
        _figure(run, word, title, note, None)
        for word, (title, note) in {**known, **dict(list(measured.items())[:8])}.items()
        if len(run.series[word]) > 1
    ]
    return Section(anchor="watched", title="To watch", parts=tuple(figures))


def _all(run: Run) -> Section:
    """The means of the first and the last tenth of the logs, as the record of a finished run keeps them."""
    metrics = run.record.get("metrics") or {}
    rows = tuple(
        (name(word), float(found["first"]), float(found["last"]))
        for word, found in sorted(metrics.items())
        if isinstance(found, Mapping) and {"first", "last"} <= set(found)
    )
    table = Table(
        title="Means over the first and the last tenth of the logs",
        columns=("figure", "first", "last"),
        rows=rows[:200],
        folded=True,
    )
    return Section(anchor="figures", title="All figures", parts=(table,) if rows else ())


def _figure(run: Run, word: str, title: str, note: str, random: str | None) -> Figure:
    points = thinned(run.series[word])
    rows = [{"step": step, "value": value, "line": STEPS} for step, value in points]
    smooth = moving_mean(points)
    rows += [{"step": step, "value": value, "line": RUN} for step, value in smooth]
    beside = moving_mean(thinned(run.series[random])) if random and random in run.series else []
    rows += [{"step": step, "value": value, "line": RANDOM} for step, value in beside]
    said = f"{title}: from {smooth[0][1]:.4g} to {smooth[-1][1]:.4g} over {smooth[-1][0]:,} steps." if smooth else title
    if beside:
        said += f" Random orders: {beside[-1][1]:.4g}."
    there = dict(beside)
    shown = smooth[:: max(1, len(smooth) // 12)]
    return Figure(
        name=word.replace("/", "-").replace("_", "-"),
        title=title,
        said=said,
        note=f"{note[:1].upper()}{note[1:]}. {said}" if note else said,
        chart=curves(rows, y_title=title.lower(), colours=_LINES, faint=STEPS),
        numbers=Table(
            title=f"{title}, moving mean",
            columns=("step", RUN, *((RANDOM,) if beside else ())),
            rows=tuple((step, value, *((there.get(step),) if beside else ())) for step, value in shown),
        ),
    )


def _watch(run: Run) -> Figure | None:
    """Whether a reward model is being hacked: what it gives and what really passes, which go together or part."""
    words = {"reward": "watch/reward", "pass rate": "watch/passed"}
    seen = {line: thinned(run.series.get(word, {})) for line, word in words.items()}
    if not all(points and points[0][1] > 0 for points in seen.values()):
        return None
    rows = [
        {"step": step, "value": value / points[0][1], "line": line}
        for line, points in seen.items()
        for step, value in points
    ]
    ends = "; ".join(f"{line}: {points[0][1]:.3f} to {points[-1][1]:.3f}" for line, points in seen.items())
    said = f"Of the answers that were run to watch the reward model, each figure over that of the first look. {ends}."
    return Figure(
        name="watch",
        title="Reward and pass rate",
        said=said,
        note=said,
        chart=curves(rows, y_title="times the first look", colours=dict(zip(seen, COLOURS, strict=False))),
        numbers=Table(
            title="Reward and pass rate, look by look",
            columns=("step", "reward", "pass rate"),
            rows=tuple(
                (step, reward, passed)
                for (step, reward), (_, passed) in zip(seen["reward"], seen["pass rate"], strict=False)
            ),
        ),
    )


def _by_right(run: Run) -> Figure | None:
    words = sorted((w for w in run.series if w.startswith(_BY_RIGHT)), key=lambda w: (len(w), w))[: len(COLOURS)]
    lines = {f"{word.removeprefix(_BY_RIGHT)} right": moving_mean(thinned(run.series[word])) for word in words}
    lines = {line: points for line, points in lines.items() if points}
    if not lines:
        return None
    rows = [{"step": s, "value": value, "line": line} for line, points in lines.items() for s, value in points]
    ends = "; ".join(f"{line}: {points[0][1]:.3f} to {points[-1][1]:.3f}" for line, points in lines.items())
    said = f"Reward by the number of right candidates. {ends}."
    return Figure(
        name="reward-by-n-correct",
        title="Reward by right candidates in the group",
        said=said,
        note=said,
        chart=curves(rows, y_title="reward", colours=dict(zip(lines, COLOURS, strict=False))),
        numbers=Table(
            title="Reward by right candidates, moving mean",
            columns=("group", "first", "last"),
            rows=tuple((line, points[0][1], points[-1][1]) for line, points in lines.items()),
        ),
    )


def thinned(values: Mapping[int, float | None], most: int = POINTS) -> list[tuple[int, float]]:
    """Consecutive steps averaged into at most so many points, each at its last step; nulls are left out."""
    known = [(step, value) for step, value in values.items() if value is not None]
    block = -(-len(known) // most) or 1
    parts = [known[i : i + block] for i in range(0, len(known), block)]
    return [(part[-1][0], fmean(value for _, value in part)) for part in parts]


def moving_mean(points: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """The mean of each tenth of the points up to a point, from the first whole tenth on."""
    window = max(1, len(points) // 10)
    values = [value for _, value in points]
    return [(step, fmean(values[i + 1 - window : i + 1])) for i, (step, _) in enumerate(points) if i + 1 >= window]
