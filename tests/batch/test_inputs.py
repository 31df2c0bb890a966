import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from imgcluster.batch import plan_folder, process_folder
from imgcluster.batch._inputs import Search, natural_key
from imgcluster.errors import ImageReadError


def touch(folder: Path, *names: bytes | str) -> None:
    for name in names:
        path = Path(folder, os.fsdecode(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def found(folder: Path, **options: Any) -> list[str]:
    """Return what is found in a folder, as paths below it."""
    return [os.path.relpath(file.path, folder) for file in Search(**options).find([folder])]


def test_natural_order_folder_by_folder(tmp_path: Path) -> None:
    touch(tmp_path, "img10.png", "IMG2.png", "img1.png", "a/img3.png", "a2/x.png", "a10/x.png")
    expected = ["a/img3.png", "a2/x.png", "a10/x.png", "img1.png", "IMG2.png", "img10.png"]
    assert found(tmp_path, recursive=True) == expected


def test_natural_order_takes_any_name() -> None:
    names = ["", "1", "a1b", "1a", "²", "٣.png", "\udcff", "a" * 300, "9" * 250]
    backwards = names[::-1]
    assert sorted(names, key=natural_key) == sorted(backwards, key=natural_key)


def test_only_visible_pictures(tmp_path: Path) -> None:
    touch(
        tmp_path, "a.png", "B.JPG", "c.tiff", "notes.txt", ".hidden.png", ".hidden/x.png", "no_extension", "sub/d.gif"
    )
    assert found(tmp_path) == ["a.png", "B.JPG", "c.tiff"]
    assert found(tmp_path, recursive=True) == ["a.png", "B.JPG", "c.tiff", "sub/d.gif"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_what_is_no_file_counts_by_its_name_and_is_not_opened(tmp_path: Path) -> None:
    touch(tmp_path, "a.png")
    for name in ("pipe.png", "pipe.txt", ".pipe.png"):
        os.mkfifo(tmp_path / name)
    assert found(tmp_path) == ["a.png", "pipe.png"]
    (tmp_path / "a.png").unlink()
    (file,) = plan_folder(tmp_path, output_dir=tmp_path / "out").files
    assert (file.action, file.text) == ("fail", "it is a pipe or a device, not a file; copy what it holds to a file")


@pytest.mark.parametrize(
    ("include", "exclude", "expected"),
    [
        ((), (), ["a.png", "s/b.png", "s/t/c.png", "s/t/d.jpg"]),
        (("*.jpg",), (), ["s/t/d.jpg"]),
        (("s/*.png",), (), ["s/b.png"]),
        (("s/**/*.png",), (), ["s/b.png", "s/t/c.png"]),
        (("**/t/*",), (), ["s/t/c.png", "s/t/d.jpg"]),
        (("[a-b].png",), (), ["a.png", "s/b.png"]),
        (("[!a].png",), (), ["s/b.png", "s/t/c.png"]),
        ((), ("t",), ["a.png", "s/b.png"]),
        ((), ("s/t/",), ["a.png", "s/b.png"]),
        ((), ("?.png",), ["s/t/d.jpg"]),
        (("*.png",), ("b*", "/a.png"), ["s/t/c.png"]),
        (("[z-a]", "*.txt"), (), []),
    ],
)
def test_globs(tmp_path: Path, include: tuple[Any, ...], exclude: tuple[Any, ...], expected: list[str]) -> None:
    touch(tmp_path, "a.png", "s/b.png", "s/t/c.png", "s/t/d.jpg", "s/t/e.txt")
    assert found(tmp_path, recursive=True, include=include, exclude=exclude) == expected


def test_loops_of_links_end_and_no_folder_is_walked_twice(tmp_path: Path) -> None:
    touch(tmp_path, "real/a.png", "z/b.png")
    (tmp_path / "a_link").symlink_to("real")
    (tmp_path / "real" / "up").symlink_to("..")
    (tmp_path / "real" / "self").symlink_to("self")
    (tmp_path / "z" / "abroad").symlink_to(tmp_path / "real")
    assert found(tmp_path, recursive=True) == ["real/a.png", "z/b.png"]


def test_links_that_lead_upwards_bring_in_nothing(tmp_path: Path) -> None:
    touch(tmp_path, "out.png", "beside/b.png", "named/a.png", "named/sub/c.png")
    (tmp_path / "named" / "up").symlink_to("..")
    (tmp_path / "named" / "sub" / "self").symlink_to(tmp_path / "named")
    (tmp_path / "named" / "beside").symlink_to("../beside")
    assert found(tmp_path / "named", recursive=True) == ["a.png", "beside/b.png", "sub/c.png"]


def test_linked_files_count_and_broken_links_are_reported(tmp_path: Path) -> None:
    touch(tmp_path, "a.png")
    (tmp_path / "b.png").symlink_to("a.png")
    (tmp_path / "c.png").symlink_to("gone.png")
    assert found(tmp_path) == ["a.png", "b.png", "c.png"]


@pytest.mark.parametrize("name", ["-f.png", "new\nline.png", b"\xff\xfe.png", "x" * 251 + ".png", "\x1b[31m.png"])
def test_names_that_break_programs(tmp_path: Path, name: bytes | str) -> None:
    touch(tmp_path, name)
    assert found(tmp_path) == [os.fsdecode(name)]


def test_a_file_found_in_two_ways_counts_once_as_part_of_the_outermost_folder(tmp_path: Path) -> None:
    touch(tmp_path, "s/a.png", "b.png")
    named = [tmp_path / "s" / "a.png", tmp_path / "s", tmp_path]
    for inputs in (named, named[::-1]):
        files = Search(recursive=True).find(inputs)
        folders = {os.path.relpath(file.path, tmp_path): file.folder for file in files}
        assert folders == {"s/a.png": f"{tmp_path.name}/s", "b.png": tmp_path.name}
        assert len(files) == 2


def test_several_folders_keep_their_names_and_one_does_not(tmp_path: Path) -> None:
    touch(tmp_path, "2023/a.png", "2024/s/a.png")
    files = Search(recursive=True).find([tmp_path / "2023", tmp_path / "2024"])
    assert [file.folder for file in files] == ["2023", "2024/s"]
    assert [file.folder for file in Search(recursive=True).find([tmp_path / "2024"])] == ["s"]


def test_folders_that_hold_no_picture(tmp_path: Path) -> None:
    for name in ("a/1.png", "a/sub/2.png", "a/none/notes.txt", "none/deep/3.png", "linked/.hidden.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "link").symlink_to("a")
    folders = [str(tmp_path / name) for name in ("none", "a", "link", "a/sub", "linked", "none", "a/none")]
    search = Search()
    assert len(search.find(folders)) == 2
    assert search.empty == [str(tmp_path / name) for name in ("none", "linked", "a/none")]
    search = Search(recursive=True)
    assert len(search.find(folders)) == 3
    assert search.empty == [str(tmp_path / "linked")]


def test_files_named_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    touch(tmp_path, "a.png")
    files = Search().find(["a.png", "./a.png", "missing.png"])
    assert [(file.path, file.repeated) for file in files] == [
        ("a.png", False),
        ("./a.png", True),
        ("missing.png", False),
    ]


@pytest.mark.parametrize("separator", [b"\n", b"\0"])
def test_lists_of_files_mirror_their_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, separator: bytes) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    listed = [b"a.png", b"s/./b.png", b"../up/c.png", b"/abs/d.png", b"-x\xff.png", b"a.png"]
    files = Search().find([], io.BytesIO(separator.join(listed) + separator))
    up = str(tmp_path).lstrip("/") + "/up"
    assert [file.folder for file in files] == ["", "s", up, "abs", ""]
    assert os.fsencode(files[-1].path) == b"-x\xff.png"


def test_lists_with_null_bytes_hold_any_name() -> None:
    assert [file.path for file in Search().find([], io.BytesIO(b"a\nb.png\0c.png"))] == ["a\nb.png", "c.png"]


def test_a_list_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ImageReadError, match=r"cannot read the list .*missing.*: No such file"):
        Search().find([], tmp_path / "missing")


def test_a_folder_that_cannot_be_listed_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "a.png", "s/b.png")
    listed = os.scandir

    def scandir(path: Any) -> Any:
        if Path(path).name == "s":
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    files = Search(recursive=True).find([tmp_path])
    assert [(Path(file.path).name, file.problem[:38]) for file in files] == [
        ("a.png", ""),
        ("s", "cannot list this folder: no permission"),
    ]


def test_what_earlier_runs_made_is_left_out_where_there_are_other_pictures(
    tmp_path: Path, paint: Callable[..., Path], quick: dict[str, Any]
) -> None:
    paint(tmp_path / "in" / "a.png")
    for out in ("in/made", "in"):
        source, options = tmp_path / "in" / "a.png", {"output_dir": tmp_path / out, "parameters": quick}
        list(process_folder(source, n_jobs=1, resume=True, **dict[str, Any](options)))
    paint(tmp_path / "in" / "made" / "mine.png")
    search = Search(recursive=True)
    files = [os.path.relpath(file.path, tmp_path) for file in search.find([tmp_path])]
    assert files == ["in/a.png", "in/made/mine.png"]
    assert search.left_out == {str(tmp_path / "in"): 1, str(tmp_path / "in" / "made"): 1}
    made = str(tmp_path / "in" / "made" / "a-quantized.png")
    assert [file.path for file in Search().find([made])] == [made]
    (tmp_path / "in" / "made" / "mine.png").unlink()
    assert [file.path for file in Search().find([tmp_path / "in" / "made"])] == [made]


@pytest.mark.parametrize("picture", [b"\x89PNG\r\n\x1a\n\0\0", b"\xff\xd8\xff\xe0\0"])
def test_a_picture_is_not_a_list(tmp_path: Path, picture: bytes) -> None:
    (tmp_path / "a.png").write_bytes(picture)
    with pytest.raises(ImageReadError, match=r"it is a (PNG|JPEG) picture; name it among the inputs"):
        Search().find([], tmp_path / "a.png")


def test_a_list_written_on_windows() -> None:
    assert [file.path for file in Search().find([], io.BytesIO(b"BM/a.png\r\nb c.png\r\n"))] == ["BM/a.png", "b c.png"]
    assert [file.path for file in Search().find([], io.BytesIO(b"\xef\xbb\xbfa\r\n\r\nb\nc"))] == ["a", "b", "c"]
    with pytest.raises(ImageReadError, match="it is UTF-16 text; save it as UTF-8"):
        Search().find([], io.BytesIO("a".encode("utf-16")))
    with pytest.raises(TypeError, match="files_from must be a path or a binary file"):
        Search().find([], io.StringIO("a"))  # type: ignore[arg-type]


def test_a_name_that_really_ends_as_lines_do_on_windows(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path / "a.png\r")
    Path(os.fsdecode(name)).touch()
    assert [file.path for file in Search().find([], io.BytesIO(name + b"\n"))] == [os.fsdecode(name)]


def test_a_link_to_itself_costs_only_itself(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4), (9, 8, 7)).save(tmp_path / "a.png")
    (tmp_path / "round.png").symlink_to("round.png")
    plan = plan_folder(tmp_path, output_dir=tmp_path / "out")
    actions = {Path(file.input).name: file.action for file in plan.files}
    assert actions == {"a.png": "make", "round.png": "fail"}
