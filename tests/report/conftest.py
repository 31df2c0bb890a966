"""A report of a small run with everything in it, and a real browser to look at it."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from _browser import started_browser
from numpy.typing import NDArray
from PIL import Image

from imgcluster.facts import Code, Loss, Reason
from imgcluster.report import write_report
from imgcluster.tasks import FileResult

ATTACK = "document.documentElement.dataset.hacked='yes'"
HOSTILE = (
    f'<img src=x onerror="{ATTACK}">.png',
    f"</script><script>{ATTACK}</script>.png",
    f"<!--<script>{ATTACK}.png",
    f"\"'><svg onload={ATTACK}>.png",
    "\x1b]0;title\x07\x1b[31mred.png",
    os.fsdecode(b"not-utf8-\xff.png"),
    "line\nend\u2028and\u202egpj.png",
    f"javascript:{ATTACK}",
)


@pytest.fixture
def run(tmp_path: Path, astronaut: NDArray[np.uint8]) -> list[FileResult]:
    """Results of a run with pictures: three done, one skipped, and a failure for every hostile name."""
    small = Image.fromarray(astronaut[::4, ::4])
    done = FileResult("", "done", width=128, height=128, psnr=31.5, hash="ab" * 32, palette=("#ff0000", "#00ff00"))
    results = []
    for number, name in enumerate(["img10.png", "img9.png", "img1.png", "skipped.png"]):
        before, after = tmp_path / name, tmp_path / f"out-{name}"
        small.rotate(90 * number).save(before)
        small.rotate(90 * number).quantize(2).save(after)
        result = replace(
            done,
            input=str(before),
            outputs=(str(after),),
            bytes_before=1000 * (number + 1),
            bytes_after=500 * (number + 1) ** 2,
            n_colors=4 - number,
            psnr=float("inf") if number == 0 else 30.0 + number,
            milliseconds=10.0 * number,
        )
        results.append(result)
    results[1] = replace(results[1], dropped=(Loss.ALPHA, Loss.EXIF))
    results[2] = replace(results[2], dropped=(Loss.FRAMES,))
    results[3] = replace(results[3], status="skipped", reason=Reason(Code.DONE_BEFORE), psnr=None)
    return results + [
        FileResult(name, "failed", Reason(Code.UNREADABLE, {"problem": f"cannot read {name}"})) for name in HOSTILE
    ]


@pytest.fixture
def report(run: list[FileResult], tmp_path: Path) -> Path:
    write_report(run, tmp_path / "report.html", title="A run", seconds=3.0, n_threads=1)
    return tmp_path / "report.html"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    browser = started_browser(browser="ALL", performance="ALL")
    yield browser
    browser.quit()


@pytest.fixture
def browser(chromium: Any) -> Any:
    """The browser, with logs that hold nothing of the tests before."""
    chromium.get("about:blank")
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    chromium.set_window_size(1200, 900)
    chromium.get_log("browser")
    chromium.get_log("performance")
    return chromium


@pytest.fixture
def resize(browser: Any) -> Iterator[Any]:
    """Give the page a width in pixels, that of a telephone too."""

    def change(width: Any) -> None:
        size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    yield change
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
