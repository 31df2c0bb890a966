"""The same picture gives the same bytes as in the versions before, on whichever kernels are there.

A test that fails here asks for a decision: mend the code, or accept the change with ``python tests/golden/update.py``.
"""

import json
from functools import cache

import pytest
from golden.update import FILE, flat, made

PINNED: dict[str, str] = flat(json.loads(FILE.read_text(encoding="utf-8"))["hashes"])


@cache
def found() -> dict[str, str]:
    return flat(made())


def test_everything_that_is_made_is_pinned() -> None:
    assert found().keys() == PINNED.keys()


@pytest.mark.parametrize("name", PINNED)
def test_the_bytes_are_those_of_the_versions_before(name: str) -> None:
    assert found()[name] == PINNED[name], "run python tests/golden/update.py to see all that differs"
