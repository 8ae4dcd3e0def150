"""A page and its figures as files; nothing that is not a page or a figure of ours is written over unless asked.

In: a `Page`, paths. Out: files, each written whole or not at all.
"""

import os
from pathlib import Path

from dualset.builders.errors import DualsetError
from dualset.eval.page.draw import png, svg
from dualset.eval.page.page import GENERATOR
from dualset.eval.page.parts import WIDE, Page

__all__ = ["check_target", "save_figures", "save_page"]

_MARK = f"<!-- {GENERATOR} -->"
_HEAD = 2000


def check_target(path: Path, *, overwrite: bool) -> None:
    """Whether a page may be written there.

    Raises:
        DualsetError: something is there that is no page of ours, and ``overwrite`` was not asked for.
    """
    if path.is_dir():
        msg = f"{path} is a folder: give -o a file, e.g. {path / 'report.html'}"
        raise DualsetError(msg)
    if not overwrite and path.exists() and f'content="{GENERATOR}"' not in _head(path):
        msg = f"{path} is there and is no page of dualset report: give -o another file, or add --overwrite"
        raise DualsetError(msg)


def save_page(text: str, path: Path) -> None:
    """Write a page."""
    _write(path, text.encode())


def save_figures(page: Page, folder: Path, *, overwrite: bool) -> list[Path]:
    """Write each figure as NAME.svg and NAME.png; an SVG of ours may be written over, and the PNG beside it.

    Raises:
        DualsetError: a file of that name is there that is not ours, and ``overwrite`` was not asked for.
    """
    stems = [folder / figure.name for figure in page.figures]
    for stem in stems:
        drawn, painted = stem.with_suffix(".svg"), stem.with_suffix(".png")
        ours = drawn.is_file() and _MARK in _head(drawn)
        if not overwrite and not ours and (drawn.exists() or painted.exists()):
            msg = (
                f"{drawn if drawn.exists() else painted} is there and is not ours: give another folder, or --overwrite"
            )
            raise DualsetError(msg)
    written = []
    for figure, stem in zip(page.figures, stems, strict=True):
        chart = figure.chart(WIDE).properties(background="white")
        _write(stem.with_suffix(".svg"), f"{_MARK}\n{svg(chart)}\n".encode())
        _write(stem.with_suffix(".png"), png(chart))
        written += [stem.with_suffix(".svg"), stem.with_suffix(".png")]
    return written


def _head(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(_HEAD).decode("utf-8", "replace")


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
