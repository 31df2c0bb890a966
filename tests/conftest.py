"""Tiers of tests, the profile of hypothesis, and the fixtures that all tests may ask for.

``pytest`` runs what a change is checked with, in a few minutes. ``pytest --all`` adds what is marked ``exhaustive``:
processes that are killed over and over, a browser, Dask, S3, every command of the README, the gallery. A marker
expression that names them does, too: ``pytest -m exhaustive``.
"""

from typing import Any

import _pictures
import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray

# no deadline: how long an example takes says more about the machine than about the code
settings.register_profile("imgcluster", deadline=None)
settings.register_profile("few", deadline=None, max_examples=5)  # for slow machines: --hypothesis-profile=few
settings.load_profile("imgcluster")


LEFT_OUT = pytest.StashKey[int]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="run the exhaustive tests, too")


def _runs_all(config: pytest.Config) -> bool:
    return bool(config.getoption("--all")) or "exhaustive" in config.getoption("-m")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not _runs_all(config):
        left = [item for item in items if item.get_closest_marker("exhaustive")]
        config.stash[LEFT_OUT] = len(left)
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if not item.get_closest_marker("exhaustive")]


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if count := config.stash.get(LEFT_OUT, 0):
        terminalreporter.write_line(f"{count} exhaustive tests are left out; run them, too, with pytest --all")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def astronaut() -> NDArray[np.uint8]:
    return _pictures.astronaut()


@pytest.fixture(scope="session")
def coffee() -> NDArray[np.uint8]:
    return _pictures.coffee()
