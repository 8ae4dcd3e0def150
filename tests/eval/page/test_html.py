"""The page as HTML: hostile text stays text, nothing is loaded, its size is bounded, and it is the same each time."""

import re
from itertools import product

from report_pages import HOSTILE, Seen

from dualset.builders.dataset.store import Version
from dualset.eval.page.charts import COLOURS, OUTCOMES
from dualset.eval.page.compose import version_page
from dualset.eval.page.page import html
from dualset.eval.page.texts import cut


def test_hostile_text_is_shown_as_text(hostile_page: str) -> None:
    seen = Seen(hostile_page)
    assert not {tag for tag, _ in seen.elements} & {"script", "img", "iframe", "object", "link", "base", "form"}
    assert not [name for _, attributes in seen.elements for name in attributes if name.startswith("on")]
    assert seen.text.count("<script>window.hacked = 1</script>") > 20
    assert "\x1b" not in hostile_page
    assert "\u202e" not in hostile_page
    assert r"\u202e\x1b[31m" in seen.text


def test_nothing_is_loaded(hostile_page: str) -> None:
    for tag, attributes in Seen(hostile_page).elements:
        for name in ("src", "href", "xlink:href", "srcset", "data", "action", "poster", "style"):
            value = attributes.get(name)
            assert value is None or value.startswith("#"), (tag, name, value)
    style = re.findall(r"<style>(.*?)</style>", hostile_page, re.S)
    assert len(style) == 1
    assert "url(" not in style[0]
    assert "@import" not in style[0]
    assert "default-src 'none'" in hostile_page


def test_a_page_of_long_texts_stays_small(hostile_page: str) -> None:
    assert len(hostile_page.encode()) < 3_000_000


def test_the_same_version_gives_the_same_bytes(hostile: Version, hostile_page: str) -> None:
    assert html(version_page(hostile, {})) == hostile_page


def test_anchors_lead_somewhere_and_charts_are_described(hostile_page: str) -> None:
    elements = Seen(hostile_page).elements
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert len(set(ids)) == len(ids)
    assert {attributes["href"] for tag, attributes in elements if tag == "a"} <= {f"#{each}" for each in ids}
    charts = [attributes for _, attributes in elements if "chart" in (attributes.get("class") or "").split()]
    assert len(charts) >= 12
    assert all(attributes["role"] == "img" and attributes["aria-label"] for attributes in charts)


def test_a_cut_text_says_so_and_is_no_longer_than_asked() -> None:
    assert cut("abc", 3) == "abc"
    assert cut("abcd", 3) == "ab…"
    assert cut("\x00" * 10, 6) == r"\x00\…"
    assert cut(None, 3) is None
    assert len(cut(HOSTILE * 100, 500)) == 500


def test_colours_are_told_from_white_and_from_black() -> None:
    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    for colour, ground in product([*COLOURS, *OUTCOMES.values()], ["#ffffff", "#11151a"]):
        less, more = sorted((light(colour), light(ground)))
        assert (more + 0.05) / (less + 0.05) >= 3, f"{colour} on {ground}"
