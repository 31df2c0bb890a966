"""The page in a real browser: sliders change the picture, downloads are what the lines write, tabs do not mix."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from _studio_page import Page
from _visitor import Program, link_of
from PIL import Image

from imgcluster.studio import Studio
from imgcluster.superpixel import superpixels

pytest.importorskip("selenium", reason="selenium is not installed: pip install selenium")
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

pytestmark = pytest.mark.exhaustive

# --- palettes -------------------------------------------------------------------------------------------------------


def test_sliders_change_the_picture_and_the_download_follows(page: Page) -> None:
    before = page.pixels()
    page.set("Colors", 4)
    page.until_done()
    page.until(lambda: "-k 6 " in page.text("#command"), "the line did not follow")
    after = page.pixels()
    assert not np.array_equal(before, after)
    data = page.downloaded("#download")
    page.run_command()
    assert Path("photo-quantized.png").read_bytes() == data
    with Image.open("photo-quantized.png") as image:
        assert np.array_equal(np.asarray(image.convert("RGB")), after)


def test_every_choice_reaches_the_line(page: Page) -> None:
    page.choose("Method", "gmm")
    page.choose("Color space", "oklab")
    page.choose("Dithering", "blue-noise")
    page.set("Strength", 0.5)
    page.choose("Effort", "fast")
    page.choose("Format", "gif")
    words = "-m gmm --color-space oklab --effort fast --dither blue-noise --dither-strength 0.5 -o photo-quantized.gif"
    page.until(lambda: words in page.text("#command"), "a choice is missing")
    page.until_done()
    data = page.downloaded("#download")
    page.run_command()
    assert Path("photo-quantized.gif").read_bytes() == data


def test_the_newest_wish_wins(page: Page) -> None:
    for value in (0, 50, 3, 30, 7):
        page.set("Colors", value)
    page.until_done()
    page.until(lambda: "-k 9 " in page.text("#command"), "the last one did not win")
    assert len(page.browser.find_elements(By.CSS_SELECTOR, ".swatches li")) == 9


def test_colors_are_locked_edited_removed_and_added(page: Page) -> None:
    def swatches() -> list[str]:
        return [b.get_attribute("title") for b in page.browser.find_elements(By.CSS_SELECTOR, ".swatches button")]

    first = swatches()[0]
    page.one(".swatches button").click()
    page.button("Lock").click()
    page.until(lambda: f"--lock '{first}'" in page.text("#command"), "the color is not locked")
    page.until_done()
    hexes = page.one(".hex")
    hexes.send_keys(Keys.CONTROL, "a", Keys.NULL, "#12ab34", Keys.ENTER)
    page.until(lambda: "--lock '#12ab34'" in page.text("#command"), "the color is not edited")
    page.until_done()
    assert "#12ab34" in swatches()
    page.until(lambda: page.button("Remove").is_displayed(), "no color is chosen")
    page.button("Remove").click()
    page.until(lambda: "--palette" in page.text("#command"), "no color is removed")
    page.until_done()
    assert len(swatches()) == 15
    page.one(".adder button").click()
    page.until(lambda: "#ff0000" in page.text("#command"), "no color is added")
    page.until_done()
    data = page.downloaded("#download")
    page.run_command()
    assert Path("photo-quantized.png").read_bytes() == data
    page.choose("Palette", "hex")
    assert page.downloaded("#save-palette").decode().split() == [color[1:] for color in swatches()]


def test_what_is_no_color_is_said(page: Page) -> None:
    first = page.swatches()[0]
    page.one(".swatches button").click()
    hexes = page.one(".hex")
    hexes.send_keys(Keys.CONTROL, "a", Keys.NULL, "#zzz", Keys.ENTER)
    page.until(lambda: page.text("#note") == "#zzz is not a color; write it as #rrggbb", "nothing is said of the color")
    assert hexes.get_property("value") == first
    hexes.send_keys(Keys.CONTROL, "a", Keys.NULL, "#12ab34", Keys.ENTER)
    page.until(lambda: page.text("#note") == "", "the line stays")
    page.until_done()
    assert "#12ab34" in page.swatches()


def control_z(page: Page) -> None:
    ActionChains(page.browser).key_down(Keys.CONTROL).send_keys("z").key_up(Keys.CONTROL).perform()


def test_changes_of_colors_are_undone_one_by_one(page: Page) -> None:
    searched = page.swatches()
    undo = page.button("Undo")
    assert not undo.is_enabled()
    page.one(".swatches button").click()
    page.button("Lock").click()
    page.until_done()
    hexes = page.one(".hex")
    hexes.send_keys(Keys.CONTROL, "a", Keys.NULL, "#12ab34", Keys.ENTER)
    page.until_done()
    edited = page.swatches()
    page.button("Remove").click()
    page.one(".adder button").click()
    left = [color for color in edited if color != "#12ab34"]
    assert page.swatches() == [*left, "#ff0000"]
    control_z(page)
    assert page.swatches() == left
    undo.click()
    page.until_done()
    page.until(lambda: "--lock '#12ab34'" in page.text("#command"), "the edited color is not back")
    assert page.swatches() == edited
    page.one(".swatches button[title='#12ab34']").click()
    hexes.send_keys("5")
    control_z(page)  # what is typed
    assert hexes.get_property("value") == "#12ab34"
    control_z(page)
    page.until(lambda: f"--lock '{searched[0]}'" in page.text("#command"), "the lock is not back")
    undo.click()
    assert not undo.is_enabled()
    page.until_done()
    page.until(lambda: "lock" not in page.text("#command"), "the lock is still there")
    assert page.swatches() == searched


def test_colors_are_undone_from_a_field_where_nothing_was_typed(page: Page) -> None:
    searched, undo = page.swatches(), page.button("Undo")
    page.one(".adder button").click()
    assert undo.is_enabled()
    number = page.one("input[type=number]")
    page.browser.execute_script("arguments[0].focus()", number)
    number.send_keys("7")
    control_z(page)  # what is typed
    assert number.get_property("value") == "16"
    assert undo.is_enabled()
    control_z(page)
    assert not undo.is_enabled()
    page.until_done()
    page.until(lambda: page.swatches() == searched, "the color that was added is still there")


def test_undo_leaves_the_sliders_but_for_a_number_that_a_lock_raised(page: Page) -> None:
    page.set("Colors", 0)
    page.until_done()
    for i in range(3):
        page.one(".adder button").click()
        page.browser.execute_script("document.querySelector('.adder input').value = '#0000f' + arguments[0]", str(i))
    page.until(lambda: "-k 3 " in page.text("#command"), "the number did not follow the locked colors")
    page.button("Undo").click()
    page.until(lambda: "-k 2 " in page.text("#command"), "the number is not back")
    page.set("Colors", 3)
    page.until(lambda: "-k 5 " in page.text("#command"), "the line did not follow")
    page.button("Undo").click()
    page.until(lambda: "lock '#ff0000'" in page.text("#command"), "the lock is not back")
    assert "-k 5 " in page.text("#command")
    page.until_done()


def dropped(page: Page, name: str, text: str) -> None:
    script = """
    const data = new DataTransfer();
    data.items.add(new File([arguments[1]], arguments[0]));
    document.querySelector('main').dispatchEvent(new DragEvent('drop', { bubbles: true, dataTransfer: data }));
    """
    page.browser.execute_script(script, name, text)


def test_a_palette_file_gives_its_colors_to_the_picture(page: Page) -> None:
    searched = page.swatches()
    dropped(page, "two.hex", "12ab34\nff8001\n")
    page.until(lambda: "--palette '#12ab34,#ff8001'" in page.text("#command"), "it was not loaded")
    page.until_done()
    assert page.swatches() == ["#12ab34", "#ff8001"]
    assert len(np.unique(page.pixels().reshape(-1, 3), axis=0)) == 2
    data = page.downloaded("#download")
    page.run_command()
    assert Path("photo-quantized.png").read_bytes() == data
    dropped(page, "bad.gpl", "no palette")
    page.until(lambda: page.text("#note").startswith("cannot read bad.gpl"), "the page says nothing")
    assert page.swatches() == ["#12ab34", "#ff8001"]
    page.button("Undo").click()
    page.until_done()
    assert page.swatches() == searched
    assert page.text("#note") == ""
    Path("three.gpl").write_text("GIMP Palette\n0 0 0\n255 255 255\n9 8 7\n")
    page.one("input[accept^='.gpl']").send_keys(str(Path("three.gpl").absolute()))
    page.until(lambda: page.swatches() == ["#000000", "#ffffff", "#090807"], "it was not loaded")
    page.until_done()


def test_a_click_picks_a_color_of_the_picture(page: Page, photo: Path) -> None:
    page.button("Pick from picture").click()
    ActionChains(page.browser).move_to_element_with_offset(page.one("#panel-palette .frame"), 60, 40).click().perform()
    page.until(lambda: "--lock" in page.text("#command"), "no color was picked")
    color = page.text("#command").partition("--lock '")[2][:7]
    with Image.open(photo) as image:
        colors = {f"#{r:02x}{g:02x}{b:02x}" for r, g, b in np.asarray(image).reshape(-1, 3).tolist()}
    assert color in colors


def test_the_divider_and_the_zoom_move_both_sides(page: Page) -> None:
    frame = page.one("#panel-palette .frame")
    divider = page.one("#panel-palette .divider")
    divider.send_keys(Keys.END)
    assert page.browser.execute_script("return arguments[0].style.getPropertyValue('--at')", frame) == "100%"
    frame.click()
    page.press("1")
    page.until(lambda: page.text("#panel-palette .scale") == "100 %", "it is not 1:1")
    page.press("+", "+", "+", "+", Keys.ARROW_LEFT)
    canvases = page.browser.find_elements(By.CSS_SELECTOR, "#panel-palette canvas[role]")
    (one, other) = (canvas.value_of_css_property("transform") for canvas in canvases)
    assert one == other
    assert one != "none"


# --- superpixels ----------------------------------------------------------------------------------------------------


@pytest.fixture
def segments(page: Page) -> Page:
    page.one("#tab-superpixels").click()
    page.until_done("superpixels")
    return page


def test_the_number_cuts_the_tree(segments: Page, photo: Path) -> None:
    segments.choose("Show", "mosaic")
    segments.set("Segments", 11)
    segments.until(lambda: "--merge 12 --style mosaic" in segments.text("#command"), "the line did not follow")
    shown = segments.pixels("superpixels", "segments")
    expected = superpixels(photo, 1000).merge(12).mosaic()
    # the page takes means of the rounded means
    assert np.abs(shown.astype(int) - expected).max() <= 1
    data = segments.downloaded("#download-segments")
    segments.run_command()
    assert Path("photo-superpixels.png").read_bytes() == data


def test_a_selection_is_made_grown_undone_and_saved(segments: Page, photo: Path) -> None:
    figure = "#panel-superpixels .figures > div:nth-child(2) dd"
    segments.set("Segments", 30)
    frame = segments.one("#panel-superpixels .frame")
    ActionChains(segments.browser).move_to_element_with_offset(frame, 40, 30).click().perform()
    one = segments.until(lambda: segments.text(figure) != "nothing" and segments.text(figure), "nothing is selected")
    segments.button("Grow").click()
    grown = segments.text(figure)
    assert float(grown.rstrip(" %")) > float(one.rstrip(" %"))
    segments.button("Shrink").click()
    assert segments.text(figure) == one
    segments.button("Undo").click()
    assert segments.text(figure) == grown
    segments.choose("File", "mask")
    segments.until(lambda: "np.isin" in segments.text("#command"), "the line did not follow")
    data = segments.downloaded("#download-segments")
    segments.run_command()
    assert Path("photo-mask.png").read_bytes() == data
    with Image.open("photo-mask.png") as mask:
        assert 0 < (np.asarray(mask) == 255).mean() < 1
    segments.button("Clear").click()
    assert segments.text(figure) == "nothing"


def test_a_drag_selects_what_it_passes(segments: Page) -> None:
    figure = "#panel-superpixels .figures > div:nth-child(2) dd"
    frame = segments.one("#panel-superpixels .frame")
    chain = ActionChains(segments.browser).move_to_element_with_offset(frame, -60, 30).click_and_hold()
    chain.move_by_offset(60, 0).move_by_offset(60, 0).release().perform()
    dragged = segments.text(figure)
    assert dragged != "nothing"
    segments.button("Undo").click()
    assert segments.text(figure) == "nothing"


@pytest.mark.parametrize("kind", ["labels", "geojson", "coco"])
def test_files_of_segments_are_those_of_the_line(segments: Page, kind: str) -> None:
    segments.choose("File", kind)
    segments.until(lambda: "--style none" in segments.text("#command"), "the line did not follow")
    data = segments.downloaded("#download-segments")
    segments.run_command()
    (written,) = (path for path in Path().glob("photo*") if path.name != "photo.png")
    assert written.read_bytes() == data


def test_the_keyboard_alone_selects(segments: Page) -> None:
    segments.browser.execute_script("document.querySelector('#panel-superpixels .frame').focus()")
    segments.press(Keys.ARROW_RIGHT, Keys.SPACE)
    figure = "#panel-superpixels .figures > div:nth-child(2) dd"
    segments.until(lambda: segments.text(figure) != "nothing", "nothing is selected")
    ActionChains(segments.browser).key_down(Keys.CONTROL).send_keys("z").key_up(Keys.CONTROL).perform()
    segments.until(lambda: segments.text(figure) == "nothing", "nothing is undone")


# --- tabs, names, sizes and the end ---------------------------------------------------------------------------------


def test_two_tabs_do_not_mix(page: Page) -> None:
    browser = page.browser
    first = browser.current_window_handle
    page.set("Colors", 1)
    page.until(lambda: "-k 3 " in page.text("#command"), "the line did not follow")
    browser.switch_to.new_window("tab")
    try:
        other = Page(browser, browser.execute_script("return 'http://' + arguments[0]", address(page, first)))
        other.until_done()
        other.set("Colors", 6)
        other.until(lambda: "-k 8 " in other.text("#command"), "the line did not follow")
        other.until_done()
    finally:
        browser.close()
        browser.switch_to.window(first)
    assert "-k 3 " in page.text("#command")
    page.until_done()
    data = page.downloaded("#download")
    page.run_command()
    assert Path("photo-quantized.png").read_bytes() == data


def address(page: Page, handle: str) -> str:
    """Return the host and port of the page in another tab."""
    own = page.browser.current_window_handle
    page.browser.switch_to.window(handle)
    host = str(page.browser.execute_script("return location.host"))
    page.browser.switch_to.window(own)
    return host


def test_a_hostile_name_is_text(chromium: Any, started: Callable[..., Studio], photo: Path) -> None:
    name = "<img src=x onerror=document.title='hacked'>'$(touch hacked)\x1b.png"
    photo.rename(name)
    page = Page(chromium, started(name).link)
    page.until_done()
    assert "<img" in page.text("#name")
    assert not chromium.find_elements(By.CSS_SELECTOR, "#name img")
    assert chromium.title != "hacked"
    data = page.downloaded("#download")
    page.run_command()
    (written,) = Path().glob("*-quantized.png")
    assert written.read_bytes() == data
    assert not Path("hacked").exists()


def test_a_file_is_opened_and_a_bad_one_is_said_in_a_line(page: Page, photo: Path) -> None:
    Path("bad.png").write_bytes(b"no picture")
    page.one("#chooser").send_keys(str(Path("bad.png").absolute()))
    page.until(lambda: page.text("#note").startswith("cannot read bad.png: "), "the page says nothing")
    page.set("Colors", 5)
    page.until(lambda: "-k 7 " in page.text("#command"), "the line does not follow")
    page.until_done()
    assert page.text("#note").startswith("cannot read bad.png: ")
    with Image.open(photo) as image:
        image.rotate(90).save("other.png")
    page.one("#chooser").send_keys(str(Path("other.png").absolute()))
    page.until(lambda: "other.png" in page.text("#command"), "it was not opened")
    page.until_done()
    assert not page.one("#note").is_displayed()
    data = page.downloaded("#download")
    page.run_command()
    assert Path("other-quantized.png").read_bytes() == data


def test_what_a_format_does_not_keep_is_said(chromium: Any, started: Callable[..., Studio], photo: Path) -> None:
    with Image.open(photo) as image:
        image.putalpha(Image.linear_gradient("L").resize(image.size))
        image.save("soft.png")
    page = Page(chromium, started("soft.png").link)
    page.until_done()
    page.choose("Format", "gif")
    said = "full result; GIF does not keep partial transparency"
    page.until(lambda: page.text("#panel-palette .badge").startswith(said), "it is not said")


def test_an_animation_is_called_one(chromium: Any, started: Callable[..., Studio], photo: Path) -> None:
    with Image.open(photo) as image:
        image.save("moving.gif", save_all=True, append_images=[image.rotate(90)])
    page = Page(chromium, started("moving.gif").link)
    said = "animated: the first frame is shown, quantized files have all"
    page.until(lambda: said in page.text("#size"), "it is not said")


def test_without_a_picture_there_is_nothing_to_press(
    chromium: Any, started: Callable[..., Studio], photo: Path
) -> None:
    page = Page(chromium, started().link)
    inert = {
        panel.get_attribute("id"): panel.get_property("inert")
        for panel in chromium.find_elements(By.TAG_NAME, "section")
    }
    assert inert == {"panel-palette": True, "panel-superpixels": True, "panel-points": False}
    page.one("#chooser").send_keys(str(photo.absolute()))
    page.until_done()
    assert not page.one("#panel-palette").get_property("inert")


def test_a_page_of_another_site_changes_nothing(page: Page) -> None:
    browser = page.browser
    address = browser.execute_script("return location.origin")
    fields = '{"parameters": {}, "name": "web", "x": "'
    form = (
        f"<form action={address}/api/palette/preset method=post enctype=text/plain><input name='{fields}' value='\"}}'>"
    )
    browser.get(f"data:text/html,{form}<button>")
    browser.find_element(By.TAG_NAME, "button").click()
    page.until(lambda: "Requests of other sites are refused" in browser.page_source, "it was not refused")
    assert not Path("imgcluster.toml").exists()


def test_a_preset_is_saved_from_the_page(page: Page) -> None:
    page.set("Colors", 1)
    page.until(lambda: len(page.swatches()) == 3, "the colors did not follow")  # below them the button moves
    page.button("Save preset").click()
    page.until(lambda: "--preset studio" in page.text("#panel-palette .controls code"), "there is no line")
    assert "colors = 3" in Path("imgcluster.toml").read_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_telephone(page: Page, scheme: str) -> None:
    size = {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    page.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    try:
        for tab in page.browser.find_elements(By.CSS_SELECTOR, "[role=tab]"):
            tab.click()
            assert page.browser.execute_script("return document.documentElement.scrollWidth") == 390
            assert page.browser.execute_script("return document.querySelector('#command').offsetHeight") > 0
    finally:
        page.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_everything_has_a_name_and_can_be_reached(page: Page) -> None:
    script = """
    return [...document.querySelectorAll('button, input:not([hidden]), select, [tabindex="0"]')].filter((element) => {
      if (!element.checkVisibility()) return false;
      const label = element.labels?.[0]?.textContent || element.title;
      return !(element.ariaLabel || element.textContent.trim() || label || element.id);
    }).map((element) => element.outerHTML);
    """
    for tab in page.browser.find_elements(By.CSS_SELECTOR, "[role=tab]"):
        tab.click()
        assert page.browser.execute_script(script) == []
    page.one("#tab-superpixels").click()
    page.until_done("superpixels")
    page.browser.execute_script("document.activeElement.blur()")
    seen = set()
    for _ in range(40):
        page.press(Keys.TAB)
        seen.add(page.browser.execute_script("return document.activeElement.className || document.activeElement.id"))
    assert {"divider", "frame selecting"} <= seen


def test_a_server_that_is_killed_and_started_again(chromium: Any, photo: Path, program: Program) -> None:
    killed = program(str(photo), "--no-browser")
    link = link_of(killed)
    page = Page(chromium, link)
    page.until_done()
    page.set("Colors", 1)
    page.until_done()
    killed.kill()
    page.until(lambda: "has ended" in page.text("#note"), "the page does not say that the server is gone")
    assert "run 'imgcluster studio' again" in page.text("#note")
    link = link_of(program(str(photo), "--no-browser", "--port", link.split(":")[2].partition("/")[0]))
    page.until(lambda: "started again" in page.text("#note"), "the page does not say that there is a new one")
    # as another tab would: the cookie is that of the browser
    chromium.execute_async_script("fetch(arguments[0]).then(() => arguments[1]())", link)
    page.until(lambda: not page.one("#note").is_displayed(), "the page does not go on")
    page.until_done()
    assert "-k 3 " in page.text("#command")
    data = page.downloaded("#download")
    page.run_command()
    assert Path("photo-quantized.png").read_bytes() == data
