"""Every palette format: what is kept on the round trip, what other programs write, and what broken files do."""

import random
import struct
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from imgcluster import Palette
from imgcluster.errors import ImageWriteError, PaletteReadError
from imgcluster.palette.formats import ENDINGS, FORMATS

OPAQUE = [[0, 0, 9], [252, 0, 16], [252, 0, 16], [255, 255, 255], [1, 2, 3]]
CLEAR = [[0, 0, 0, 0], *([*color, 255] for color in OPAQUE)]
GLASS = [*CLEAR, [200, 100, 50, 128]]
NAMES = ("night", "", "Red (2) */ \u2028 ß", "#ffffffff", "night")
KEEPS_NAME = (".gpl", ".json", ".css", ".ase", ".png")
KEEPS_NAMES = (".gpl", ".json", ".css", ".ase", ".aco")


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_round_trip(tmp_path: Path, ending: str) -> None:
    path, other = tmp_path / f"p{ending}", tmp_path / f"q{ending}"
    Palette.of(OPAQUE, "dusk", names=NAMES, columns=3).save(path)
    back = Palette.read(path)
    assert back.colors.tolist() == OPAQUE
    assert back.name == ("dusk" if ending in KEEPS_NAME else "")
    names = tuple(name.replace(" \u2028", "") if ending != ".json" else name for name in NAMES)
    assert back.names == (names if ending in KEEPS_NAMES else ())
    assert back.columns == (3 if ending in (".gpl", ".json") else None)
    back.save(other)
    again = Palette.read(other)
    assert (again.hex, again.names, again.columns) == (back.hex, back.names, back.columns)
    Palette.read(other).save(path)
    assert path.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_a_format_keeps_is_what_it_says(ending: str) -> None:
    kept = {"name": KEEPS_NAME, "names": KEEPS_NAMES, "columns": (".gpl", ".json"), "native colors": (".json",)}
    assert FORMATS[ending].keeps == ", ".join(what for what, endings in kept.items() if ending in endings)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("colors", [CLEAR, GLASS])
def test_alpha_is_kept_or_refused(tmp_path: Path, ending: str, colors: Any) -> None:
    path = tmp_path / f"p{ending}"
    if FORMATS[ending].alpha == "any" or (ending == ".act" and colors is CLEAR):
        Palette.of(colors).save(path)
        assert Palette.read(path).colors.tolist() == colors
    else:
        holds = "one clear color and no translucent ones" if ending == ".act" else "opaque colors only"
        with pytest.raises(ImageWriteError, match=f"{ending} holds {holds}, got .* with alpha; write .gpl, .hex, .css"):
            Palette.of(colors).save(path)
        assert not path.exists()


@settings(max_examples=25)
@given(st.lists(st.tuples(*[st.integers(0, 255)] * 3), min_size=1, max_size=40), st.data())
def test_any_colors_and_names_survive(folder_of_palettes: Path, colors: Any, data: Any) -> None:
    names = data.draw(st.lists(st.text(max_size=8), min_size=len(colors), max_size=len(colors)))
    for ending in ENDINGS:
        path = folder_of_palettes / f"p{ending}"
        Palette.of(colors, names=names).save(path)
        np.testing.assert_array_equal(Palette.read(path).colors, colors)


@pytest.fixture(scope="module")
def folder_of_palettes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("palettes")


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_without_ending_is_known_by_its_content(tmp_path: Path, ending: str) -> None:
    Palette.of(OPAQUE).save(tmp_path / f"p{ending}")
    (tmp_path / f"p{ending}").rename(tmp_path / "63")
    assert Palette.read(tmp_path / "63").colors.tolist() == OPAQUE


@pytest.mark.parametrize(
    ("n_colors", "ending", "fits"),
    [
        (256, ".act", True),
        (257, ".act", False),
        (65536, ".aco", False),
        (257, ".png", True),
        (2000, ".png", True),
        pytest.param(65535, ".aco", True, marks=pytest.mark.exhaustive),
        pytest.param(65536, ".gpl", True, marks=pytest.mark.exhaustive),
    ],
)
def test_how_many_colors_a_format_holds(tmp_path: Path, n_colors: int, ending: str, fits: bool) -> None:
    numbers = np.arange(n_colors)
    palette, path = Palette.of(np.stack([numbers >> 8, numbers & 255, numbers % 7], axis=1)), tmp_path / f"p{ending}"
    if fits:
        palette.save(path)
        np.testing.assert_array_equal(Palette.read(path).colors, palette.colors)
    else:
        most = FORMATS[ending].most
        with pytest.raises(ImageWriteError, match=f"{ending} holds at most {most} colors, got {n_colors}; write .gpl"):
            palette.save(path)
        assert not path.exists()


def _aco(version: int, *entries: tuple[int, ...]) -> bytes:
    return struct.pack(">HH", version, len(entries)) + b"".join(struct.pack(">5H", *entry) for entry in entries)


def test_swatches_of_photoshop(tmp_path: Path) -> None:
    path = tmp_path / "a.aco"
    spaces = _aco(
        1,
        (0, 65535, 32896, 0, 0),
        (1, 21845, 65535, 65535, 0),
        (2, 65535, 65535, 0, 65535),
        (7, 10000, 0, 0, 0),
        (7, 5000, 0, 0, 0),
        (7, 5323, 8011, 6722, 0),
        (7, 3230, 7920, 65536 - 10786, 0),
        (8, 5000, 0, 0, 0),
    )
    path.write_bytes(spaces)
    colors = Palette.read(path).colors
    expected = [[255, 128, 0], [0, 255, 0], [255, 255, 0], [255] * 3, [119] * 3, [255, 0, 0], [0, 0, 255], [128] * 3]
    # Lab of red and blue at D50 as Photoshop shows them is rounded, and blue is out of the gamut for a
    np.testing.assert_allclose(colors[:5], expected[:5], atol=1)
    np.testing.assert_allclose(colors[[5, 7]], [expected[5], expected[7]], atol=6)
    assert colors[6, 2] > 240
    text = "Sky\0".encode("utf-16-be")
    named = struct.pack(">HH", 2, 1) + struct.pack(">5H", 0, 257, 514, 771, 0) + struct.pack(">I", 4) + text
    for data in (named, _aco(1, (0, 0, 0, 0, 0)) + named):
        path.write_bytes(data)
        assert (Palette.read(path).hex, Palette.read(path).names) == (("#010203",), ("Sky",))


def _ase(*blocks: tuple[int, bytes]) -> bytes:
    parts = [b"ASEF", struct.pack(">HHI", 1, 0, len(blocks))]
    return b"".join([*parts, *(struct.pack(">HI", kind, len(data)) + data for kind, data in blocks)])


def _words(name: str) -> bytes:
    return struct.pack(">H", len(name) + 1) + name.encode("utf-16-be") + b"\0\0"


def test_swatch_exchange_in_groups_and_spaces(tmp_path: Path) -> None:
    path = tmp_path / "a.ase"
    path.write_bytes(
        _ase(
            (0xC001, _words("first")),
            (1, _words("red") + b"RGB " + struct.pack(">3f", 1, 0, 0) + b"\0\0"),
            (1, _words("") + b"CMYK" + struct.pack(">4f", 0, 0, 1, 0) + b"\0\1"),
            (0xC002, b""),
            (0xC001, _words("second")),
            (0x7777, b"what nobody knows"),
            (1, _words("half") + b"Gray" + struct.pack(">f", 0.5) + b"\0\2"),
            (1, _words("white") + b"LAB " + struct.pack(">3f", 1, 0, 0) + b"\0\2"),
            (0xC002, b""),
        )
    )
    palette = Palette.read(path)
    assert palette.hex == ("#ff0000", "#ffff00", "#808080", "#ffffff")
    assert (palette.name, palette.names) == ("first", ("red", "", "half", "white"))


def test_color_tables_of_photoshop(tmp_path: Path) -> None:
    path, table = tmp_path / "a.act", bytes(range(256)) * 3
    for tail, n_colors in ((b"", 256), (b"\0\3\xff\xff", 3), (b"\0\0\xff\xff", 256), (b"\1\0\0\0", 256)):
        path.write_bytes(table + tail)
        palette = Palette.read(path)
        assert len(palette) == n_colors
        assert palette.colors.shape[1] == (4 if tail == b"\1\0\0\0" else 3)
        assert palette.colors[1, :3].tolist() == [3, 4, 5]


def test_both_kinds_of_pal(tmp_path: Path) -> None:
    path = tmp_path / "a.pal"
    Palette.of(OPAQUE).save(path)
    assert path.read_bytes().startswith(b"JASC-PAL\r\n0100\r\n5\r\n0 0 9\r\n")
    Palette.of(OPAQUE).save(path, riff=True)
    assert path.read_bytes().startswith(b"RIFF\x24\0\0\0PAL data\x18\0\0\0\0\3\5\0\0\0\x09\0")
    assert Palette.read(path).colors.tolist() == OPAQUE
    data = b"RIFF\x30\0\0\0PAL offl\3\0\0\0abc\0data\x08\0\0\0\0\3\1\0\7\x08\x09\0"
    path.write_bytes(data)
    assert Palette.read(path).colors.tolist() == [[7, 8, 9]]
    with pytest.raises(ValueError, match=r"riff is for .pal files, got '.*p.gpl'; leave it out"):
        Palette.of(OPAQUE).save(tmp_path / "p.gpl", riff=True)


def test_variables_of_style_sheets(tmp_path: Path) -> None:
    path = tmp_path / "a.css"
    path.write_text(
        "/* Brand\n   colors */\n:root{--primary:#09f;--gap: 4px;--on-primary : rgb(255, 255, 255) ;color:#123456}\n"
        "$shade: #00000080; /* Deep shade */\n@accent: tomato; @media (x) {--x: var(--primary)}\n--none: transparent"
    )
    palette = Palette.read(path)
    assert palette.hex == ("#0099ff", "#ffffff", "#00000080", "#ff6347", "#00000000")
    assert palette.names == ("primary", "on-primary", "Deep shade", "accent", "none")
    Palette.of(OPAQUE, "dusk", names=("Sky Blue", "sky blue", "", "red", "*/")).save(path)
    assert path.read_text() == (
        "/* dusk */\n:root {\n  --sky-blue: #000009; /* Sky Blue */\n  --color-2: #fc0010; /* sky blue */\n"
        "  --color-3: #fc0010;\n  --red: #ffffff;\n  --color-5: #010203; /* *\\/ */\n}\n"
    )
    assert Palette.read(path).names == ("Sky Blue", "sky blue", "", "red", "*/")


@pytest.mark.parametrize(
    ("written", "hex"),
    [
        ("rgb(255 128 0)", "#ff8000"),
        ("RGBA(255, 128, 0, 1)", "#ff8000"),
        ("rgb(100% 50% none / 25%)", "#ff800040"),
        ("rgba(0,0,0,.5)", "#00000080"),
        ("hsl(240deg 100% 50%)", "#0000ff"),
        ("hsl(-120, 100%, 50%)", "#0000ff"),
        ("hsl(.5turn 100% 50% / 1)", "#00ffff"),
    ],
)
def test_css_reads_functions_with_commas_spaces_and_alpha(tmp_path: Path, written: str, hex: str) -> None:
    path = tmp_path / "a.css"
    path.write_text(f":root {{ --first: #010203; --second: {written}; --gap: calc(1px + 2px); --third: rgb(1 2); }}")
    assert Palette.read(path).hex == ("#010203", hex)


def test_a_color_of_css_that_is_not_read_is_not_lost_in_silence(tmp_path: Path) -> None:
    path = tmp_path / "a.css"
    path.write_text(":root { --first: #010203; --second: oklch(70% 0.1 200); }")
    with pytest.raises(
        PaletteReadError, match=r"--second: oklch.* is of a color space that is not read; write #rrggbb"
    ):
        Palette.read(path)


def test_pictures_are_palettes(tmp_path: Path) -> None:
    pixels = np.array([[[9, 9, 9, 255], [1, 2, 3, 0]], [[9, 9, 9, 255], [5, 0, 0, 128]]], np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.webp", lossless=True, exact=True)
    assert Palette.read(tmp_path / "a.webp").colors.tolist() == [[9, 9, 9, 255], [0, 0, 0, 0], [5, 0, 0, 128]]
    Image.fromarray(pixels[:, :, :3]).save(tmp_path / "a.png")
    assert Palette.read(tmp_path / "a.png").colors.tolist() == [[9, 9, 9], [1, 2, 3], [5, 0, 0]]
    indexed = Image.new("P", (2, 1))
    indexed.putpalette([7, 7, 7, 1, 1, 1, 7, 7, 7, 3, 3, 3])
    indexed.save(tmp_path / "b.png", transparency=1)
    assert Palette.read(tmp_path / "b.png").colors.tolist()[:4] == [
        [7, 7, 7, 255],
        [0, 0, 0, 0],
        [7, 7, 7, 255],
        [3, 3, 3, 255],
    ]
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (300, 300, 3)).astype(np.uint8)).save(tmp_path / "many.png")
    with pytest.raises(PaletteReadError, match=r"many.png: it holds 8.* colors, 65536 are allowed; find its best ones"):
        Palette.read(tmp_path / "many.png")


def test_swatches_are_squares_in_columns(tmp_path: Path) -> None:
    Palette.of(OPAQUE, columns=3).save(tmp_path / "p.png")
    with Image.open(tmp_path / "p.png") as image:
        assert (image.mode, image.size) == ("P", (48, 32))
        assert np.asarray(image)[::16, ::16].tolist() == [[0, 1, 2], [3, 4, 4]]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.aco", b"", "it ends after 0 bytes; save it as .aco again"),
        ("a.aco", b"\0\1\0\2" + bytes(10), "it is cut off: 2 colors are announced, 1 are there; save it as .aco again"),
        ("a.aco", b"\0\x09\0\1" + bytes(10), "its version must be 1 or 2, got 9; save it as .aco again"),
        ("a.aco", b"\0\1\0\1\0\x09" + bytes(8), "color 1 is of the unknown color space 9; save it as RGB"),
        (
            "a.aco",
            b"\0\2\0\1" + bytes(10) + b"\xff" * 4,
            "it is cut off: 1 colors are announced, 0 are there; save it as .aco again",
        ),
        ("a.aco", b"\0\1\0\0", "it holds no colors; write at least one"),
        ("63", b"\0\1\0\0", "it holds no colors; write at least one"),
        ("63", b"\0\3\0\0", f"no extension, and no palette or picture in it; use one of {', '.join(ENDINGS)}"),
        ("63", b"\1\1\0\0", f"no extension, and no palette or picture in it; use one of {', '.join(ENDINGS)}"),
        ("63", b"\0\1\0\1" + bytes(9), f"and no palette or picture in it; use one of {', '.join(ENDINGS)}"),
        ("a.ase", b"ASE", "an .ase file begins with ASEF, this one does not; save it as .ase again"),
        ("a.ase", _ase(), "it holds no colors; write at least one"),
        (
            "a.ase",
            _ase((1, _words("x") + b"XYZ " + bytes(12))),
            "a color is of the unknown kind 'XYZ '; save it as RGB",
        ),
        ("a.ase", _ase((1, _words("x") + b"RGB " + bytes(8))), "a block of it is cut off; save it as .ase again"),
        ("a.ase", _ase((1, b"\xff\xff")), "a block of it is cut off; save it as .ase again"),
        (
            "a.ase",
            _ase((1, _words("x") + b"Gray\x7f\xc0\0\0")),
            "a color has a number that is not finite; save it again",
        ),
        ("a.act", bytes(769), "an .act file has 768 or 772 bytes, got 769; save it as .act again"),
        (
            "a.pal",
            b"GIMP Palette\n",
            "line 1: a .pal file begins with JASC-PAL or RIFF, got 'GIMP Palette'; save it as .pal again",
        ),
        (
            "a.pal",
            b"JASC-PAL\n0100\nmany\n",
            "line 3: the number of colors must be there, got 'many'; correct the line",
        ),
        ("a.pal", b"JASC-PAL\n0100\n2\n1 2 3\n", "line 3: 2 colors are announced, 1 are there; correct the number"),
        (
            "a.pal",
            b"JASC-PAL\n0100\n1\n1 2 300\n",
            "line 4: a color is three whole numbers between 0 and 255, got '1 2 300'; correct the line",
        ),
        ("a.pal", b"RIFF\0\0\0\0WAVE", "it is RIFF, but not a palette; name another file"),
        ("a.pal", b"RIFF\0\0\0\0PAL ", "it holds no chunk of colors; save it as .pal again"),
        (
            "a.pal",
            b"RIFF\0\0\0\0PAL data\x08\0\0\0\0\3\2\0\1\2\3\0",
            "it is cut off: 2 colors are announced, 1 are there; save it as .pal again",
        ),
        ("a.css", b"body { color: red }", "it holds no colors; write at least one"),
        ("a.png", b"\x89PNG\r\n\x1a\n", "; get a fresh copy"),
        ("a.png", b"GIMP Palette\n", "nor one of the rarer kinds; convert it to one of these"),
        (
            "a.json",
            b'{"colors": ["#fff000"], "native": []}',
            "native must be a list of 1 opaque colors, one for each of colors; correct it or leave it out",
        ),
        ("a.hex", b"\n" * 300_000, "it has more than 262144 lines, so it is not a palette; name another file"),
    ],
)
def test_broken_files_are_one_line(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(PaletteReadError) as caught:
        Palette.read(tmp_path / name)
    assert str(caught.value).endswith(said)
    assert "\n" not in str(caught.value)


def _broken(data: bytes, chance: random.Random) -> bytes:
    """Return a file with a few faults: bytes changed, cut out, put in, repeated, or the end missing."""
    found = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at, length = chance.randrange(len(found) + 1), chance.choice([1, 1, 2, 4, 50])
        fault = chance.randrange(5)
        if fault == 0:
            found[at : at + length] = chance.randbytes(length)
        elif fault == 1:
            del found[at : at + length]
        elif fault == 2:
            found[at:at] = chance.choice([b"\xff\xff\xff\xff", b"\0\0", b"\n", b"9" * 40, b"/*", b"[", b"{", b"--a:"])
        elif fault == 3:
            found[at:at] = found[at : at + length] * 3
        else:
            del found[at:]
    return bytes(found)


def _fuzz(folder: Path, n_files: int) -> None:
    """Read broken files of every format: each is a palette, or an error of one line."""
    chance, sound = random.Random(1), []
    for ending in ENDINGS:
        for i, colors in enumerate((OPAQUE, CLEAR[1:], [[i, i, 9] for i in range(200)])):
            path = folder / f"{i}{ending}"
            Palette.of(np.array(colors)[:, :3], "dusk", names=[f"n{k}" for k in range(len(colors))]).save(path)
            sound.append((ending, path.read_bytes()))
    Palette.of(OPAQUE).save(folder / "r.pal", riff=True)
    sound.append((".pal", (folder / "r.pal").read_bytes()))
    for i in range(n_files):
        ending, data = sound[i % len(sound)]
        path = folder / f"broken{chance.choice([ending, ending, ending, '', '.pal', '.aco'])}"
        path.write_bytes(_broken(data, chance))
        try:
            assert 1 <= len(Palette.read(path)) <= 65536
        except PaletteReadError as error:
            assert "\n" not in str(error)  # noqa: PT017
            assert len(str(error)) < 600  # noqa: PT017


def test_broken_files_of_any_kind_raise_nothing_else(tmp_path: Path) -> None:
    _fuzz(tmp_path, 600)


@pytest.mark.exhaustive
def test_ten_thousand_broken_files_raise_nothing_else(tmp_path: Path) -> None:
    _fuzz(tmp_path, 10_000)


@settings(max_examples=40)
@given(data=st.binary(max_size=900))
def test_any_bytes_raise_nothing_else(folder_of_palettes: Path, data: bytes) -> None:
    for ending in (*ENDINGS, ""):
        path = folder_of_palettes / f"any{ending}"
        path.write_bytes(data)
        try:
            Palette.read(path)
        except PaletteReadError as error:
            assert "\n" not in str(error)  # noqa: PT017


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "text", ["/*", "--a", "--a:", "[", "{", "1 2 3\n", "$" * 9, "\r", "--x:#fff;", "GIMP Palette\n", "#", '"', "9 "]
)
def test_sixteen_megabytes_of_anything_end_soon(tmp_path: Path, text: str) -> None:
    data = (text * ((1 << 24) // len(text))).encode()
    for ending in (".css", ".json", ".gpl", ".hex", ".pal", ""):
        path = tmp_path / f"large{ending}"
        path.write_bytes({".gpl": b"GIMP Palette\n", ".pal": b"JASC-PAL\n0100\n1\n"}.get(ending, b"") + data[:-99])
        with suppress(PaletteReadError):
            Palette.read(path)
