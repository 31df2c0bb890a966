"""The table of the report in a real browser: it sorts, filters, finds, and has room for names."""

import re
from pathlib import Path
from typing import Any

import pytest

from imgcluster.facts import Code, Reason
from imgcluster.report import write_report
from imgcluster.tasks import FileResult

pytest.importorskip("selenium", reason="selenium is not installed: pip install selenium")
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

pytestmark = pytest.mark.exhaustive


def one(browser: Any, selector: Any) -> Any:
    return browser.find_element(By.CSS_SELECTOR, selector)


def names(browser: Any) -> Any:
    """Return the names of the rows one can see, without their folders, in order."""
    rows = browser.find_elements(By.CSS_SELECTOR, "tbody tr:not([hidden]) bdi")
    return [row.text.rpartition("/")[2] if row.text.endswith("png") else row.text for row in rows]


def pictures(browser: Any) -> Any:
    return [name for name in names(browser) if re.fullmatch(r"img\d+\.png|skipped\.png", name)]


def press(browser: Any, *keys: Any) -> None:
    ActionChains(browser).send_keys(*keys).perform()


def test_files_come_as_given_and_sort_by_each_column(browser: Any, report: Path) -> None:
    browser.get(report.as_uri())
    assert pictures(browser) == ["img10.png", "img9.png", "img1.png", "skipped.png"]
    expected = {
        "name": ["img1.png", "img9.png", "img10.png", "skipped.png"],
        "colors": ["skipped.png", "img1.png", "img9.png", "img10.png"],
        "size": ["img10.png", "img9.png", "img1.png", "skipped.png"],
        "change": ["img10.png", "img9.png", "img1.png", "skipped.png"],
        "time": ["img10.png", "img9.png", "img1.png", "skipped.png"],
        "psnr": ["img9.png", "img1.png", "img10.png", "skipped.png"],
    }
    heads = browser.find_elements(By.CSS_SELECTOR, "th[data-key]")
    assert {head.get_attribute("data-key") for head in heads} == expected.keys()
    for key, order in expected.items():
        head = one(browser, f"th[data-key={key}]")
        browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", head)
        # anywhere in the cell, near its corners too
        for way, part in (("ascending", -1), ("descending", 1), ("ascending", 0)):
            x, y = (part * (head.size[side] // 2 - 8) for side in ("width", "height"))
            ActionChains(browser).move_to_element_with_offset(head, x, y).click().perform()
            assert head.get_attribute("aria-sort") == way
        assert pictures(browser) == order
    head.find_element(By.TAG_NAME, "button").click()
    assert head.get_attribute("aria-sort") == "descending"
    # an unknown figure stays at the end
    assert pictures(browser) == ["img10.png", "img1.png", "img9.png", "skipped.png"]
    assert len(browser.find_elements(By.CSS_SELECTOR, "[aria-sort]")) == 1


def test_sorting_from_the_keyboard(browser: Any, report: Path) -> None:
    browser.get(report.as_uri())
    chips = browser.find_elements(By.CSS_SELECTOR, "[data-status]")
    one(browser, "#search").click()
    press(browser, *[Keys.TAB] * (len(chips) + 1))
    for head in browser.find_elements(By.CSS_SELECTOR, "th[data-key]"):
        assert browser.switch_to.active_element == head.find_element(By.TAG_NAME, "button")
        for key, way in ((Keys.ENTER, "ascending"), (Keys.SPACE, "descending")):
            press(browser, key)
            assert head.get_attribute("aria-sort") == way
        press(browser, Keys.TAB)


def test_what_lost_something_is_found(browser: Any, report: Path, run: Any) -> None:
    browser.get(report.as_uri())
    tags = [tag.text for tag in browser.find_elements(By.CSS_SELECTOR, ".loss")]
    assert tags == ["transparency (put on a background)", "frames after the first"]
    chip = one(browser, "[data-status=losses]")
    assert chip.text == "With losses 2"
    chip.click()
    assert names(browser) == ["img9.png", "img1.png"]
    assert one(browser, "#shown").text == f"2 of {len(run)} files"
    one(browser, "[data-status=all]").click()
    for text, found in (
        ("Transparency", "img9.png"),
        ("on a background", "img9.png"),
        ("frame", "img1.png"),
        ("exif", "img9.png"),
    ):
        one(browser, "#search").clear()
        one(browser, "#search").send_keys(text)
        assert names(browser) == [found]


def test_no_match_says_so(browser: Any, report: Path) -> None:
    browser.get(report.as_uri())
    assert not one(browser, "#nothing").is_displayed()
    one(browser, "#search").send_keys("nothing like it")
    assert one(browser, "#nothing").text == "No file matches."
    assert not one(browser, "table").is_displayed()
    one(browser, "#search").send_keys(*[Keys.BACKSPACE] * 20)
    assert one(browser, "table").is_displayed()
    assert not one(browser, "#nothing").is_displayed()


@pytest.mark.parametrize("width", [360, 850, 1030, 1280])
def test_names_of_failed_files_do_not_break_where_there_is_room(
    browser: Any, resize: Any, run: Any, tmp_path: Path, width: int
) -> None:
    reason = Reason(Code.UNREADABLE, {"problem": "no such file; check the name"})
    missing = FileResult("in/trouble/dangling.jpg", "failed", reason, milliseconds=1.0)
    write_report([*run[:2], missing], tmp_path / "failed.html")
    resize(width)
    browser.get((tmp_path / "failed.html").as_uri())
    lines = "return arguments[0].getBoundingClientRect().height / parseFloat(getComputedStyle(arguments[0]).lineHeight)"
    for chip in ("all", "failed"):
        one(browser, f"[data-status={chip}]").click()
        for selector in (".failed bdi", ".failed .reason"):
            assert browser.execute_script(lines, one(browser, f"tbody {selector}")) < 1.5
    one(browser, "[data-status=done]").click()
    assert one(browser, "tbody .about").size["width"] > 120


def test_filtering_by_status_and_text(browser: Any, report: Path, run: Any) -> None:
    browser.get(report.as_uri())
    one(browser, "[data-status=skipped]").click()
    assert names(browser) == ["skipped.png"]
    assert one(browser, "#shown").text == f"1 of {len(run)} files"
    one(browser, "[data-status=failed]").click()
    assert len(names(browser)) == len(run) - 4
    assert one(browser, "[data-status=failed]").get_attribute("aria-pressed") == "true"
    one(browser, "[data-status=all]").click()
    one(browser, "#search").send_keys("IMG1")
    assert names(browser) == ["img10.png", "img1.png"]
    one(browser, "#search").send_keys("nothing like it")
    assert names(browser) == []
    assert one(browser, "#shown").text == f"0 of {len(run)} files"


def test_thousands_of_files_come_in_parts(browser: Any, tmp_path: Path) -> None:
    results = [FileResult(f"{i}.png", "skipped", Reason(Code.DONE_BEFORE)) for i in range(3000)]
    write_report(results, tmp_path / "many.html")
    browser.get((tmp_path / "many.html").as_uri())
    count = "return document.querySelectorAll('tbody tr:not([hidden])').length"
    assert browser.execute_script(count) == 400
    one(browser, "#more button").click()
    assert browser.execute_script(count) == 3000
    assert browser.switch_to.active_element.text.startswith("400.png")
    assert not one(browser, "#more").is_displayed()
