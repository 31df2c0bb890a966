"""Tables that give each label a value: what is a label, what is a value, and what is wrong with a file."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from imgcluster.errors import ImageReadError
from imgcluster.files import by_label, read_by_label


class Frame:
    """As much of a data frame as is asked of one."""

    def __init__(self, **columns: list[Any]) -> None:
        self.columns = list(columns)
        self._columns = columns

    def __getitem__(self, name: str) -> Any:
        return series(range(len(self._columns[name])), self._columns[name])


def series(index: Any, values: list[Any]) -> Any:
    class Series(SimpleNamespace):
        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            return np.array(self.values, dtype)

    return Series(index=list(index), values=values, iloc=None)


@pytest.mark.parametrize(
    ("text", "values", "column"),
    [
        ("1,oak\n2,elm\n", {1: "oak", 2: "elm"}, "the last column"),
        ("1;oak\n2;elm\n", {1: "oak", 2: "elm"}, "the last column"),
        ("1\toak wood\n2\telm\n", {1: "oak wood", 2: "elm"}, "the last column"),
        ("1   oak\n2 elm\n", {1: "oak", 2: "elm"}, "the last column"),
        ("\ufefflabel,kind\n1, oak \n", {1: "oak"}, "column 'kind'"),
        ("area,label,kind\n9.5,3,oak\n8,4.0,elm\n", {3: "oak", 4: "elm"}, "column 'kind'"),
        ("id,area,kind\n3,9.5,oak\n", {3: "oak"}, "column 'kind'"),
        ("kind , label , class \nx,5,oak\n", {5: "oak"}, "column 'class'"),
        ("# trees\n\n  # of the park\n1,oak\n \n-2,elm\n", {1: "oak", -2: "elm"}, "the last column"),
        ("1,oak\n1,oak\n", {1: "oak"}, "the last column"),
        ('1,"oak, old"\n', {1: "oak, old"}, "the last column"),
        ("", {}, "the last column"),
        ("label,kind\n", {}, "column 'kind'"),
    ],
)
def test_rows_of_a_file(text: str, values: dict[int, str], column: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    found = read_by_label(tmp_path / "a.csv")
    assert (found.values, found.column) == (values, column)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"1,oak\n2\n", "a.csv must have a label and a class in each row, got '2'"),
        (b"1,oak\nelm,2\n", "a.csv must have a label and a class in each row, got 'elm,2'"),
        (b"1,oak\n1.5,elm\n", "a.csv must have a label and a class in each row, got '1.5,elm'"),
        (b"1,oak\ninf,elm\n", "a.csv must have a label and a class in each row, got 'inf,elm'"),
        (b"kind,area,label,class\nelm,2\n", "a.csv must have a label and a class in each row, got 'elm,2'"),
        (b"1,oak\n1,elm\n", "a.csv has label 1 twice, with 'oak' and 'elm'; leave one out"),
        (b"kind,label\noak,1\n", "a.csv must have labels in its first column and values in its last one"),
        (b"label\n1\n", "a.csv must have labels in its first column and values in its last one"),
        (b"1,\xff\n", "a.csv is not a table in UTF-8; save it as CSV"),
        (b"1," + b"x" * 200_000 + b"\n", "a.csv is not a table in UTF-8; save it as CSV"),
    ],
)
def test_a_file_that_does_not_tell(data: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(data)
    with pytest.raises(ValueError, match=said.replace("(", r"\(")) as caught:
        read_by_label(tmp_path / "a.csv")
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ImageReadError, match="no such file; check the name"):
        read_by_label(tmp_path / "none.csv")


def test_labels_of_a_frame_are_in_its_column_label_or_in_the_first() -> None:
    assert by_label(Frame(area=[5, 6], label=[1, 2], kind=["a", "b"])) == {1: "a", 2: "b"}
    assert by_label(Frame(id=[1, 2], area=[5, 6], kind=["a", "b"])) == {1: "a", 2: "b"}
    np.testing.assert_array_equal(by_label(Frame(kind=[5, 6])), [5, 6])
    none = Frame()
    assert by_label(none) is none


def test_rows_of_a_series_are_only_counted_if_they_are_in_order_from_0() -> None:
    counted = by_label(series([0, 1], ["a", "b"]))
    assert isinstance(counted, np.ndarray)
    assert counted.tolist() == ["a", "b"]
    for labels in ([1, 2], [1, 0], [0, 2]):
        assert by_label(series(labels, ["a", "b"])) == dict(zip(labels, ["a", "b"], strict=True))


def test_a_label_is_given_one_value() -> None:
    assert by_label(Frame(label=[1, 1], kind=["a", "a"])) == {1: "a"}
    with pytest.raises(ValueError, match="table has label 1 twice, with a and b; leave one out"):
        by_label(Frame(label=[1, 1], kind=["a", "b"]))


@pytest.mark.parametrize("table", [{1: "a"}, [1, 2], None, np.arange(3)])
def test_whatever_else_comes_back_as_it_is(table: Any) -> None:
    assert by_label(table) is table
