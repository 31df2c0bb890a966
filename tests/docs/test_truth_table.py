"""The tables of picture/README.md name cases of tests, and no line is without one."""

import re
import runpy
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1] / "picture"
PAGE = TESTS.parents[1] / "imgcluster" / "picture" / "README.md"
SECTIONS = {
    "PNG": ("test_truth_png.py", ("COLORS", "HDR", "HARMLESS")),
    "TIFF": ("test_truth_tiff.py", ("COLORS",)),
    "JPEG": ("test_truth_jpeg.py", ("COLORS", "MODES")),
}


@pytest.mark.parametrize("section", SECTIONS)
def test_lines_of_the_truth_table_are_tested(section: str) -> None:
    file, names = SECTIONS[section]
    cases = runpy.run_path(str(TESTS / file))
    known = {case for name in names for case in cases[name]}
    text = PAGE.read_text(encoding="utf-8").partition(f"\n## {section}")[2].partition("\n## ")[0]
    named = {
        case
        for line in text.splitlines()
        if line.startswith(("|", "right, a")) or "`ancillary" in line
        for case in re.findall(r"`([^`]+)`", line.rpartition(" | ")[2])
    }
    assert named <= known, named - known
    assert len(named) > 10
