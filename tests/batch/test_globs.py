"""Which paths a glob matches, and in which order links are followed."""

import os
from pathlib import Path

import pytest

from imgcluster.batch._inputs import Search, _Glob


@pytest.mark.parametrize(
    ("pattern", "matched", "others"),
    [
        ("*.png", ["a.png", "s/t/b.png", ".png"], ["a.jpg", "a.png/b", "apng", "a.pngx"]),
        ("a?.png", ["ab.png", "s/a1.png"], ["a.png", "abc.png", "s/a/.png"]),
        ("s/*.png", ["s/a.png"], ["a.png", "s/t/a.png", "t/s/a.png"]),
        ("s/a?c", ["s/abc"], ["s/a/c"]),
        ("/a.png", ["a.png"], ["s/a.png"]),
        ("a/", ["a", "s/a"], ["a/b"]),
        ("**/a", ["a", "s/a", "s/t/a"], ["ba", "s/ba"]),
        ("s/**", ["s/a", "s/t/a"], ["a", "t/a"]),
        ("s/**/a", ["s/a", "s/t/a"], ["s/ta"]),
        ("[a-c].png", ["a.png", "c.png"], ["d.png", "-.png"]),
        ("[!a-c].png", ["d.png", "!.png"], ["a.png"]),
        ("[^a-c].png", ["d.png", "^.png"], ["a.png"]),
        ("[]].png", ["].png"], ["[.png", "[]].png"]),
        ("[!]].png", ["a.png"], ["].png"]),
        ("[[].png", ["[.png"], ["].png"]),
        ("[a&&b].png", ["&.png", "a.png", "b.png"], ["c.png"]),
        ("[a~~b].png", ["~.png", "a.png"], ["c.png"]),
        ("[a||b].png", ["|.png", "b.png"], ["c.png"]),
        (r"[\d].png", ["\\.png", "d.png"], ["1.png"]),
        ("[z-a].png", ["[z-a].png"], ["z.png", "a.png", "-.png"]),
        ("[a", ["[a"], ["a"]),
        ("a.b+(c)", ["a.b+(c)"], ["aXb+(c)", "a.bb(c)", "a.bbc"]),
        ("a\n*", ["a\nb", "a\n"], ["a"]),
    ],
)
def test_what_a_glob_matches(pattern: str, matched: list[str], others: list[str]) -> None:
    glob = _Glob(pattern)
    assert [path for path in matched if not glob.matches(path)] == []
    assert [path for path in others if glob.matches(path)] == []


def test_a_folder_with_several_links_belongs_to_the_first_in_natural_order(tmp_path: Path) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    (there / "deep").mkdir(parents=True)
    here.mkdir()
    (there / "a.png").touch()
    (there / "deep" / "b.png").touch()
    for name in ("link10", "link2", "link33"):
        (here / name).symlink_to(there)
    found = [os.path.relpath(file.path, here) for file in Search(recursive=True).find([here])]
    assert found == ["link2/a.png", "link2/deep/b.png"]
