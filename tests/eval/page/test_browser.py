"""The page in Chromium: no script, no request, no console message; at 360 pixels, in the dark, by keyboard."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-headless-shell", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip(f"no Chromium: set CHROMIUM, or put one of {', '.join(NAMES)} on PATH")
    api = pytest.importorskip("playwright.sync_api", reason="playwright drives the browser")
    with api.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory, hostile_page: str) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(hostile_page, encoding="utf-8")
    return path


@pytest.fixture
def opened(browser: Any, path: Path) -> Iterator[Any]:
    """Opens the page; what it says on the console or asks for beyond itself fails the test in the end."""
    seen: list[str] = []
    contexts = []

    def opened(**more: Any) -> Any:
        contexts.append(browser.new_context(**more))
        page = contexts[-1].new_page()
        page.on("console", lambda message: seen.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: seen.append(f"error: {error}"))
        page.on("dialog", lambda dialog: seen.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: seen.append(f"request: {request.url}"))
        page.goto(path.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert seen == [f"request: {path.as_uri()}"] * len(contexts)


def test_a_phone_in_the_dark_shows_all_and_scrolls_tables_only(opened: Any) -> None:
    page = opened(viewport={"width": 360, "height": 780}, color_scheme="dark")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert page.locator("h2").all_inner_texts()[:3] == ["What it holds", "Pass rates", "Outcomes"]
    assert page.locator(".chart.narrow").first.is_visible()
    assert not page.locator(".chart.wide").first.is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(17, 21, 26)"
    fill = "getComputedStyle(document.querySelector('.narrow .role-axis-label text')).fill"
    assert page.evaluate(fill) == "rgb(213, 218, 224)"
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert page.evaluate("window.hacked") is None


def test_a_wide_screen_shows_wide_charts_with_bars_and_their_values(opened: Any) -> None:
    page = opened(viewport={"width": 1280, "height": 900}, color_scheme="light")
    assert page.locator(".chart.wide").first.is_visible()
    assert not page.locator(".chart.narrow").first.is_visible()
    bars = page.locator("#figure-pass-rates .wide .mark-rect path")
    assert bars.count() == 12
    assert bars.first.locator("title").text_content() == "candidates that pass: none; problems: 3; kind: all alike"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_everything_is_reached_by_keyboard(opened: Any) -> None:
    page = opened(viewport={"width": 1280, "height": 900})
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    summary = page.locator("details.group > summary").nth(1)
    summary.focus()
    assert not page.locator("details.group").nth(1).get_attribute("open")
    page.keyboard.press("Enter")
    assert page.locator("details.group").nth(1).locator("pre.code").first.is_visible()
    page.locator(".scroll").first.focus()
    assert page.evaluate("document.activeElement.getAttribute('role')") == "region"
