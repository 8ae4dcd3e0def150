"""``dualset push REF ORG/NAME``: publish a version, or a trained model, on the Hugging Face Hub."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from dualset.cli.output import print_json, remark

__all__ = ["command"]


@click.command("push")
@click.argument("ref", metavar="REF|FOLDER")
@click.argument("repo", metavar="ORG/NAME")
@click.option("--tag", metavar="TAG", help="Name the commit on the Hub; a tag that exists is never moved.")
@click.option(
    "--results",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Of a model: what  dualset eval -o FILE  measured, for its card.",
)
@click.option("--private", is_flag=True, help="Create the repository so that only its owners see it.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and touch nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    ref: str, repo: str, tag: str | None, results: Path | None, private: bool, dry_run: bool, as_json: bool
) -> None:
    """Publish the version REF as the Hub dataset ORG/NAME, or the trained model in FOLDER as the Hub model ORG/NAME:
    one commit that holds all of it, then a tag.

    A version is verified first. Repeating a push does nothing, and takes up one that was interrupted. Log in with
    hf auth login, or set HF_TOKEN.

        dualset push micro@v1 ada/micro --tag v1

        dualset push models/micro-rank ada/micro-rank --results eval.json
    """
    if _is_run(Path(ref)):
        _push_model(Path(ref), repo, tag, results, private, dry_run, as_json)
        return
    if results is not None:
        msg = f"--results is for a model's card, and {ref} is no folder that  dualset train  made"
        raise click.UsageError(msg)
    from dualset.builders.dataset.hub.push import push

    pushed = push(ref, repo, tag=tag, private=private, dry_run=dry_run)
    if as_json:
        print_json(asdict(pushed) | {"dry_run": dry_run})
        return
    for line in _lines(pushed, dry_run):
        remark(line)
    if pushed.sha is not None:
        click.echo(f"hf://datasets/{pushed.repo}@{pushed.sha}")


def _is_run(folder: Path) -> bool:
    """Whether it is a folder that training made, finished or not; of rounds, the folder above its runs."""
    from dualset.train.folder import RECORD
    from dualset.train.rounds.ledger import LEDGER

    return (folder / RECORD).is_file() or (folder / LEDGER).is_file()


def _push_model(
    folder: Path, repo: str, tag: str | None, results: Path | None, private: bool, dry_run: bool, as_json: bool
) -> None:
    from dualset.train.push import push_model

    pushed = push_model(folder, repo, results=results, tag=tag, private=private, dry_run=dry_run)
    if as_json:
        print_json(asdict(pushed) | {"dry_run": dry_run})
        return
    done = "would be published as" if dry_run else "published as"
    if pushed.committed:
        remark(f"{folder} {done} {pushed.repo}, one commit: {len(pushed.add)} files, {pushed.bytes / 1e6:,.1f} MB")
        for path in pushed.delete:
            remark(f"  delete     {path}")
    else:
        remark(f"{folder} is on the Hub already as {pushed.repo}@{pushed.sha}: nothing to commit")
    if pushed.tag is not None:
        was = "would be made" if dry_run else "made"
        remark(f"tag {pushed.tag} {was if pushed.tagged else 'is there'}")
    if pushed.page is not None:
        remark(pushed.page)
    if pushed.sha is not None:
        remark(f"load it:  --model {pushed.repo} --model-revision {pushed.sha}")
        click.echo(f"hf://{pushed.repo}@{pushed.sha}")


def _lines(pushed: Any, dry_run: bool) -> list[str]:
    """What was or would be done, for a person."""
    what = f"{pushed.name}@{pushed.revision[:12]}"
    plan = pushed.plan
    if plan is None:
        lines = [f"{what} is on the Hub already as {pushed.repo}@{pushed.sha}: nothing to commit"]
    else:
        done = "would be published as" if dry_run else "published as"
        lines = [f"{what} {done} {pushed.repo}, one commit"]
        lines += [f"  upload     {path}" for path in plan.upload]
        lines += [f"  add        {path}  (its bytes are there)" for path in plan.add if path not in plan.upload]
        lines += [f"  delete     {path}" for path in plan.delete]
        if plan.edited_card is not None:
            lines.append(f"  replace    README.md, which somebody wrote; the commit {plan.edited_card} keeps it")
        lines += [f"  {len(plan.upload)} files, {plan.upload_bytes / 1e6:,.1f} MB; {len(plan.unchanged)} unchanged"]
    if pushed.tag is not None:
        was = "would be made" if dry_run else "made"
        lines.append(f"tag {pushed.tag} {was if pushed.tagged else 'is there'}")
    if pushed.page is not None:
        lines.append(pushed.page)
    return lines
