import os
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgcluster.batch._inputs import Found
from imgcluster.batch._names import fold, folds_names, output_stems

ENDING = "-quantized.png"


def names(*paths: str, folds: bool = False, own_ending: str = "") -> tuple[Any, ...]:
    files = [Found(path, path.rpartition("/")[0]) for path in paths]
    return output_stems(files, len(ENDING), folds, own_ending)


def test_short_where_that_tells_them_apart() -> None:
    assert names("a.png", "b.png", "s/a.png") == (["a", "b", "s/a"], [])


def test_colliding_names_keep_their_extension() -> None:
    stems, groups = names("same.jpg", "b.png", "same.png", "s/same.png")
    assert stems == ["same.jpg", "b", "same.png", "s/same"]
    assert groups == [[0, 2]]


def test_a_file_with_the_ending_of_outputs_keeps_its_name() -> None:
    assert names("a.gif", "a.png", "a.jpg", own_ending=".png")[0] == ["a.gif", "a", "a.jpg"]
    assert names("a.gif", "a.PNG", own_ending=".png")[0] == ["a.gif", "a"]
    assert names("a.gif", "a.png", "A.PNG", folds=True, own_ending=".png")[0][0] == "a.gif"
    # two longer names and one's own that are alike
    assert names("a.gif", "a.jpg", "a.gif.png", own_ending=".png")[0] == ["a.gif", "a.jpg", "a.gif.png"]


@pytest.mark.parametrize(
    ("first", "second"), [("A.png", "a.jpg"), ("Straße.png", "STRASSE.jpg"), ("caf\u00e9.png", "cafe\u0301.jpg")]
)
def test_names_that_some_file_systems_take_for_one_collide(first: str, second: str) -> None:
    assert names(first, second) == ([first, second], [[0, 1]])


def test_same_names_but_for_case_differ_everywhere_where_they_must() -> None:
    assert names("A.png", "a.png")[0] == ["A.png", "a.png"]
    stems = names("A.png", "a.png", folds=True)[0]
    assert fold(stems[0]) != fold(stems[1])
    assert stems[0].startswith("A.png-")


def test_a_longer_name_may_be_the_short_one_of_a_third_file() -> None:
    stems, groups = names("same.jpg", "same.png", "same.jpg.gif")
    assert stems == ["same.jpg", "same.png", "same.jpg.gif"]
    assert groups == [[0, 1, 2]]


def test_files_of_one_name_from_two_folders_get_a_mark() -> None:
    stems, groups = output_stems([Found("x/a.png"), Found("y/a.png")], len(ENDING), False)
    assert len(set(stems)) == 2
    assert all(stem.startswith("a.png-") for stem in stems)
    assert groups == [[0, 1]]


@pytest.mark.parametrize("name", ["x" * 251 + ".png", "é" * 125 + ".png", "x." + "y" * 253, "\udcff" * 250 + ".png"])
def test_long_names_are_cut_and_stay_apart(name: str) -> None:
    stems, _ = names(name, "z" + name[1:])
    assert all(len(os.fsencode(stem + ENDING)) <= 255 for stem in stems)
    assert stems[0] != stems[1]
    assert names("z" + name[1:], name)[0] == stems[::-1]


def test_long_names_that_collide_keep_their_extension() -> None:
    stems, _ = names("x" * 251 + ".png", "x" * 251 + ".jpg")
    assert [stem[-4:] for stem in stems] == [".png", ".jpg"]


FILES = st.lists(st.text("aAbé\u0301.1", min_size=1, max_size=6), min_size=1, max_size=12, unique=True)


@given(FILES, st.booleans(), st.randoms(), st.sampled_from(["", ".1", ".a"]))
def test_no_two_outputs_are_one_file_in_any_order(paths: Any, folds: Any, order: random.Random, own: str) -> None:
    paths = [path for path in paths if path not in (".", "..")]
    stems = dict(zip(paths, names(*paths, folds=folds, own_ending=own)[0], strict=True))
    assert len({fold(stem) if folds else stem for stem in stems.values()}) == len(paths)
    shuffled = order.sample(paths, len(paths))
    assert dict(zip(shuffled, names(*shuffled, folds=folds, own_ending=own)[0], strict=True)) == stems


def test_the_file_system_of_a_folder_that_is_missing_is_that_above(tmp_path: Path) -> None:
    assert folds_names(str(tmp_path / "not" / "there")) == folds_names(str(tmp_path))
    (tmp_path / "probe").touch()
    assert folds_names(str(tmp_path)) == (tmp_path / "PROBE").exists()


@pytest.mark.parametrize(("platform", "folds"), [("darwin", True), ("linux", False)])
def test_where_no_name_tells_the_system_does(platform: str, folds: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", platform)
    assert folds_names("/") == folds


def test_only_some_places_by_url_ignore_case() -> None:
    assert folds_names("smb://host/share/out")
    assert not folds_names("s3://bucket/out")
