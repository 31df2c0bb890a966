"""The faults that ``tests/mutation.py`` puts into the source: each is one small change, and what must stay stays."""

from pathlib import Path

import pytest
from _mutants import mutants_of

import imgcluster

SOURCE = '''
"""Words of the module."""

from __future__ import annotations

__all__ = ["halve"]


@decorated(1)
def halve(n: Literal["é"] | int, step: int = 2) -> int:
    """Words of the function."""
    if n < 1 and not fine:
        raise ValueError(f"n must be 1, got {n + 1}", "said")
    os.kill(n, 0)
    return n // 2
'''


def changes(source: str) -> set[tuple[str, str]]:
    return {(mutant.before, mutant.after) for mutant in mutants_of(source)}


def test_every_fault_is_a_slip_of_the_hand_and_messages_stay() -> None:
    assert changes(SOURCE) == {
        ("2", "3"),
        ("2", "1"),
        ("n < 1", "(n <= 1)"),
        ("n < 1", "(n >= 1)"),
        ("1", "2"),
        ("1", "0"),
        ("not fine", "(fine)"),
        ("n < 1 and not fine", "(n < 1 or not fine)"),
        ('raise ValueError(f"n must be 1, got {n + 1}", "said")', "pass"),
        ("os.kill(n, 0)", "pass"),
        ("return n // 2", "return None"),
        ("n // 2", "(n * 2)"),
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a = b if c else d", "a = b if (not c) else d"),
        ("a.b = c", "pass"),
        ("a += b", "a -= b"),
        ("a = 1e6", "a = 500000.0"),
        ("a = 'é' + 'ü'", "a = 'é' + 'üXX'"),
        ("while a:\n    break", "while a:\n    continue"),
        ("a = [b for b in c if b]", "a = [b for b in c if (not b)]"),
    ],
)
def test_a_fault_is_one_change_of_the_source(before: str, after: str) -> None:
    assert after in {mutant.apply(before) for mutant in mutants_of(before)}


def test_tests_that_see_a_fault_run_its_line_or_what_uses_it() -> None:
    source = "A = B, C = 1\ndef f(a=2):\n    return 3\n\ndef g():\n    return B\nD = lambda: 4\nE = 5"
    found = {mutant.before: mutant.lines for mutant in mutants_of(source) if mutant.before.isdigit()}
    assert found == {"1": {6}, "2": {3}, "3": {3}, "4": {7}, "5": set()}


@pytest.mark.parametrize("room", ["files", "palette"])
def test_mutants_of_our_modules_compile(room: str) -> None:
    for path in (Path(imgcluster.__file__).parent / room).glob("*.py"):
        source = path.read_text()
        for mutant in mutants_of(source)[::29]:
            changed = mutant.apply(source)
            assert changed != source
            compile(changed, str(path), "exec")
