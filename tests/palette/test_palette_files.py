import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgcluster import Palette
from imgcluster.errors import ImageWriteError, PaletteReadError

ENDINGS = ["gpl", "hex", "json"]
COLORS = np.array([[0, 0, 9], [252, 0, 16], [252, 0, 16], [255, 255, 255]], np.uint8)


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_is_saved_is_read_back(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"palette.{ending}"
    Palette(COLORS, "night\nand day").save(path)
    back = Palette.read(str(path))
    np.testing.assert_array_equal(back.colors, COLORS)
    assert back.name == {"gpl": "night and day", "hex": "", "json": "night\nand day"}[ending]
    first = path.read_bytes()
    back.save(path)
    Palette.read(path).save(path)
    assert ending != "json" or path.read_bytes() == first
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@given(colors=st.lists(st.tuples(*[st.integers(0, 255)] * 3), min_size=1, max_size=40), name=st.text(max_size=20))
def test_any_colors_and_any_name_survive(tmp_path_factory: pytest.TempPathFactory, colors: Any, name: Any) -> None:
    folder = tmp_path_factory.mktemp("palettes")
    for ending in ENDINGS:
        path = folder / f"p.{ending}"
        Palette(colors, name).save(path)
        np.testing.assert_array_equal(Palette.read(path).colors, colors)


def test_files_are_as_other_programs_write_them(tmp_path: Path) -> None:
    for ending in ENDINGS:
        Palette(COLORS[:2], "night").save(tmp_path / f"p.{ending}")
    assert (tmp_path / "p.gpl").read_text() == (
        "GIMP Palette\nName: night\nColumns: 0\n#\n  0   0   9\t#000009\n252   0  16\t#fc0010\n"
    )
    assert (tmp_path / "p.hex").read_text() == "000009\nfc0010\n"
    assert json.loads((tmp_path / "p.json").read_text()) == {"name": "night", "colors": ["#000009", "#fc0010"]}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.gpl", "GIMP Palette\n0 0 9\n252 0 16 red\n"),
        ("a.gpl", "\ufeffGIMP Palette\r\nName: x\r\nColumns: 0\r\n# made by hand\r\n\r\n0\t0 9 a b\r\n 252 0 16\r\n"),
        ("a.GPL", "GIMP Palette\nChannels: RGBA\n0 0 9 255 Untitled\n# between\n252 0 16 255"),
        ("a.gpl", "GIMP Palette\nName: a\x85b\n0 0 9 c\u2028d\n252 0 16 e\x0bf\x0cg\u2029\x1ch\r"),
        ("a.hex", "000009\nFC0010"),
        ("a.hex", "#000009\r\n\r\n#fc0010\r\n"),
        ("a.json", '["#000009", "fc0010"]'),
        ("a.json", '{"colors": [[0, 0, 9], [252, 0, 16]], "more": 1, "name": null}'),
    ],
)
def test_spellings_that_are_understood(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_bytes(text.encode())
    np.testing.assert_array_equal(Palette.read(tmp_path / name).colors, COLORS[:2])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
@pytest.mark.parametrize("ending", ENDINGS)
def test_any_unicode_encoding_is_read(tmp_path: Path, ending: str, encoding: str) -> None:
    palette, path = Palette(COLORS, "Nächte", ("schwarz", "a\u2028b", "", "weiß")), tmp_path / f"p.{ending}"
    palette.save(path)
    path.write_bytes(path.read_text("utf-8").encode(encoding))
    back = Palette.read(path)
    np.testing.assert_array_equal(back.colors, COLORS)
    if ending != "hex":
        assert back.name == "Nächte"
        assert back.names == ("schwarz", "a b" if ending == "gpl" else "a\u2028b", "", "weiß")


@pytest.mark.parametrize("ending", ENDINGS)
def test_alpha_names_and_columns_are_kept(tmp_path: Path, ending: str) -> None:
    colors: Any = [[9, 9, 9, 0], [1, 2, 3, 128], [255, 0, 0, 255]]
    palette, path = Palette(colors, "glass", ("none", "", "red"), 2), tmp_path / f"p.{ending}"
    palette.save(path)
    back = Palette.read(path)
    assert back.colors.tolist() == [[0, 0, 0, 0], *colors[1:]]
    assert (back.names, back.columns) == (((), None) if ending == "hex" else (("none", "", "red"), 2))


def test_a_palette_of_aseprite(tmp_path: Path) -> None:
    lines = ["GIMP Palette", "Channels: RGBA", "#", "  0   0   0   0 Transparent", "254  91  89 255", ""]
    (tmp_path / "a.gpl").write_text("\n".join(lines))
    palette = Palette.read(tmp_path / "a.gpl")
    assert palette.hex == ("#00000000", "#fe5b59")
    assert palette.names == ("Transparent", "")
    (tmp_path / "a.gpl").write_text("\n".join(lines).replace("254  91  89 255", "254 91 89 red"))
    with pytest.raises(PaletteReadError, match="line 5: a color is four whole numbers between 0 and 255"):
        Palette.read(tmp_path / "a.gpl")


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.gpl", b"", "a.gpl, line 1: a .gpl file begins with GIMP Palette, got ''"),
        ("a.gpl", b"JASC-PAL\n0 0 0", "line 1: a .gpl file begins with GIMP Palette, got 'JASC-PAL'; save it as .gpl"),
        ("a.gpl", b"GIMP Palette\n#\n", "it holds no colors; write at least one"),
        (
            "a.gpl",
            b"GIMP Palette\n#\n1 2 3\n1 2 256\n",
            "line 4: a color is three whole numbers between 0 and 255, got",
        ),
        (
            "a.gpl",
            b"GIMP Palette\n1 2\n",
            "line 2: a color is three whole numbers between 0 and 255, got '1 2'; correct",
        ),
        ("a.gpl", b"GIMP Palette\n1 2 -3\n", "line 2: a color is three"),
        ("a.gpl", b"GIMP Palette\n1 2 3.5\n", "line 2: a color is three"),
        ("a.gpl", b"GIMP Palette\n1 2 " + b"9" * 5000, "line 2: a color is three"),
        ("a.gpl", b"GIMP Palette\n\x1b[31m\xff\n", r"line 2: .* got '\\x1b\[31m\\ufffd'; correct"),
        ("a.gpl", b"GIMP Palette\n1 2 \xc2\xb2\n", "line 2: a color is three"),
        ("a.hex", b"\n\n", "it holds no colors"),
        (
            "a.hex",
            b"000009\nfc001\n",
            "line 2: a color is hexadecimal digits, RRGGBB or RRGGBBAA, got 'fc001'",
        ),
        ("a.hex", b"ff00000\n", "line 1: a color is hex"),
        ("a.json", b'{"colors": [\n"#000009",\n]}', "line 3: it is not valid JSON"),
        ("a.json", b"[" * 100_000, "it is not JSON of a palette"),
        ("a.json", b"1" * 5000, "it is not JSON of a palette"),
        ("a.json", b'{"name": "x"}', 'it does not hold a list of colors; write {"colors": '),
        ("a.json", b"[]", "it holds no colors"),
        (
            "a.json",
            b'["#000009", "red"]',
            r"colors\[1\] must be \"#rrggbb\" or three whole numbers in 0..255, got 'red'",
        ),
        ("a.json", b"[[0, 0, true]]", r"colors\[0\] must be"),
        ("a.json", b"[[0, 0, 9.0]]", r"colors\[0\] must be"),
        ("a.txt", b"words", "unknown extension '.txt'; use one of .gpl, .hex, .json"),
        ("palette", b"", "palette: it is empty; use one of .gpl, .hex, .json"),
        ("palette", b"words", "no extension, and no palette or picture in it; use one of .gpl, .hex, .json"),
        ("a.hex", b"000009\n" * 65537, "it holds 65537 colors, 65536 are allowed; leave some out"),
        ("a.hex", b"\n" * ((1 << 24) + 1), "it is larger than 16 MB"),
    ],
)
def test_bad_files_are_one_line_that_names_file_and_place(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(PaletteReadError, match=said.replace("{", r"\{").replace(".gpl", r"\.gpl")) as caught:
        Palette.read(tmp_path / name)
    assert str(caught.value).startswith(f"cannot read {tmp_path / name}")
    assert "\n" not in str(caught.value)


def test_pictures_may_be_larger_than_other_palettes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.png"
    Palette(COLORS[[0, 1, 3]]).save(path)
    size = path.stat().st_size
    monkeypatch.setattr("imgcluster.palette._files._MOST_BYTES", 64)
    for most, fits in ((size, True), (size - 1, False)):
        monkeypatch.setattr("imgcluster.palette._files._MOST_PICTURE_BYTES", most)
        if fits:
            assert Palette.read(path).colors.tolist() == COLORS[[0, 1, 3]].tolist()
        else:
            with pytest.raises(PaletteReadError, match="it is larger than 0 MB, so it is not a palette; name another"):
                Palette.read(path)
    for n, fits in ((64, True), (65, False)):
        (tmp_path / "a.hex").write_bytes(b"000009".ljust(n, b"\n"))
        if fits:
            assert len(Palette.read(tmp_path / "a.hex")) == 1
        else:
            with pytest.raises(PaletteReadError, match="it is larger than 0 MB"):
                Palette.read(tmp_path / "a.hex")


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(PaletteReadError, match=r"none.gpl: no such file; check the name"):
        Palette.read(tmp_path / "none.gpl")
    (tmp_path / "folder.gpl").mkdir()
    with pytest.raises(PaletteReadError, match="it is a folder"):
        Palette.read(tmp_path / "folder.gpl")
    with pytest.raises(PaletteReadError, match="check the name"):
        Palette.read("a\0b.gpl")
    if os.geteuid():
        (tmp_path / "secret.gpl").touch(mode=0)
        with pytest.raises(PaletteReadError, match="Permission denied"):
            Palette.read(tmp_path / "secret.gpl")


def test_a_failed_save_leaves_the_old_file(tmp_path: Path) -> None:
    palette = Palette(COLORS)
    with pytest.raises(ImageWriteError, match=r"palette.txt: unknown extension '.txt'; use one of .gpl, .hex, .json"):
        palette.save(tmp_path / "palette.txt")
    with pytest.raises(ImageWriteError, match="the folder does not exist"):
        palette.save(tmp_path / "none" / "palette.gpl")
    assert list(tmp_path.iterdir()) == []
    if Path("/dev/full").exists():
        link = tmp_path / "full.hex"
        link.symlink_to("/dev/full")
        with pytest.raises(ImageWriteError, match="no space left"):
            palette.save(link)


def test_names_that_utf8_cannot_hold(tmp_path: Path) -> None:
    for ending in ENDINGS:
        Palette(COLORS, "caf\udce9").save(tmp_path / f"p.{ending}")
        np.testing.assert_array_equal(Palette.read(tmp_path / f"p.{ending}").colors, COLORS)
