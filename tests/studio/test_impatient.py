"""What a user does before an answer has come counts, and an answer that comes too late changes nothing."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest
from _studio_page import Page
from PIL import Image

pytest.importorskip("selenium", reason="selenium is not installed: pip install selenium")
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

pytestmark = pytest.mark.exhaustive

SELECTED = "#panel-superpixels .figures > div:nth-child(2) dd"


def click_swatch(page: Page, color: str) -> None:
    page.one(f".swatches button[title='{color}']").click()


def click_at(page: Page, selector: str, x: int, y: int) -> None:
    ActionChains(page.browser).move_to_element_with_offset(page.one(selector), x, y).click().perform()


@pytest.fixture
def segments(page: Page) -> Page:
    page.one("#tab-superpixels").click()
    page.until_done("superpixels")
    return page


# --- palettes -------------------------------------------------------------------------------------------------------


def test_colors_that_are_removed_quickly_do_not_come_back(page: Page) -> None:
    first, second, third, *rest = page.swatches()
    page.hold("palette/draft")
    for color in (first, second):
        click_swatch(page, color)
        page.button("Remove").click()
    assert page.swatches() == [third, *rest]
    page.browser.execute_script("document.querySelector('.swatches button').focus()")
    page.press(Keys.DELETE, Keys.DELETE)
    assert page.swatches() == rest[1:]
    page.let_go("palette/draft")
    page.until_done()
    assert page.swatches() == rest[1:]
    page.until(lambda: f"--palette '{','.join(rest[1:])}'" in page.text("#command"), "the line did not follow")
    # the keyboard goes on where it was
    assert page.browser.execute_script("return document.activeElement.title") == rest[1]


def test_a_color_that_is_added_is_there_for_the_next_click(page: Page) -> None:
    first, *rest = page.swatches()
    page.hold("palette/draft")
    click_swatch(page, first)
    page.button("Remove").click()
    page.one(".adder button").click()
    click_swatch(page, rest[0])
    page.button("Remove").click()
    page.let_go("palette/draft")
    page.until_done()
    assert page.swatches() == [*rest[1:], "#ff0000"]


def test_a_lock_and_an_edit_before_the_draft(page: Page) -> None:
    first, second, *_ = page.swatches()
    page.hold("palette/draft")
    click_swatch(page, first)
    page.button("Lock").click()
    assert page.button("Unlock").is_displayed()
    click_swatch(page, second)
    page.one(".hex").send_keys(Keys.CONTROL, "a", Keys.NULL, "#12ab34", Keys.ENTER)
    assert page.swatches()[:2] == [first, "#12ab34"]
    page.let_go("palette/draft")
    page.until_done()
    page.until(lambda: f"--lock '{first},#12ab34'" in page.text("#command"), "one of them is lost")
    assert {first, "#12ab34"} <= set(page.swatches())


def test_a_result_does_not_take_the_swatch_from_below_the_pointer(page: Page) -> None:
    page.hold("palette/exact")
    page.set("Colors", 4)
    page.until_held("palette/exact")
    swatch = page.browser.find_elements(By.CSS_SELECTOR, ".swatches button")[2]
    ActionChains(page.browser).move_to_element(swatch).click_and_hold().perform()
    page.let_go("palette/exact")
    page.until_done()
    ActionChains(page.browser).release().perform()
    assert page.one(".swatches [aria-pressed=true]").get_attribute("title") == page.swatches()[2]
    assert page.one(".editor").is_displayed()


def test_a_result_does_not_take_what_is_being_typed(page: Page) -> None:
    page.hold("palette/exact")
    page.set("Colors", 4)
    page.until_held("palette/exact")
    page.one(".swatches button").click()
    page.one(".hex").send_keys(Keys.CONTROL, "a", Keys.NULL, "#12a")
    page.let_go("palette/exact")
    page.until_done()
    page.one(".hex").send_keys("b34", Keys.ENTER)
    page.until(lambda: "--lock '#12ab34'" in page.text("#command"), "the color was lost")


def test_the_palette_file_is_that_of_the_full_result(page: Page) -> None:
    page.hold("palette/exact")
    page.set("Colors", 20)
    page.until_held("palette/exact")
    page.choose("Palette", "hex")
    page.one("#save-palette").click()
    page.let_go("palette/exact")
    page.until_done()
    exact = [color[1:] for color in page.swatches()]
    page.until(lambda: page.text("#note").startswith("photo.hex: "), "nothing was saved")
    assert page.taken().decode().split() == exact


def test_a_download_has_the_name_of_its_own_wish(page: Page) -> None:
    page.hold("palette/draft")
    page.choose("Format", "gif")
    page.one("#download").click()
    page.until(lambda: page.text("#note").startswith("photo-quantized.gif: "), "it has another name")
    page.let_go("palette/draft")
    page.until_done()


# --- what goes wrong -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tab", ["palette", "superpixels"])
def test_late_lines_do_not_replace_those_of_a_download(page: Page, tab: str) -> None:
    page.one(f"#tab-{tab}").click()
    page.until_done(tab)
    label, button = ("Format", "#download") if tab == "palette" else ("File", "#download-segments")
    first, second = ("gif", "webp") if tab == "palette" else ("labels", "geojson")
    late = page.hold(f"{tab}/lines")
    page.choose(label, first)
    page.until_held(f"{tab}/lines")
    page.hold(f"{tab}/lines")
    page.let_go(f"{tab}/lines")
    page.choose(label, second)
    page.downloaded(button)
    page.until(lambda: second in page.text("#command"), "the lines are not those of the download")
    page.hold(f"{tab}/lines")
    page.let_go(f"{tab}/lines", late)
    page.until_held(f"{tab}/lines")
    assert second in page.text("#command")
    page.let_go(f"{tab}/lines")


def test_an_error_stays_until_its_own_work_succeeds(page: Page) -> None:
    page.refuse("palette/draft", "no draft today")
    page.set("Colors", 4)
    page.until(lambda: "-k 6 " in page.text("#command"), "the line did not follow")  # after the draft
    assert page.text("#note") == "no draft today"
    assert page.text("#panel-palette .badge") == "not made: see above"
    page.one("#download").click()
    page.until(lambda: page.text("#note").startswith("photo-quantized.png: "), "nothing was downloaded")
    page.refuse("palette/download", "no download today")
    page.set("Colors", 5)
    page.one("#download").click()
    page.until(lambda: page.text("#note") == "no download today", "the page says nothing")
    page.refuse("palette/draft", "")
    page.set("Colors", 6)
    page.until_done()
    assert page.text("#note") == "no download today"
    page.refuse("palette/download", "")
    page.one("#download").click()
    page.until(lambda: page.text("#note").startswith("photo-quantized.png: "), "the error stays for good")


@pytest.mark.parametrize("tab", ["palette", "superpixels"])
def test_a_full_result_that_fails_is_not_promised(page: Page, tab: str) -> None:
    page.refuse(f"{tab}/exact", "too large")
    page.one(f"#tab-{tab}").click()
    page.choose("Effort", "best")
    page.until(lambda: page.text(f"#panel-{tab} .badge") == "full result not made: see above", "it is still promised")
    assert page.text("#note") == "too large"
    page.refuse(f"{tab}/exact", "")
    page.choose("Effort", "default")
    page.until_done(tab)
    assert page.text("#note") == ""


# --- another picture while work runs ---------------------------------------------------------------------------------


@pytest.fixture
def other(photo: Path) -> Path:
    with Image.open(photo) as image:
        image.crop((0, 0, 90, 60)).save("other.png")
    return Path("other.png")


@pytest.mark.parametrize(
    ("tab", "side", "slider"), [("palette", "after", "Colors"), ("superpixels", "segments", "Merged from")]
)
def test_a_late_draft_of_another_picture_is_not_shown(
    page: Page, other: Path, tab: str, side: str, slider: str
) -> None:
    page.one(f"#tab-{tab}").click()
    page.until_done(tab)
    late = page.hold(f"{tab}/draft")
    page.set(slider, 5)
    page.until_held(f"{tab}/draft")
    page.open(other)
    page.until(lambda: page.text("#name") == "other.png", "it was not opened")
    assert "photo.png" not in page.text("#command")
    page.hold(f"{tab}/draft")
    page.let_go(f"{tab}/draft", late)
    page.rest()
    assert page.pixels(tab, side).shape == (60, 90, 3)
    page.let_go(f"{tab}/draft")
    page.until_done(tab)
    page.until(lambda: "other.png" in page.text("#command"), "the line did not follow")


def test_the_last_file_that_was_chosen_is_open(page: Page, photo: Path, other: Path) -> None:
    Path("slow.png").write_bytes(photo.read_bytes())
    late = page.hold("picture/open")
    page.open(Path("slow.png"))
    page.until_held("picture/open")
    page.hold("picture/open")
    page.open(other)
    page.let_go("picture/open")
    page.until(lambda: "other.png" in page.text("#command"), "it was not opened")
    page.let_go("picture/open", late)
    page.rest()
    assert page.text("#name") == "other.png"
    assert page.text("#note") == ""


def test_nothing_is_selected_on_a_picture_without_segments(segments: Page, other: Path) -> None:
    click_at(segments, "#panel-superpixels .frame", 40, 30)
    segments.hold("superpixels/draft")
    segments.open(other)
    segments.until(lambda: segments.text("#name") == "other.png", "it was not opened")
    assert segments.text(SELECTED) == "nothing"
    assert not any(segments.button(name).is_enabled() for name in ("Grow", "Shrink", "Undo", "Clear"))
    segments.let_go("superpixels/draft")
    segments.until_done("superpixels")


# --- superpixels ----------------------------------------------------------------------------------------------------


def test_a_mask_of_what_was_selected_on_a_draft(segments: Page) -> None:
    segments.hold("superpixels/exact")
    segments.choose("Effort", "best")
    segments.until_held("superpixels/exact")
    click_at(segments, "#panel-superpixels .frame", 40, 30)
    segments.choose("File", "mask")
    segments.one("#download-segments").click()
    segments.let_go("superpixels/exact")
    segments.until_done("superpixels")
    segments.until(lambda: segments.text("#note").startswith("photo-mask.png: "), "nothing was downloaded")
    segments.until(lambda: "np.isin" in segments.text("#command"), "there is no line")
    segments.run_command()
    assert Path("photo-mask.png").read_bytes() == segments.taken()
    with Image.open("photo-mask.png") as mask:
        share = 100 * (np.asarray(mask) == 255).mean()
    assert segments.text(SELECTED) == f"{share:.1f} %"


def test_what_was_selected_on_a_draft_is_undone_on_the_full_result(segments: Page) -> None:
    segments.hold("superpixels/exact")
    segments.choose("Effort", "best")
    segments.until_held("superpixels/exact")
    click_at(segments, "#panel-superpixels .frame", 40, 30)
    one = segments.text(SELECTED)
    segments.button("Grow").click()
    assert segments.text(SELECTED) not in (one, "nothing")
    segments.let_go("superpixels/exact")
    segments.until_done("superpixels")
    segments.button("Undo").click()
    assert segments.text(SELECTED) != "nothing"
    segments.button("Undo").click()
    assert segments.text(SELECTED) == "nothing"


def test_a_selection_comes_back_with_its_segments(segments: Page) -> None:
    click_at(segments, "#panel-superpixels .frame", 40, 30)
    segments.button("Grow").click()
    before = segments.text(SELECTED)
    for place in (60, 110, 50):
        segments.set("Merged from", place)
        segments.until_done("superpixels")
    segments.set("Merged from", 0)
    segments.until_done("superpixels")
    segments.choose("Method", "slic")
    segments.until_done("superpixels")
    segments.choose("Method", "boundary")
    field = segments.one("#panel-superpixels .slider:nth-of-type(2) input[type=number]")
    field.send_keys(Keys.CONTROL, "a", Keys.NULL, "1000", Keys.ENTER)
    segments.until_done("superpixels")
    assert segments.text(SELECTED) == before


def test_a_selection_stays_when_the_same_picture_comes_back(segments: Page, photo: Path) -> None:
    click_at(segments, "#panel-superpixels .frame", 40, 30)
    before = segments.text(SELECTED)
    assert before != "nothing"
    segments.hold("superpixels/draft")
    segments.open(photo)  # as the page does when the server was started again
    segments.until_held("superpixels/draft")
    segments.let_go("superpixels/draft")
    segments.until_done("superpixels")
    assert segments.text(SELECTED) == before
    segments.button("Undo").click()
    assert segments.text(SELECTED) == "nothing"


# --- points ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def points(page: Page) -> Page:
    page.one("#tab-points").click()
    page.until(lambda: page.text(".said") == "start", "there is no fit")
    return page


def test_points_of_a_sample_do_not_replace_newer_ones(points: Page) -> None:
    before = points.text("#count").split()[0]
    points.hold("points/sample")
    points.choose("Points", "nine-groups")
    points.until_held("points/sample")
    click_at(points, ".plane canvas", 100, -80)
    points.let_go("points/sample")
    points.rest()
    assert int(points.text("#count").split()[0]) == int(before) + 1


def test_two_centers_are_moved_before_the_fit(points: Page) -> None:
    points.hold("points/fit")
    points.browser.execute_script("document.querySelector('.plane canvas').focus()")
    points.press("c")  # the nearest one comes to the cursor in the middle, and stays the nearest
    points.press(*[Keys.ARROW_LEFT] * 30, "c")
    points.browser.execute_script("document.querySelector('.plane canvas').blur()")
    points.let_go("points/fit")
    points.until(lambda: "init=[[" in points.text("#python"), "no center was moved")
    points.rest()
    centers = np.array(ast.literal_eval(re.findall(r"init=(.*?), n_swaps", points.text("#python"))[0]))
    assert len(centers) == 3
    assert len(np.unique(centers[:, 1])) == 2, "the second one forgot the first"


def test_a_step_before_the_fit_is_taken_with_it(points: Page) -> None:
    points.one("#step-last").click()
    points.hold("points/fit")
    points.set("Clusters", 5)
    points.one("#step-next").click()
    points.one("#step-next").click()
    points.one("#step-back").click()
    points.let_go("points/fit")
    points.until(lambda: points.text(".said").startswith("assign 1: "), "the steps are lost")
    assert "-k 5 " in points.text("#command")
