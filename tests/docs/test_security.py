"""What SECURITY.md names as the proof of a claim is there."""

import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def test_every_row_names_tests_that_exist() -> None:
    text = (REPOSITORY / "SECURITY.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and "`tests/" in line]
    assert len(rows) >= 9
    for row in rows:
        for path in re.findall("`(tests/[^`]+)`", row):
            assert (REPOSITORY / path).exists(), f"{path} is not there: {row}"
