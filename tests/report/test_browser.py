"""The report in a real browser: it slides, shows, keeps to itself, and runs nothing but its own script."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from imgcluster.report import write_report
from imgcluster.tasks import FileResult

pytest.importorskip("selenium", reason="selenium is not installed: pip install selenium")
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

pytestmark = pytest.mark.exhaustive

ATTACK = "document.documentElement.dataset.hacked='yes'"
HACKED = "return document.documentElement.dataset.hacked === 'yes'"


def load(browser: Any, path: Any, text: Any = None) -> Any:
    """Open a page from the disk, with another text when one is given."""
    if text is not None:
        path = path.with_name("changed.html")
        path.write_text(text, encoding="utf-8")
    browser.get(path.as_uri())
    return browser


def one(browser: Any, selector: Any) -> Any:
    return browser.find_element(By.CSS_SELECTOR, selector)


def press(browser: Any, *keys: Any) -> None:
    ActionChains(browser).send_keys(*keys).perform()


def focused(browser: Any) -> Any:
    return browser.switch_to.active_element


def requests(browser: Any) -> Any:
    """Return the addresses that the browser asked for since the last look, but for those inside the page."""
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    return [url for url in asked if not url.startswith(("data:", "about:"))]


def without_policy(text: Any) -> Any:
    changed = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    assert changed != text
    return changed


# --- keeping to itself ----------------------------------------------------------------------------------------------


def test_nothing_is_asked_for_and_nothing_is_complained_about(browser: Any, report: Path) -> None:
    load(browser, report)
    one(browser, "button.file").click()
    assert requests(browser) == [report.as_uri()]
    assert browser.get_log("browser") == []


def test_a_request_would_be_seen(browser: Any, report: Path) -> None:
    page = without_policy(report.read_text(encoding="utf-8"))
    load(browser, report, page.replace("</main>", '<img src="there-is-none.png"></main>'))
    assert any(url.endswith("there-is-none.png") for url in requests(browser))
    assert browser.get_log("browser")


@pytest.mark.parametrize(
    "injected",
    [f"<script>{ATTACK}</script>", f'<img src="data:,x" onerror="{ATTACK}">', f'<svg onload="{ATTACK}"></svg>'],
)
def test_the_policy_stops_an_injected_script(browser: Any, report: Path, injected: Any) -> None:
    page = report.read_text(encoding="utf-8").replace("</main>", f"{injected}</main>")
    load(browser, report, page)
    assert not browser.execute_script(HACKED)
    assert any("Content Security Policy" in entry["message"] for entry in browser.get_log("browser"))
    # the same without the policy does run: the test can fail
    load(browser, report, without_policy(page))
    assert browser.execute_script(HACKED)


def test_the_policy_stops_requests_and_markup_from_text(browser: Any, report: Path) -> None:
    load(browser, report)
    get = "const done = arguments[0]; fetch('https://example.invalid/').then(() => done('sent'), () => done('no'))"
    assert browser.execute_async_script(get) == "no"
    assert not [url for url in requests(browser) if "example" in url]
    set_markup = "try { document.body.innerHTML = '<p>'; return 'set' } catch (error) { return error.name }"
    assert browser.execute_script(set_markup) == "TypeError"


# --- names ----------------------------------------------------------------------------------------------------------


def test_hostile_names_are_text_even_without_the_policy(browser: Any, report: Path, run: Any) -> None:
    load(browser, report, without_policy(report.read_text(encoding="utf-8")))
    assert len(browser.find_elements(By.CSS_SELECTOR, "tbody tr")) == len(run)
    for row in browser.find_elements(By.CSS_SELECTOR, "tr.failed button"):
        row.click()
        assert one(browser, "#name").text == row.find_element(By.TAG_NAME, "bdi").text != ""
        press(browser, Keys.ESCAPE)
    assert not browser.execute_script(HACKED)
    assert not browser.find_elements(By.CSS_SELECTOR, "img[onerror], svg[onload]")
    assert browser.get_log("browser") == []


def test_a_name_that_is_not_escaped_would_be_noticed(browser: Any, report: Path, run: Any) -> None:
    page = without_policy(report.read_text(encoding="utf-8"))
    raw = next(result.input for result in run if "onerror" in result.input)
    load(browser, report, page.replace("</main>", f"{raw}</main>"))
    browser.execute_async_script("setTimeout(arguments[0], 100)")
    assert browser.execute_script(HACKED)


# --- one file in full -----------------------------------------------------------------------------------------------


def test_the_slider_works_from_the_keyboard(browser: Any, report: Path) -> None:
    load(browser, report)
    one(browser, "#search").send_keys("img9", Keys.TAB)
    while "file" not in focused(browser).get_attribute("class").split():
        press(browser, Keys.TAB)
    press(browser, Keys.ENTER)
    slider = one(browser, "#slider")
    assert focused(browser) == slider
    covered = "return getComputedStyle(document.querySelector('#cover')).clipPath"
    before = browser.execute_script(covered)
    press(browser, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert slider.get_attribute("value") == "52"
    assert slider.get_attribute("aria-valuetext") == "52 % before, 48 % after"
    assert browser.execute_script(covered) != before
    press(browser, Keys.HOME)
    assert slider.get_attribute("aria-valuetext") == "0 % before, 100 % after"
    press(browser, Keys.ESCAPE)
    assert not one(browser, "#details").is_displayed()
    assert "img9.png" in focused(browser).text


def test_the_slider_follows_the_pointer(browser: Any, report: Path) -> None:
    load(browser, report)
    one(browser, "button.file").click()
    frame = one(browser, ".frame")
    quarter = -frame.size["width"] // 4
    ActionChains(browser).move_to_element_with_offset(frame, quarter, 0).click().perform()
    assert 23 <= int(one(browser, "#slider").get_attribute("value")) <= 27


def test_the_pictures_are_those_of_the_file(browser: Any, report: Path) -> None:
    load(browser, report)
    one(browser, "button.file").click()
    sizes = (
        "return ['#before', '#after'].map(id => document.querySelector(id)).map(i => [i.naturalWidth, i.naturalHeight])"
    )
    assert browser.execute_script(sizes) == [[128, 128], [128, 128]]
    sources = "return [...document.querySelectorAll('#before, #after')].map(image => image.src)"
    assert len(set(browser.execute_script(sources))) == 2
    swatches = browser.find_elements(By.CSS_SELECTOR, "#colors li")
    assert [swatch.get_attribute("title") for swatch in swatches] == ["#ff0000", "#00ff00"]
    assert swatches[0].value_of_css_property("background-color") == "rgba(255, 0, 0, 1)"
    assert one(browser, "dialog a").get_attribute("href").endswith("/out-img10.png")


def test_one_goes_from_file_to_file_in_the_order_of_the_table(browser: Any, report: Path, run: Any) -> None:
    load(browser, report)
    one(browser, "th[data-key=name] button").click()
    one(browser, "[data-status=done]").click()
    one(browser, "tbody tr:not([hidden]) button").click()
    seen = []
    for _ in range(2):
        seen.append(one(browser, "#name").text.rpartition("/")[2])
        one(browser, "#next").click()
    assert [*seen, one(browser, "#name").text.rpartition("/")[2]] == ["img1.png", "img9.png", "img10.png"]
    assert not one(browser, "#next").is_enabled()
    assert focused(browser) == one(browser, "#name")


# --- looks and access -----------------------------------------------------------------------------------------------


def test_every_control_has_a_name(browser: Any, report: Path) -> None:
    load(browser, report)
    seen = set()
    for within in ("main", "dialog"):
        for control in browser.find_elements(By.CSS_SELECTOR, f"{within} :is(button, input, select, a)"):
            if control.is_displayed():
                seen.add(control.tag_name)
                assert control.accessible_name, control.get_attribute("outerHTML")
        # what is behind the dialog has no name while it is open
        one(browser, "button.file").click() if within == "main" else None
    assert seen == {"button", "input", "a"}


def test_the_focus_can_be_seen(browser: Any, report: Path) -> None:
    load(browser, report)
    one(browser, "#search").click()
    for _ in range(12):
        press(browser, Keys.TAB)
        assert focused(browser).value_of_css_property("outline-style") == "solid"


def test_light_and_dark(browser: Any, report: Path) -> None:
    shades = []
    for scheme in ("light", "dark"):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        load(browser, report)
        colors = [one(browser, "body").value_of_css_property(name) for name in ("background-color", "color")]
        shades.append([sum(map(int, re.findall(r"\d+", color)[:3])) for color in colors])
    (light_page, light_text), (dark_page, dark_text) = shades
    assert light_page > 600 > 200 > light_text
    assert dark_page < 200 < 600 < dark_text


@pytest.mark.parametrize("width", [360, 800, 1600])
def test_nothing_sticks_out(browser: Any, resize: Any, report: Path, width: int) -> None:
    resize(width)
    load(browser, report)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    one(browser, "button.file").click()
    box = one(browser, "#details").rect
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width


# --- a part at full size, and the palette ---------------------------------------------------------------------------


def test_one_zooms_moves_and_copies(browser: Any, tmp_path: Path) -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (400, 600, 4), np.uint8)
    for name in ("a.png", "b.png"):
        Image.fromarray(pixels).save(tmp_path / name)
    colors = ("#00000000", "#ff0000", "#00ff0080")
    result = FileResult(str(tmp_path / "a.png"), "done", outputs=(str(tmp_path / "b.png"),), palette=colors)
    write_report([result], tmp_path / "report.html", n_threads=1)
    load(browser, tmp_path / "report.html")
    one(browser, "button.file").click()
    shown = "const image = document.querySelector('#after'); return [image.naturalWidth, image.getBoundingClientRect()]"
    assert one(browser, "#spot").is_displayed()
    press(browser, "+")
    natural, box = browser.execute_script(shown)
    assert (natural, box["width"], box["height"]) == (480, 480, 320)
    assert one(browser, "#after").value_of_css_property("image-rendering") == "pixelated"
    one(browser, "[data-zoom='4']").click()
    natural, box = browser.execute_script(shown)
    assert (natural, box["width"], box["height"]) == (480, 1920, 1280)
    assert box["left"] == int(box["left"])
    ActionChains(browser).key_down(Keys.SHIFT).send_keys(Keys.ARROW_LEFT).key_up(Keys.SHIFT).perform()
    assert browser.execute_script(shown)[1]["left"] == box["left"] + 32
    # beside the handle one drags the picture, at the handle the slider
    middle = ActionChains(browser).move_to_element_with_offset(one(browser, ".frame"), 100, 0)
    middle.click_and_hold().move_by_offset(-50, 10).release().perform()
    moved = browser.execute_script(shown)[1]
    assert (moved["left"], moved["top"]) == (box["left"] - 18, box["top"] + 10)
    assert one(browser, "#slider").get_attribute("value") == "50"
    ActionChains(browser).drag_and_drop_by_offset(one(browser, ".frame"), 150, 0).perform()
    assert int(one(browser, "#slider").get_attribute("value")) > 60
    assert browser.execute_script(shown)[1]["left"] == moved["left"]
    browser.execute_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    one(browser, "#copy").click()
    assert browser.execute_script("return getSelection().toString()").split() == list(colors)
    assert [item.get_attribute("title") for item in browser.find_elements(By.CSS_SELECTOR, "#colors li")] == list(
        colors
    )
    assert browser.get_log("browser") == []
