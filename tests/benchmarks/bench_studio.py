"""How long the studio takes from a slider to the picture on the screen, as its page counts it in a real Chromium.

Run as ``python tests/benchmarks/bench_studio.py PHOTO...``; it needs selenium, chromium and chromedriver.
"""

import argparse
import shutil
import statistics
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from PIL import Image

from imgcluster import kernels
from imgcluster.studio import Studio

# tab, slider, places of the slider, what the page calls the time, what must be reached at 0.4 and 12 megapixels (ms)
ROWS = (
    ("palette", "Colors", (3, 40, 12, 52, 7, 25, 60, 15, 48, 31, 5), "studio palette", (150, 500)),
    ("superpixels", "Segments", (30, 80, 50, 95, 20, 70, 41, 66, 90, 25, 55), "studio superpixels", (60, 500)),
    ("superpixels", "Merged from", (90, 110, 100, 120, 95), "studio segments", (None, 500)),
)
TIMES = "return performance.getEntriesByName(arguments[0]).map((measure) => measure.duration)"
MOVE = """
const range = document.querySelector(`section:not([hidden]) input[type=range][aria-label="${arguments[0]}"]`);
range.value = arguments[1];
range.dispatchEvent(new Event('input', { bubbles: true }));
"""
BADGE = "return document.querySelector(`#panel-${arguments[0]} .badge`)?.textContent"


def browser() -> Any:
    """Start Chromium without a window."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or ""
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1280,800"):
        options.add_argument(argument)
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))


def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + 300
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.02)


def times_of(page: Any, tab: str, slider: str, places: tuple[int, ...], name: str) -> tuple[list[float], list[float]]:
    """Move a slider from place to place, and return what the page counted for the first picture and for the full."""

    def count(name: str) -> int:
        return len(page.execute_script(TIMES, name))

    page.find_element("id", f"tab-{tab}").click()
    until(lambda: page.execute_script(BADGE, tab) == "full result")
    page.execute_script("performance.clearMeasures()")
    for place in places:
        before = count(name)
        page.execute_script(MOVE, slider, place)
        until(lambda before=before: count(name) > before)  # type: ignore[misc]
        until(lambda: page.execute_script(BADGE, tab) == "full result")
    return page.execute_script(TIMES, name), page.execute_script(TIMES, f"{name} exact")


def main() -> None:
    """Print a row for each slider."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", nargs="+")
    if kernels.backend() != "native":
        sys.exit("the NumPy kernels are slow; build the native ones first")
    print(
        f"{'photo':<24} {'MP':>5} {'slider':<12} {'first, median':>14} {'worst':>7} {'full, median':>13} {'wanted':>7}"
    )
    for photo in parser.parse_args().photos:
        with Image.open(photo) as image:
            megapixels = image.width * image.height / 1e6
        with Studio(photo) as studio:
            threading.Thread(target=studio.serve, daemon=True).start()
            page = browser()
            page.get(studio.link)
            until(lambda page=page: bool(page.find_elements("id", "tab-palette")))  # type: ignore[misc]
            for tab, slider, places, name, wanted in ROWS:
                first, full = times_of(page, tab, slider, places, name)
                most = wanted[megapixels > 1]
                last = f"{statistics.median(full):10.0f} ms" if full else f"{'':13}"
                print(
                    f"{photo[-24:]:<24} {megapixels:5.1f} {slider:<12} {statistics.median(first):11.0f} ms"
                    f" {max(first):4.0f} ms {last:>13} {'' if most is None else f'{most} ms':>7}"
                )
            page.quit()
            studio.stop()


if __name__ == "__main__":
    main()
