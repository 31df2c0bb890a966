"""Undo and redo in a real browser: colors, selections, points and starting centers, by buttons and by keys."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from _studio_page import InBrowser, Page

from imgcluster.studio import Studio

pytest.importorskip("selenium", reason="selenium is not installed: pip install selenium")
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

pytestmark = pytest.mark.exhaustive

UNDO, REDO, REDO_TOO = (Keys.CONTROL, "z"), (Keys.CONTROL, Keys.SHIFT, "z"), (Keys.CONTROL, "y")


def keys(page: InBrowser, *chord: str) -> None:
    chain = ActionChains(page.browser)
    for key in chord[:-1]:
        chain.key_down(key)
    chain.send_keys(chord[-1])
    for key in chord[:-1]:
        chain.key_up(key)
    chain.perform()


def tool(page: InBrowser, text: str) -> Any:
    return page.browser.find_element(By.XPATH, f"//section[not(@hidden)]//button[text()='{text}']")


def test_colors_go_back_and_on_again(page: Page) -> None:
    searched = page.swatches()
    page.one(".swatches button").click()
    tool(page, "Lock").click()
    tool(page, "Add").click()
    page.until_done()
    added = page.swatches()
    locked = f"--lock '{searched[0]},#ff0000'"
    page.until(lambda: locked in page.text("#command"), "the colors are not locked")
    assert not tool(page, "Redo").is_enabled()
    tool(page, "Undo").click()
    keys(page, *UNDO)
    assert not tool(page, "Undo").is_enabled()
    page.until(lambda: "lock" not in page.text("#command"), "they are still locked")
    tool(page, "Redo").click()
    keys(page, *REDO)
    assert not tool(page, "Redo").is_enabled()
    page.until_done()
    page.until(lambda: locked in page.text("#command"), "they are not locked again")
    assert page.swatches() == added
    keys(page, *UNDO)
    keys(page, *REDO_TOO)
    page.until(lambda: locked in page.text("#command"), "Ctrl+Y does not redo")
    keys(page, *UNDO)
    tool(page, "Remove").click()  # from here on there is another way
    assert not tool(page, "Redo").is_enabled()


def test_a_number_that_a_lock_raised_goes_on_again(page: Page) -> None:
    page.set("Colors", 0)
    page.until(lambda: "-k 2 " in page.text("#command") and len(page.swatches()) == 2, "the slider did not move")
    page.until_done()
    for i in range(3):
        page.browser.execute_script("arguments[0].value = arguments[1]", page.one(".adder input"), f"#0000f{i}")
        tool(page, "Add").click()
    page.until(lambda: "-k 3 " in page.text("#command"), "the number was not raised")
    keys(page, *UNDO)
    page.until(lambda: "-k 2 " in page.text("#command"), "it does not go back")
    keys(page, *REDO)
    page.until(lambda: "-k 3 " in page.text("#command"), "it does not go on again")


def test_a_selection_goes_back_and_on_again(page: Page) -> None:
    page.one("#tab-superpixels").click()
    page.until_done("superpixels")
    figure = "#panel-superpixels .figures > div:nth-child(2) dd"
    frame = page.one("#panel-superpixels .frame")
    ActionChains(page.browser).move_to_element_with_offset(frame, 40, 30).click().perform()
    one = page.text(figure)
    tool(page, "Grow").click()
    grown = page.text(figure)
    assert one != grown
    keys(page, *UNDO)  # wherever the focus is
    assert page.text(figure) == one
    tool(page, "Undo").click()
    assert page.text(figure) == "nothing"
    tool(page, "Redo").click()
    keys(page, *REDO)
    assert page.text(figure) == grown
    tool(page, "Shrink").click()
    assert not tool(page, "Redo").is_enabled()


# --- points ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def points(chromium: Any, started: Callable[..., Studio], photo: Path) -> Iterator[InBrowser]:
    page = InBrowser(chromium, started(str(photo)).link)
    page.one("#tab-points").click()
    page.until(lambda: page.text(".said") == "start", "the start did not come")
    yield page
    chromium.get("about:blank")


def count(page: InBrowser) -> int:
    return int(page.text("#count").split()[0].replace(",", ""))


def chosen(page: InBrowser) -> str:
    script = "return document.querySelector('#panel-points fieldset:last-of-type select').value"
    return str(page.browser.execute_script(script))


def test_points_come_back(points: InBrowser) -> None:
    n = count(points)
    assert not tool(points, "Undo").is_enabled()
    canvas = points.one(".plane canvas")
    stroke = ActionChains(points.browser).move_to_element_with_offset(canvas, -60, 0).click_and_hold()
    stroke.move_by_offset(30, 0).move_by_offset(30, 0).release().perform()
    drawn = count(points)
    assert drawn == n + 3
    keys(points, Keys.DELETE)
    assert count(points) == drawn - 1
    tool(points, "Clear").click()
    assert count(points) == 0
    keys(points, *UNDO)
    assert count(points) == drawn - 1
    keys(points, *UNDO)
    assert count(points) == drawn
    tool(points, "Undo").click()  # the stroke as a whole
    assert count(points) == n
    assert chosen(points) == "three-groups"
    assert not tool(points, "Undo").is_enabled()
    for _ in range(3):
        keys(points, *REDO)
    assert count(points) == 0
    assert chosen(points) == "own"
    keys(points, *UNDO)
    points.until(lambda: points.text(".said") == "start" and points.text("#command"), "there is no fit")


def test_points_that_a_table_replaced_come_back(points: InBrowser) -> None:
    points.one(".plane canvas").click()
    n = count(points)
    Path("wide.csv").write_text("a,b,c\n1,2,9\n3,4,8\n5,7,7\n6,6,6\n")
    points.one("#panel-points input[type=file]").send_keys(str(Path("wide.csv").absolute()))
    points.until(lambda: count(points) == 4, "the table did not come")
    fields = points.one(".columns")
    assert fields.get_property("value") == "a,b"
    keys(points, *UNDO)
    assert count(points) == n
    assert not fields.is_displayed()
    keys(points, *REDO)
    points.until(lambda: "wide.csv" in points.text("#command"), "the table is not back")
    assert fields.is_displayed()
    assert fields.get_property("value") == "a,b"
    fields.send_keys(Keys.CONTROL, "a", Keys.NULL, "b,c", Keys.ENTER)
    points.until(lambda: "--columns b,c" in points.text("#command"), "other columns are not read")


def test_a_bar_shows_its_start_and_centers_by_hand_come_back(points: InBrowser) -> None:
    tool(points, "Try 20 starts").click()
    bars = points.until(lambda: points.browser.find_elements(By.CSS_SELECTOR, ".outcome"), "there are no bars")
    assert len(bars) == 20
    points.browser.execute_script("document.querySelector('.plane canvas').focus()")
    points.press("c")
    points.until(lambda: "init=[[" in points.text("#python"), "the center was not moved")
    by_hand = points.text("#python")
    pressed = "return [...document.querySelectorAll('.outcome[aria-pressed=true]')].map((bar) => bar.ariaLabel)"
    points.until(lambda: points.browser.execute_script(pressed) == [], "a bar is said to be what is shown")
    label = points.one(".outcome:last-child").get_attribute("aria-label")
    points.browser.execute_script("document.querySelector('.outcome:last-child').focus()")
    points.press(Keys.ENTER)
    points.until(lambda: "init='random'" in points.text("#python"), "the centers by hand stay")
    points.until(lambda: points.browser.execute_script(pressed) == [label], "the bar is not marked")
    assert points.browser.execute_script("return document.activeElement.ariaLabel") == label
    keys(points, *UNDO)
    points.until(lambda: "init=[[" in points.text("#python"), "the centers by hand are lost")
    assert points.text("#python").split("init=")[1].split("]]")[0] == by_hand.split("init=")[1].split("]]")[0]
