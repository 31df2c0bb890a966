"""A studio that runs on a thread, one that runs as a program, and a real browser to look at it."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from _browser import started_browser
from _studio_page import Page
from _visitor import Program, Visitor
from numpy.typing import NDArray
from PIL import Image

from imgcluster.studio import Studio


@pytest.fixture
def photo(tmp_path: Path, astronaut: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small photo in the current folder."""
    monkeypatch.chdir(tmp_path)
    Image.fromarray(astronaut[::4, ::4]).save("photo.png")
    return Path("photo.png")


@pytest.fixture
def started() -> Iterator[Callable[..., Studio]]:
    """Start studios that end with the test."""
    with ExitStack() as stack:

        def start(*arguments: Any, **more: Any) -> Studio:
            studio = stack.enter_context(Studio(*arguments, **more))
            thread = threading.Thread(target=studio.serve)
            thread.start()
            stack.callback(thread.join)
            stack.callback(studio.stop)
            return studio

        yield start


@pytest.fixture
def visitor(started: Callable[..., Studio], photo: Path) -> Visitor:
    """A client that was let in."""
    studio = started(str(photo))
    visitor = Visitor(studio)
    assert visitor.enter(studio.link) == 200
    return visitor


@pytest.fixture
def program() -> Iterator[Program]:
    """Start ``imgcluster studio``, which ends with the test."""
    running: list[subprocess.Popen[str]] = []

    def start(*args: str, **environment: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", "imgcluster", "studio", *args],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
            # a shell starts what is in the background with SIGINT ignored
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL) and None,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate(timeout=300)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    browser = started_browser(browser="ALL")
    browser.set_window_size(1280, 800)
    yield browser
    browser.quit()


@pytest.fixture
def page(chromium: Any, started: Callable[..., Studio], photo: Path) -> Iterator[Page]:
    """The page with a photo, done with its first result."""
    page = Page(chromium, started(str(photo)).link)
    page.until_done()
    yield page
    assert page.complaints() == []
    chromium.get("about:blank")
