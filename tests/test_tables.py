"""Tables of numbers in the forms that people have them."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from imgcluster.files import read_named_table, read_table

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
    ("columns", "expected"),
    [(["b", "a"], [[2.0, 1.0], [5.0, 4.0]]), (["2"], [[2.0], [5.0]]), ([3, 1], [[3.0, 1.0], [6.0, 4.0]])],
)
def test_columns_by_name_or_number(columns: list[str | int], expected: list[list[float]]) -> None:
    for text in ("a,b,3x\n1,2,3\n4,5,6", '"a" ; "b" ; c\n1;2;3\n4;5;6', "a  b c\n1 2 3\n4 5 6\n"):
        table = read_named_table(BytesIO(text.encode()), columns=columns)
        assert table.values.tolist() == expected
        assert table.names[-1] in ("a", "b")


def test_other_columns_need_not_be_numbers() -> None:
    data = b"kind,width,height\ncat,1,10\ndog,3,30\n"
    assert read_table(BytesIO(data), columns=["width"]).tolist() == [[1.0], [3.0]]
    bare = b"cat,1,10\ndog,3,30\n"  # no names: all rows are points
    table = read_named_table(BytesIO(bare), columns=[2, 3])
    assert (table.values.tolist(), table.names) == ([[1.0, 10.0], [3.0, 30.0]], ())


def test_a_name_that_is_a_number_comes_first() -> None:
    assert read_table(BytesIO(b"2,x\n7,8\n"), columns=["2", "x"]).tolist() == [[7.0, 8.0]]


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        (["c"], r"there is no column 'c'; it has 2, counted from 1: a, b"),
        ([0], "there is no column 0; it has 2"),
        ([3], "there is no column 3; it has 2"),
        (["-1"], "there is no column '-1'"),
    ],
)
def test_columns_that_are_not_there(columns: list[str | int], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        read_table(BytesIO(b"a,b\n1,2\n"), columns=columns)


@pytest.mark.parametrize(
    ("data", "columns", "text"),
    [
        (b"name,a,b\np0,1,2\np1,3,4\n", ["a", "b"], "a,b"),
        (b"a;kind;a\n1;x;2\n3;y;4\n", [1, 3], "1,3"),
        (b'name,"a, cm",b\np0,1,2\np1,3,4\n', [2, 3], "2,3"),
        (b"p0,1.0,2.0\np1,3,4\n", [2, 3], "2,3"),
    ],
)
def test_columns_of_words_are_left_out_by_naming_the_others(data: bytes, columns: list[str | int], text: str) -> None:
    with pytest.raises(ValueError, match="name the columns of numbers, such as ") as caught:
        read_table(BytesIO(data))
    assert str(caught.value).endswith(f"columns={columns} or --columns {text}")
    assert read_table(BytesIO(data), columns=columns).tolist() == [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "no numbers"),
        (b"x,y\n", "names but no numbers"),
        (b"1,2\n3\n", "line 2 has 1 column, not 2 as those before; give as many numbers in each row"),
        (b"a,b\n1,2\n3", "line 3 has 1 column, not 2"),
        (b"a,b\n1,x\n3,4\n", "line 2 has 'x' in column 'b'"),
        (b"# by hand\n\n1,2\n\n3,x\n", "line 5 has 'x' in column 2"),
        (b"1,2\n3,x\n", "as many numbers in each row"),
        (b"a,b\nx,y\n", "as many numbers in each row"),
        (b"\xff\xfe", "not text"),
        (
            b"9" * 200_000 + b",1\n",
            "not a table of numbers: field larger than field limit .*; give a row for each point",
        ),
    ],
)
def test_what_is_not_a_table(data: bytes, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        read_table(BytesIO(data))


def test_lines_too_short_for_the_columns_are_named_by_their_number_in_the_file() -> None:
    with pytest.raises(ValueError, match="line 4 has 2 columns, too few for column 3;"):
        read_table(BytesIO(b"a,b,c\n1,2,3\n# so far\n1,2\n"), columns=["c"])


def test_all_columns_of_the_file_are_known_whichever_are_read() -> None:
    assert read_named_table(BytesIO(b"a,b\n1,2\n"), columns=["b"]).available == ("a", "b")
    assert read_named_table(BytesIO(b"5,6\n1,2\n"), columns=[1]).available == ("1", "2")
