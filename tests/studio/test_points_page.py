"""The tab for points in a real browser: half-steps forward and back, points by hand, other starts, keys alone."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from _studio_page import InBrowser

from imgcluster import GaussianMixture, KMeans
from imgcluster.files import read_table
from imgcluster.studio import Studio

pytest.importorskip("selenium", reason="selenium is not installed: pip install selenium")
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

pytestmark = pytest.mark.exhaustive


class Points(InBrowser):
    """The tab in a browser."""

    def __init__(self, browser: Any, link: str) -> None:
        super().__init__(browser, link)
        self.one("#tab-points").click()
        self.until(lambda: self.said() == "start", "the start did not come")

    def said(self) -> str:
        return self.text(".said")

    def click(self, *ids: str) -> None:
        for name in ids:
            self.one(f"#{name}").click()

    def choose(self, label: str, value: str) -> None:
        script = """
        const rows = [...document.querySelectorAll('#panel-points label')].filter((row) => row.querySelector('select'));
        const select = rows.find((row) => row.firstChild.textContent === arguments[0]).querySelector('select');
        select.value = arguments[1];
        select.dispatchEvent(new Event('change', { bubbles: true }));
        """
        before = self.text("#command") + self.text("#count")
        self.browser.execute_script(script, label, value)
        self.until(lambda: self.text("#command") + self.text("#count") != before and self.said() == "start")

    def slide(self, label: str, value: object) -> None:
        script = """
        const range = document.querySelector(`#panel-points input[type=range][aria-label="${arguments[0]}"]`);
        range.value = arguments[1];
        range.dispatchEvent(new Event('input', { bubbles: true }));
        """
        self.browser.execute_script(script, label, value)

    def all_said(self) -> list[str]:
        """Go through all half-steps, and return what is said of each."""
        found = []
        while self.one("#step-next").is_enabled():
            self.click("step-next")
            found.append(self.said())
        return found

    def colors(self) -> set[tuple[int, ...]]:
        """Return the colors in the plane."""
        script = """
        const canvas = document.querySelector('.plane canvas');
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        return [...new Set(new Uint32Array(data.buffer))];
        """
        return {(c & 255, c >> 8 & 255, c >> 16 & 255) for c in self.browser.execute_script(script)}

    def complaints(self) -> list[str]:
        found = [entry["message"] for entry in self.browser.get_log("browser") if entry["level"] == "SEVERE"]
        return [message for message in found if "favicon.ico" not in message]  # which a phone asks for


@pytest.fixture
def points(chromium: Any, started: Callable[..., Studio], photo: Path) -> Iterator[Points]:
    chromium.get("about:blank")
    chromium.get_log("browser")  # of the test before
    page = Points(chromium, started(str(photo)).link)
    yield page
    assert page.complaints() == []


def saved(page: Points) -> Any:
    """Return the points that the page would save."""
    script = """
    const make = URL.createObjectURL;
    const done = arguments[0];
    URL.createObjectURL = (blob) => { blob.text().then(done); URL.createObjectURL = make; return 'data:,'; };
    document.querySelector('#save').click();
    """
    text = page.browser.execute_async_script(script)
    Path("points.csv").write_text(text)
    return read_table("points.csv")


def test_every_half_step_has_the_number_of_the_estimator(points: Points) -> None:
    model = KMeans(3, init="random", n_swaps=0, random_state=0).fit(saved(points))
    said = points.all_said()
    assert [line.rpartition(" = ")[2] for line in said] == [f"{J:.6g}" for J in model.history_.objective]
    assert said[0].startswith("assign 1: objective J")
    assert "no change" in said[-1]
    points.choose("Method", "gmm")
    mixture = GaussianMixture(3, init="random", random_state=0).fit(saved(points))
    said = points.all_said()
    assert [line.rpartition(" = ")[2] for line in said] == [f"{L:.6g}" for L in mixture.history_.objective]
    assert [line.split(" ")[0] for line in said[:2]] == ["E-step", "M-step"]


def test_back_leads_to_where_it_was(points: Points) -> None:
    start = points.colors()
    said = points.all_said()
    assert not points.one("#step-last").is_enabled()
    points.click("step-back")
    assert points.said() == said[-2]
    points.click("step-first")
    assert points.said() == "start"
    assert points.colors() == start
    points.click("step-last")
    assert points.said() == said[-1]
    points.slide("Half-step", 2)
    assert points.said() == said[1]


def test_play_ends_by_itself(points: Points) -> None:
    points.browser.execute_script("const real = setInterval; window.setInterval = (work) => real(work, 20);")
    points.click("step-play")
    points.until(lambda: "no change" in points.said() and points.text("#step-play") == "Play")


def test_points_get_the_colors_of_their_clusters(points: Points) -> None:
    blue, orange, green = (0, 114, 178), (213, 94, 0), (0, 158, 115)
    assert {blue, orange, green} <= points.colors()  # the centers alone
    count = """
    const canvas = document.querySelector('.plane canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let n = 0;
    for (let i = 0; i < data.length; i += 4) n += data[i] === 0 && data[i + 1] === 158 && data[i + 2] === 115;
    return n;
    """
    before = points.browser.execute_script(count)
    points.click("step-next", "step-next")
    assert points.browser.execute_script(count) > 2 * before


def test_points_by_pointer_and_by_keys(points: Points) -> None:
    points.click("clear")
    points.until(lambda: points.text("#count").startswith("0 points"))
    assert "3 clusters need 3 more points" in points.text("#panel-points")
    assert not points.one("#step-next").is_enabled()
    canvas = points.one(".plane canvas")
    for dx, dy in ((-200, -80), (150, 60), (180, 90), (-120, 40)):
        ActionChains(points.browser).move_to_element_with_offset(canvas, dx, dy).click().perform()
    points.until(lambda: points.text("#count").startswith("4 points") and points.said() == "start")
    points.browser.execute_script("arguments[0].focus()", canvas)
    ActionChains(points.browser).send_keys(Keys.ARROW_RIGHT * 3, Keys.ENTER, Keys.ARROW_UP * 4, Keys.ENTER).perform()
    points.until(lambda: points.text("#count").startswith("6 points"))
    ActionChains(points.browser).send_keys(Keys.DELETE).perform()
    points.until(lambda: points.text("#count").startswith("5 points"))
    points.click("erase")
    ActionChains(points.browser).move_to_element_with_offset(canvas, 150, 60).click().perform()
    points.until(lambda: points.text("#count").startswith("4 points") and points.said() == "start")
    X = saved(points)
    assert X.shape == (4, 2)
    model = KMeans(3, init="random", n_swaps=0, random_state=0).fit(X)
    assert points.all_said()[-1].endswith(f"= {model.inertia_:.6g}")


def test_a_point_is_there_before_its_fit(points: Points) -> None:
    points.click("clear")
    points.until(lambda: points.text("#count").startswith("0 points"))
    slow = "const ask = fetch; fetch = (...all) => new Promise((f) => setTimeout(f, 2000)).then(() => ask(...all))"
    points.browser.execute_script(slow)
    points.browser.execute_script("document.querySelector('.plane canvas').focus()")
    ActionChains(points.browser).send_keys(Keys.ENTER, Keys.ARROW_RIGHT * 5, Keys.ENTER, Keys.DELETE).perform()
    assert points.text("#count").startswith("1 point")


def test_what_a_table_lacks_stays_on_screen_while_points_are_fitted(points: Points) -> None:
    script = """
    const data = new DataTransfer();
    data.items.add(new File(["name,kind\\na,b\\n"], "words.csv"));
    document.querySelector('main').dispatchEvent(new DragEvent('drop', { bubbles: true, dataTransfer: data }));
    """
    points.browser.execute_script(script)
    points.until(lambda: "not a table of numbers" in points.text("#note"))
    points.choose("Method", "gmm")
    assert "not a table of numbers" in points.text("#note")
    points.click("clear")
    points.until(lambda: points.text("#note") == "")
    points.browser.get_log("browser")  # the refusal


def test_a_stroke_draws_many(points: Points) -> None:
    points.click("clear")
    canvas = points.one(".plane canvas")
    chain = ActionChains(points.browser).move_to_element_with_offset(canvas, -200, 0).click_and_hold()
    for _ in range(10):
        chain.move_by_offset(20, 5)
    chain.release().perform()
    points.until(lambda: 8 <= int(points.text("#count").split()[0]) <= 12)


PLACES = """
const read = () => {
  const canvas = document.querySelector('.plane canvas');
  const { data, width } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const [wide, found] = [canvas.width / canvas.getBoundingClientRect().width, {}];
  // before the first half-step points are gray: only centers have colors
  for (let i = 0; i < data.length; i += 4) {
    const color = [data[i], data[i + 1], data[i + 2]].join();
    if (!['0,114,178', '213,94,0', '0,158,115'].includes(color)) continue;
    const place = (found[color] ??= { x: 0, y: 0, n: 0 });
    place.x += (i / 4) % width;
    place.y += Math.floor(i / 4 / width);
    place.n++;
  }
  return Object.fromEntries(Object.entries(found).map(([color, { x, y, n }]) => [color, [x / n / wide, y / n / wide]]));
};
const done = arguments[0];
// what has just changed the size of the plane has drawn it then
requestAnimationFrame(() => requestAnimationFrame(() => done(read())));
"""


def places(points: Points) -> dict[str, list[float]]:
    """Return where the centers are in the plane, by color."""
    return dict(points.browser.execute_async_script(PLACES))


def at_place(points: Points, x: float, y: float) -> ActionChains:
    canvas = points.one(".plane canvas")
    size = canvas.rect
    return ActionChains(points.browser).move_to_element_with_offset(
        canvas, round(x - size["width"] / 2), round(y - size["height"] / 2)
    )


def starts_of(points: Points) -> Any:
    """Return the centers by hand in the line, None if there are none."""
    found = re.findall(r"init=(\[\[.*?\]\])", points.text("#python"))
    return np.array(ast.literal_eval(found[0])) if found else None


def test_centers_are_dragged_before_the_first_half_step(points: Points) -> None:
    n, X = points.text("#count").split()[0], saved(points)
    points.slide("Clusters", 2)
    points.until(lambda: "-k 2 " in points.text("#command") and points.said() == "start")
    blue, orange = "0,114,178", "213,94,0"
    at_place(points, *places(points)[blue]).click_and_hold().move_by_offset(60, -20).move_by_offset(
        60, -20
    ).release().perform()
    points.until(lambda: starts_of(points) is not None)
    once = starts_of(points)
    assert not (once[0] == X).all(axis=1).any()
    assert (once[1] == X).all(axis=1).any()  # where it was drawn
    at_place(points, *places(points)[orange]).click_and_hold().move_by_offset(-50, 30).release().perform()
    points.until(lambda: not np.array_equal(starts_of(points), once) and points.said() == "start")
    twice = starts_of(points)
    assert np.array_equal(twice[0], once[0])
    assert twice[1, 0] < once[1, 0]
    assert twice[1, 1] < once[1, 1]
    assert points.text("#count").split()[0] == n
    space: dict[str, Any] = {}
    exec(points.text("#python"), space)
    expected = [f"{J:.6g}" for J in space["model"].history_.objective]
    assert [line.rpartition(" = ")[2] for line in points.all_said()] == expected
    points.click("restart")
    points.until(lambda: "init='random'" in points.text("#python"))


def test_centers_by_hand_stay_where_clusters_change(points: Points) -> None:
    points.browser.execute_script("document.querySelector('.plane canvas').focus()")
    ActionChains(points.browser).send_keys(Keys.ARROW_UP, "c").perform()
    points.until(lambda: starts_of(points) is not None and points.said() == "start")
    starts = starts_of(points)
    points.slide("Clusters", 2)
    points.until(lambda: np.array_equal(starts_of(points), starts[:2]))
    points.slide("Clusters", 5)
    points.until(lambda: "-k 5 --init random" in points.text("#command"))
    said = "3 centers are set by hand, too few for 5 clusters: the start is random points"
    assert points.text("#verdict") == said
    points.slide("Clusters", 3)
    points.until(lambda: np.array_equal(starts_of(points), starts))
    assert points.text("#verdict") == ""
    points.slide("Clusters", 4)
    points.until(lambda: "-k 4 --init random" in points.text("#command"))
    points.choose("Start from", "k-means++")
    assert points.text("#verdict") == ""


@pytest.mark.parametrize("method", ["kmeans", "gmm"])
def test_a_center_is_moved_by_keys(points: Points, method: str) -> None:
    if method == "gmm":
        points.choose("Method", "gmm")
    points.browser.execute_script("document.querySelector('.plane canvas').focus()")
    ActionChains(points.browser).send_keys(Keys.ARROW_UP, "c").perform()
    points.until(lambda: starts_of(points) is not None and points.said() == "start")
    starts, X = starts_of(points), saved(points)
    n_drawn = sum(bool((start == X).all(axis=1).any()) for start in starts)
    assert (len(starts), n_drawn) == (3, 2 if method == "kmeans" else 0)
    points.choose("Start from", "random")
    points.until(lambda: starts_of(points) is None)


def test_a_click_on_a_center_adds_a_point(points: Points) -> None:
    n = int(points.text("#count").split()[0])
    at_place(points, *places(points)["0,114,178"]).click().perform()
    points.until(lambda: int(points.text("#count").split()[0]) == n + 1)


def test_covariances_are_chosen_for_mixtures_alone(points: Points) -> None:
    row = """
    return [...document.querySelectorAll('#panel-points label')].find((r) => /^Covariance/.test(r.textContent)).hidden;
    """
    assert points.browser.execute_script(row)
    points.choose("Method", "gmm")
    assert not points.browser.execute_script(row)
    points.choose("Covariance", "spherical")
    model = GaussianMixture(3, init="random", covariance_type="spherical", random_state=0).fit(saved(points))
    assert [line.rpartition(" = ")[2] for line in points.all_said()] == [f"{L:.6g}" for L in model.history_.objective]


def test_a_bad_optimum_beside_the_best(points: Points) -> None:
    points.click("starts")
    points.until(lambda: points.text("#verdict").startswith("20 starts: J from "))
    bars = points.browser.find_elements(By.CSS_SELECTOR, ".outcome")
    assert len(bars) == 20
    bars[-1].click()
    points.until(lambda: "times the best." in points.text("#verdict") and points.said() == "start")
    bad = points.all_said()[-1]
    seed = int(points.one("#seed").get_property("value"))
    points.browser.find_elements(By.CSS_SELECTOR, ".outcome")[0].click()
    points.until(lambda: "This start: the best." in points.text("#verdict") and points.said() == "start")
    good = points.all_said()[-1]
    X = saved(points)
    model = KMeans(3, init="random", n_swaps=0, random_state=seed).fit(X)
    assert bad.endswith(f"= {model.inertia_:.6g}")
    assert float(bad.split()[-1]) > 1.5 * float(good.split()[-1])
    assert "best of the starts" in points.text(".curve")


def test_restarts_draw_other_centers(points: Points) -> None:
    points.click("restart")
    points.until(lambda: "--seed 1" in points.text("#command") and points.said() == "start")
    said = points.all_said()
    model = KMeans(3, init="random", n_swaps=0, random_state=1).fit(saved(points))
    assert said[-1].endswith(f"= {model.inertia_:.6g}")


def test_a_table_that_is_dropped(points: Points) -> None:
    rows = "\\n".join(f"{i % 7},{i * i % 11},{'ab'[i % 2]}" for i in range(40))
    script = f"""
    const data = new DataTransfer();
    data.items.add(new File(["width,height,kind\\n{rows}"], "pets.csv"));
    document.querySelector('main').dispatchEvent(new DragEvent('drop', {{ bubbles: true, dataTransfer: data }}));
    """
    points.browser.execute_script(script)
    points.until(lambda: points.text("#note").startswith("cannot read pets.csv: it is not a table of numbers"))
    columns = points.one("#panel-points .columns")
    columns.send_keys("height,width", Keys.ENTER)
    points.until(lambda: "pets.csv" in points.text("#command"))
    assert points.text("#command").endswith("--columns height,width --standardize")
    assert points.text("#count").startswith("40 points")
    assert points.text("#note") == ""
    points.browser.get_log("browser")  # the refusal of the first wish


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_page(points: Points, scheme: str) -> None:
    browser = points.browser
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    metrics = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        points.until(lambda: browser.execute_script("return innerWidth") == 390)
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
        size = browser.execute_script("return document.querySelector('.plane canvas').getBoundingClientRect().toJSON()")
        assert size["width"] == pytest.approx(390, abs=1)
        assert size["height"] > 200
        points.click("step-next")
        assert points.said().startswith("assign 1: ")
        edge = points.one(".said").rect
        assert edge["x"] >= 0
        assert edge["x"] + edge["width"] <= 390
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_buttons_by_keys_alone(points: Points) -> None:
    points.browser.execute_script("document.querySelector('#tab-points').focus()")
    for _ in range(60):
        ActionChains(points.browser).send_keys(Keys.TAB).perform()
        if points.browser.execute_script("return document.activeElement.id") == "step-next":
            break
    ActionChains(points.browser).send_keys(Keys.ENTER).perform()
    assert points.said().startswith("assign 1: ")
    assert np.isfinite(float(points.said().split()[-1]))
