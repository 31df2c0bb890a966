"""The same picture gives the same bytes as in the versions before, on whichever kernels are there.

A test that fails here asks for a decision: mend the code, or accept the change with ``python tests/golden/update.py``.
"""

import json
from functools import cache

import pytest
from golden.update import FILE, SEARCHES, flat, made, searched

PINNED: dict[str, str] = flat(json.loads(FILE.read_text(encoding="utf-8"))["hashes"])


@cache
def found() -> dict[str, str]:
    return flat(made())


@pytest.mark.parametrize("name", SEARCHES)
def test_what_is_searched_for_is_found_as_before(name: str) -> None:
    assert searched(name) == PINNED[f"searches.{name}"], "run python tests/golden/update.py to see all that differs"


def test_everything_that_is_made_is_pinned() -> None:
    assert found().keys() == PINNED.keys()


@pytest.mark.parametrize("name", [name for name in PINNED if not name.startswith("searches.")])
def test_the_bytes_are_those_of_the_versions_before(name: str) -> None:
    assert found()[name] == PINNED[name], "run python tests/golden/update.py to see all that differs"
