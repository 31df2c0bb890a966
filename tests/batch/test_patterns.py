"""Patterns of names, what they may hold, and what they give; wishes that contradict each other."""

from pathlib import Path
from typing import Any

import pytest

from imgcluster.batch import process_folder
from imgcluster.batch._patterns import check_apart, check_pattern, expanded, number_of


@pytest.mark.parametrize(
    "pattern", ["{stem}.png", "{name}-{k}.{ext}", "a/{parent}/{stem}.PNG", "x.webp", "..a.png", "a..png"]
)
def test_patterns_that_are_taken(pattern: str) -> None:
    assert check_pattern(pattern) == pattern


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("{stm}.png", r"name may hold \{stem\}, .*, got \{stm\}; write one of these"),
        ("{}.png", r"got \{\}"),
        ("../{stem}.png", "name must stay in the folder of outputs, got"),
        ("a/../{stem}.png", "name must stay in the folder of outputs, got"),
        ("/a/{stem}.png", "name must stay in the folder of outputs, got"),
        ("s3://a/{stem}.png", "name must stay in the folder of outputs, got"),
        ("{stem}", r"name must end in \.\{ext\} or one of \.png"),
        ("{stem}.txt", r"name must end in \.\{ext\} or one of \.png"),
        ("{stem}.{k}", r"name must end in \.\{ext\} or one of \.png"),
    ],
)
def test_patterns_that_are_rejected(pattern: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        check_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("{stem}.png", "/x/in/a.b.jpg", "f/a.b.png"),
        ("{stem}.{ext}", "/x/in/a.JPG", "f/a.JPG"),
        ("{name}.png", "/x/in/a.jpg", "f/a.jpg.png"),
        ("{parent}/{stem}.png", "/x/in/a.jpg", "in/a.png"),
        ("{parent}-{stem}.png", "/a.jpg", "root-a.png"),
        ("{stem}-{k}{k}.png", "s3://b/in/a.jpg", "f/a-1616.png"),
        ("{parent}.png", "s3://b/in/a.jpg", "in.png"),
        ("{stem}.png", "/x/in/{k}.jpg", "f/{k}.png"),
        ("o/{stem}.png", "/x/a", "f/o/a.png"),
    ],
)
def test_what_a_pattern_gives(pattern: str, path: str, expected: str) -> None:
    assert expanded(pattern, path, "f/a.jpg", "f", "16") == expected


def test_the_parent_of_a_relative_path_is_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert expanded("{parent}.png", "a.jpg", "a", "", "") == f"{tmp_path.name}.png"


def test_a_pattern_tells_inputs_apart() -> None:
    check_apart("{stem}.png", [("a.jpg", "o/a.png"), ("b.jpg", "o/b.png"), ("a.jpg", "o/a.png")], str)
    with pytest.raises(ValueError, match=r"name '\{stem\}.png' gives o/A.png for both a.jpg and b/A.jpg; add \{ext\}"):
        check_apart("{stem}.png", [("a.jpg", "o/a.png"), ("b/A.jpg", "o/A.png")], str.lower)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"n_colors": 16}, "16"),
        ({"n_segments": 9, "n_clusters": None}, "9"),
        ({"n_clusters": 3}, "3"),
        ({"n_colors": 5, "palette": "game-boy"}, "5"),
        ({"n_colors": None, "palette": "game-boy"}, "4"),
        ({"n_colors": None}, "default"),
        ({}, "default"),
    ],
)
def test_the_number_that_was_asked_for(parameters: dict[str, Any], expected: str) -> None:
    assert number_of(parameters, "default") == expected


TABLE = {"task": "superpixels", "extras": {"table": ".csv"}}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"backup": True}, "backup is for in_place, which alone replaces originals; leave it out"),
        ({"in_place": True, "name": "{stem}.png"}, "name excludes in_place; leave one out"),
        ({"output": "x.png", "name": "{stem}.png"}, "name excludes output; leave one out"),
        (
            {"style": "none", "output": "x.png", **TABLE},
            "output names the picture, and style",
        ),
        (
            {"style": "none", "name": "{stem}.png", **TABLE},
            "name names the picture, and style",
        ),
        ({"in_place": True, "output": "x.png"}, "in_place replaces pictures by ones of few colors, got output with it"),
        ({"in_place": True, "resume": True}, "in_place replaces pictures by ones of few colors, got resume with it"),
        ({"in_place": True, "task": "superpixels"}, "in_place replaces .* got superpixels with it; leave one out"),
        ({"output": "x.png", "recursive": True}, "output is for a single input; name a folder as output_dir"),
        ({"output": "x.png", "resume": True}, "names of outputs and masks are for single files"),
        (
            {"skip_if_larger": True, "task": "superpixels"},
            "skip_if_larger is for pictures of few colors alone, got superp",
        ),
        ({"output_dir": ""}, "output_dir must name a folder, got ''; use . for the current one"),
    ],
)
def test_wishes_that_contradict_each_other(options: dict[str, Any], said: str, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(ValueError, match=said):
        process_folder([tmp_path / "a.png"], **{"output_dir": tmp_path / "out", **options})
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.parametrize("what", ["in_place", "preserve"])
def test_what_is_for_files_here_takes_no_url(what: str, tmp_path: Path) -> None:
    options: dict[str, Any] = {what: True}
    with pytest.raises(ValueError, match=f"{what} is for files of this machine, got a URL; leave it out"):
        process_folder(["memory://a.png"], output_dir=tmp_path, **options)


@pytest.mark.parametrize(
    ("inputs", "error", "said"),
    [
        (3, TypeError, "inputs must be a path or paths, got int"),
        ([3], TypeError, "inputs must be a path or paths, got int; see read_image for arrays"),
        ([""], ValueError, "inputs must name files or folders, got ''; use . for the current folder"),
        ([], ValueError, "inputs must name at least one file or folder, got none; or give a list by files_from"),
    ],
)
def test_inputs_are_names(inputs: Any, error: Any, said: str) -> None:
    with pytest.raises(error, match=said):
        process_folder(inputs)
