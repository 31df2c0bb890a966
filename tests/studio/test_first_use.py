"""What someone meets who opens the page for the first time: words that are whole, labels that are true, a way on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from _studio_page import Page
from numpy.typing import NDArray

from imgcluster.studio import Studio
from imgcluster.superpixel import superpixels

pytest.importorskip("selenium", reason="selenium is not installed: pip install selenium")
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

pytestmark = pytest.mark.exhaustive

TABS = ("palette", "superpixels", "points")
CUT_CHOICES = """
return [...document.querySelectorAll('section:not([hidden]) select')].filter((select) => {
  const free = select.cloneNode(true);
  const { padding } = getComputedStyle(select);
  Object.assign(free.style, { position: 'absolute', width: 'auto', flex: 'none', padding });
  select.after(free);
  const wide = free.getBoundingClientRect().width;
  free.remove();
  return wide > select.getBoundingClientRect().width + 1;
}).map((select) => select.labels[0].textContent);
"""
OTHER_NAMES = """
const visible = [...document.querySelectorAll('button')].filter((button) => button.checkVisibility());
const has = (button) => /\\w/.test(button.textContent) && button.ariaLabel;
const bare = (text) => text.replace('…', '').toLowerCase();
const isOther = (button) => has(button) && !bare(button.ariaLabel).includes(bare(button.textContent));
return visible.filter(isOther).map((button) => button.ariaLabel);
"""


@pytest.fixture
def narrow(page: Page) -> Any:
    size = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": False}
    page.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    yield page
    page.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_no_choice_is_cut_off(page: Page) -> None:
    for tab in TABS:
        page.one(f"#tab-{tab}").click()
        assert page.browser.execute_script(CUT_CHOICES) == []


def test_names_of_buttons_begin_with_what_stands_on_them(page: Page) -> None:
    for tab in TABS:
        page.one(f"#tab-{tab}").click()
        assert page.browser.execute_script(OTHER_NAMES) == []


def test_lines_can_be_read_on_a_telephone(narrow: Page) -> None:
    for name in ("command", "python"):
        code = narrow.one(f"#{name}")
        bar, high = narrow.browser.execute_script(
            "return [arguments[0].offsetHeight - arguments[0].clientHeight, arguments[0].clientHeight]", code
        )
        assert (bar, high >= 24) == (0, True)


def test_an_error_can_be_sent_away(page: Page) -> None:
    page.button("Save preset").click()
    page.until(lambda: "has the preset studio" in page.text("#note"), "the preset is not saved")
    page.button("Save preset").click()
    page.until(lambda: "there is a preset studio" in page.text("#note"), "it is not refused")
    page.one(".preset").send_keys("2")  # another name needs no word any more
    assert not page.one("#note").is_displayed()
    page.one(".swatches button").click()
    page.one(".hex").send_keys(Keys.CONTROL, "a", Keys.NULL, "nonsense", Keys.ENTER)
    assert "is not a color" in page.text("#note")
    page.one("#dismiss").click()
    assert not page.one("#note").is_displayed()


def test_nothing_is_copied_where_there_is_no_line(chromium: Any, started: Callable[..., Studio], photo: Path) -> None:
    page = Page(chromium, started().link)
    buttons = page.browser.find_elements(By.CSS_SELECTOR, "[data-copy]")
    assert not any(button.is_enabled() for button in buttons)
    page.open(photo)
    page.until_done()
    page.until(lambda: all(button.is_enabled() for button in buttons), "the lines cannot be copied")


def test_the_focus_is_seen_on_the_color_that_is_chosen(page: Page) -> None:
    page.browser.execute_script("document.querySelector('.swatches button').focus()")
    page.press(" ")
    chosen = page.one(".swatches button")
    assert chosen.get_attribute("aria-pressed") == "true"
    with_focus = chosen.value_of_css_property("outline")
    page.press(Keys.TAB)
    assert chosen.value_of_css_property("outline") != with_focus


# --- superpixels ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["boundary", "slic", "gmm"])
def test_the_compactness_of_a_method_is_what_it_says(page: Page, photo: Path, method: str) -> None:
    page.one("#tab-superpixels").click()
    page.choose("Method", method)
    field = "#panel-superpixels input[aria-label=Compactness]"
    given = float(page.one(field).get_property("value"))
    by_method: NDArray[np.int32] = superpixels(photo, 60, method=method).labels
    assert np.array_equal(superpixels(photo, 60, method=method, compactness=given).labels, by_method)


def test_a_mask_of_nothing_is_not_given(page: Page) -> None:
    page.one("#tab-superpixels").click()
    page.until_done("superpixels")
    page.choose("File", "mask")
    page.one("#download-segments").click()
    assert page.text("#note").startswith("Nothing is selected")
    page.rest()
    assert page.browser.execute_script("return window.downloads.length") == 0


# --- points ---------------------------------------------------------------------------------------------------------


def test_a_bar_is_large_enough_to_hit(page: Page) -> None:
    page.one("#tab-points").click()
    page.until(lambda: page.text(".said") == "start", "the start did not come")
    page.one("#starts").click()
    bars = page.until(lambda: page.browser.find_elements(By.CSS_SELECTOR, ".outcome"), "there are no bars")
    assert min(bar.size["height"] for bar in bars) >= 24


def test_the_file_of_the_lines_is_named(page: Page) -> None:
    page.one("#tab-points").click()
    page.until(lambda: "points.csv" in page.text("#command"), "there is no line")
    assert "points.csv, which Save points gives" in page.text("#count")


def test_a_file_goes_to_the_tab_that_takes_it(page: Page) -> None:
    Path("two.csv").write_text("a,b\n1,2\n3,4\n6,5\n")
    Path("two.hex").write_text("ff0000\n0000ff\n")
    page.open(Path("two.csv"))  # while palettes are in front, and points were never seen
    page.until(lambda: "objective two.csv" in page.text("#command"), "the table is not read")
    assert page.one("#tab-points").get_attribute("aria-selected") == "true"
    assert page.text("#count").startswith("3 points")
    page.one("#tab-superpixels").click()
    page.open(Path("two.hex"))
    page.until(lambda: "--palette '#ff0000,#0000ff'" in page.text("#command"), "the colors are not taken")
    assert page.one("#tab-palette").get_attribute("aria-selected") == "true"
    assert page.text("#note") == ""


def test_a_first_table_that_cannot_be_read_leaves_the_samples(page: Page) -> None:
    Path("words.csv").write_text("name,x\na,1\nb,2\n")
    page.open(Path("words.csv"))
    page.until(lambda: page.text("#note").startswith("cannot read words.csv"), "it is not said")
    page.choose("Points", "three-groups")
    page.until(lambda: page.text(".said") == "start" and page.text("#note") == "", "there are no points")
    assert page.text("#count").startswith("150 points")
