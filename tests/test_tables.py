"""Tables of numbers in the forms that people have them."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from imgcluster.files import read_table

ROWS = [[1.0, -2.5], [30.0, 4.0]]


@pytest.mark.parametrize(
    "text",
    [
        "1,-2.5\n30,4\n",
        "1;-2.5\n30;4",
        "1\t-2.5\r\n30\t4\r\n",
        " 1   -2.5\n30 4e0\n",
        "x,y\n1,-2.5\n30,4\n",
        '"x";"y z"\n1;-2.5\n30;4\n',
        "# made by hand\n\n1,-2.5 # first\n\n30,4\n",
        '"1","-2.5"\n"30","4"\n',
        "\ufeff1,-2.5\n30,4\n",
    ],
)
def test_forms(text: str) -> None:
    assert read_table(BytesIO(text.encode())).tolist() == ROWS


def test_files_and_single_columns(tmp_path: Path) -> None:
    path = tmp_path / "line.txt"
    path.write_text("1\n2\n3\n")
    for source in (path, str(path)):
        assert read_table(source).tolist() == [[1.0], [2.0], [3.0]]


def test_standardize_leaves_a_constant_column_finite() -> None:
    table = read_table(BytesIO(b"1,7\n2,7\n3,7\n"), standardize=True)
    np.testing.assert_allclose(table, [[-np.sqrt(1.5), 0], [0, 0], [np.sqrt(1.5), 0]])


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "no numbers"),
        (b"x,y\n", "names but no numbers"),
        (b"1,2\n3\n", "columns changed"),
        (b"\xff\xfe", "not text"),
    ],
)
def test_what_is_not_a_table(data: bytes, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        read_table(BytesIO(data))
