"""Colors as files of palettes hold them: other spaces, words of CSS, lines and names, and how many there may be."""

import colorsys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage import color

from imgcluster import Palette
from imgcluster.errors import PaletteReadError
from imgcluster.palette import _files as files
from imgcluster.palette.formats import color_of_word
from imgcluster.palette.formats._format import (
    BadPaletteError,
    Listing,
    color_of,
    color_of_hex,
    head_of,
    hex_of,
    in_a_line,
    lines_of,
    named,
    names_of,
    quoted,
    text_of,
    without_hex,
)
from imgcluster.palette.formats._spaces import color_of_cmyk, color_of_gray, color_of_hsb, color_of_lab, color_of_rgb


@pytest.mark.parametrize("lightness", [-5.0, 0.0, 3.0, 7.9, 8.1, 9.0, 30.0, 60.0, 99.0, 100.0, 120.0])
@pytest.mark.parametrize(("a", "b"), [(0.0, 0.0), (12.0, -20.0), (-15.0, 8.0), (60.0, 40.0), (2000.0, -2000.0)])
def test_lab_at_d50(lightness: float, a: float, b: float) -> None:
    found = np.array(color_of_lab(lightness, a, b)[:3])
    lab = np.array([min(max(lightness, 0.0), 100.0), min(max(a, -512.0), 512.0), min(max(b, -512.0), 512.0)])
    roots = np.array([lab[1] / 500, 0.0, -lab[2] / 200]) + (lab[0] + 16) / 116
    xyz = np.where(roots > 6 / 29, roots**3, (roots - 4 / 29) * 108 / 841) * [0.96422, 1.0, 0.82521]
    bradford = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    scale = bradford @ [0.95047, 1.0, 1.08883] / (bradford @ [0.96422, 1.0, 0.82521])
    xyz65 = np.linalg.inv(bradford) @ (scale * (bradford @ xyz))
    expected = color.xyz2rgb(np.clip(xyz65, -1e6, 1e6)[None, None])[0, 0] * 255
    np.testing.assert_allclose(found, np.clip(expected, 0, 255), atol=0.75)


@pytest.mark.parametrize("shares", [(0.0, 0.25, 1.0), (0.5, 0.5, 0.5), (1 / 3, 0.7, 0.2), (0.9, 1.0, 0.6)])
def test_hsb_and_cmyk_and_gray(shares: tuple[float, float, float]) -> None:
    def of(values: Any) -> tuple[int, ...]:
        return (*(round(value * 255) for value in values), 255)

    assert color_of_rgb(*shares) == of(shares)
    assert color_of_hsb(*shares) == of(colorsys.hsv_to_rgb(*shares))
    assert color_of_cmyk(*shares, 0.0) == of(1 - share for share in shares)
    assert color_of_cmyk(*shares, 0.4) == of((1 - share) * 0.6 for share in shares)
    assert color_of_gray(shares[1]) == of([shares[1]] * 3)
    assert color_of_rgb(-1.0, 2.0, 0.5) == (0, 255, 128, 255)
    for values in ((np.nan, 0.0, 0.0), (0.0, np.inf, 0.0), (0.0, 0.0, -np.inf)):
        with pytest.raises(BadPaletteError, match="not finite"):
            color_of_rgb(*values)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("#f80", (255, 136, 0, 255)),
        ("f80c", (255, 136, 0, 204)),
        ("#FF8000", (255, 128, 0, 255)),
        ("ff800010", (255, 128, 0, 16)),
        ("Transparent", (0, 0, 0, 0)),
        ("rebeccapurple", (102, 51, 153, 255)),
        (" rgb( 1 2 3 ) ", (1, 2, 3, 255)),
        ("rgb(1,2,3)", (1, 2, 3, 255)),
        ("rgba(1 , 2, 3 / 0.5)", (1, 2, 3, 128)),
        ("rgb(100%, 0%, 50%)", (255, 0, 128, 255)),
        ("rgb(300 -5 127.6)", (255, 0, 128, 255)),
        ("rgb(+1. .6 none)", (1, 1, 0, 255)),
        ("hsl(120 100% 25%)", (0, 128, 0, 255)),
        ("HSLA(0.5TURN 100% 50% / 50%)", (0, 255, 255, 128)),
        ("hsl(480deg 100 50)", (0, 255, 0, 255)),
        ("#ff", None),
        ("#fffff", None),
        ("ff80001", None),
        ("ff8000100", None),
        ("rgb(1 2)", None),
        ("rgb(1 2 3 4 5)", None),
        ("rgb(1 2 x)", None),
        ("rgb(1deg 2 3)", None),
        ("hsl(50% 100% 50%)", None),
        ("hsl(50 100deg 50%)", None),
        ("no color", None),
        ("#" + "0" * 64, None),
    ],
)
def test_words(word: str, expected: Any) -> None:
    assert color_of_word(word) == expected


def test_a_word_of_64_characters_may_be_a_color() -> None:
    spaced = "rgb(1" + " " * 53 + "2 3)"
    assert len(spaced) == 62
    assert color_of_word(f"{spaced}  ") == (1, 2, 3, 255)
    assert color_of_word(f"{spaced}   ") is None


def test_lines_end_as_on_any_system() -> None:
    assert list(lines_of("a\n\n b \r\nc\rd\u2028e\n")) == [(1, "a"), (3, "b"), (4, "c"), (5, "d\u2028e")]
    assert list(lines_of("")) == []
    assert list(lines_of("a")) == [(1, "a")]
    assert len(list(lines_of("a\n" * ((1 << 18) - 1)))) == (1 << 18) - 1
    with pytest.raises(BadPaletteError, match="more than 262144 lines"):
        list(lines_of("a\n" * (1 << 18) + "a"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_text_in_any_encoding(encoding: str) -> None:
    assert text_of("GIMP Palette ü".encode(encoding)) == "GIMP Palette ü"
    assert head_of(("\n GIMP" + "x" * 9000).encode(encoding)).startswith("GIMPx")
    assert text_of(b"a") == "a"
    assert text_of(b"") == ""
    assert text_of(b"a\xffb") == "a\ufffdb"


def test_names_and_hex() -> None:
    colors = [(1, 2, 3, 255), (1, 2, 3, 128)]
    assert [hex_of(one) for one in colors] == ["010203", "01020380"]
    assert [color_of_hex(text) for text in ("#010203", "01020380", "#0102", "x10203")] == [*colors, None, None]
    assert named(Listing(colors)) == ["#010203", "#01020380"]
    assert named(Listing(colors, names=("a\n b ", ""))) == ["a b", "#01020380"]
    assert without_hex(colors, ["#010203", "#01020380"]) == ()
    assert without_hex(colors, ["a", "#01020380"]) == ("a", "")
    assert names_of(["", ""]) == ()
    assert in_a_line(" a \r\n b\t") == "a b"
    assert quoted("x" * 40) == repr("x" * 40)
    assert quoted("é" * 41) == ascii("é" * 40 + "...")
    assert color_of([1, 2, 3]) == (1, 2, 3, 255)
    assert color_of([0, 255, 3, 9]) == (0, 255, 3, 9)
    for values in ([1, 2], [1, 2, 256], [1, 2, -1], [1, 2, True], [1, 2, 3.0], [1, 2, 3, 4, 5], [1, 2, 3, "4"]):
        assert color_of(values) is None


def test_a_file_holds_so_many_colors(tmp_path: Path) -> None:
    (tmp_path / "a.hex").write_text("010203\n040506\n")
    assert len(files.read_listing(tmp_path / "a.hex", 2).colors) == 2
    with pytest.raises(PaletteReadError, match="it holds 2 colors, 1 are allowed; leave some out"):
        files.read_listing(tmp_path / "a.hex", 1)


@pytest.mark.parametrize(
    ("n_colors", "columns", "cells", "side"),
    [
        (5, None, (1, 5), 16),
        (17, None, (2, 16), 16),
        (17, 4, (5, 4), 16),
        (3, 9, (1, 3), 16),
        (400, None, (20, 20), 16),
        (1024, None, (32, 32), 16),
        (1025, None, (33, 32), 4),
    ],
)
def test_swatches(n_colors: int, columns: int | None, cells: tuple[int, int], side: int, tmp_path: Path) -> None:
    numbers = np.arange(n_colors)
    colors = np.stack([numbers >> 8, numbers & 255, numbers % 7], axis=1).astype(np.uint8)
    Palette.of(colors, columns=columns).save(tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        found = np.asarray(image.convert("RGB"))
        assert image.mode == ("P" if n_colors <= 256 else "RGB")
    assert found.shape == (cells[0] * side, cells[1] * side, 3)
    squares = found.reshape(cells[0], side, cells[1], side, 3)
    assert (squares == squares[:, :1, :, :1]).all()
    np.testing.assert_array_equal(squares[:, 0, :, 0].reshape(-1, 3)[:n_colors], colors)
    assert (squares[:, 0, :, 0].reshape(-1, 3)[n_colors:] == colors[-1]).all()
