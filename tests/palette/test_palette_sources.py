"""What stands for a palette beside files: names, lists, standard input, pipes; and the colors that panels are sent."""

import io
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import imgcluster as ic
from imgcluster.errors import PaletteReadError
from imgcluster.palette import PRESETS, as_palette, color_names, for_device, palette_file


def test_known_palettes() -> None:
    sizes = {name: len(as_palette(name)) for name in PRESETS}
    assert sizes == {
        "web-safe": 216,
        "game-boy": 4,
        "cga": 16,
        "ega": 64,
        "c64": 16,
        "pico-8": 16,
        "grey-16": 16,
        "spectra-6": 6,
        "acep-7": 7,
    }
    for name in PRESETS:
        palette = as_palette(name)
        assert palette.name == name
        assert len({*palette.hex}) == len(palette)
        assert (palette.native is not None) == (name in ("spectra-6", "acep-7"))
        assert palette_file(name) is None


@pytest.mark.parametrize(
    ("text", "colors"),
    [
        ("#fff,#000", ("#ffffff", "#000000")),
        (" red , #123456,abcdef, 09f ", ("#ff0000", "#123456", "#abcdef", "#0099ff")),
        ("#f008", ("#ff000088",)),
        ("#12345678,transparent", ("#12345678", "#00000000")),
        ("rebeccapurple", ("#663399",)),
        ("#abc", ("#aabbcc",)),
    ],
)
def test_lists_of_colors(text: str, colors: tuple[str, ...]) -> None:
    assert as_palette(text).hex == colors


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("red,bleu", "cannot read palette 'red,bleu': 'bleu' is not a color; write #rgb, #rrggbb, #rrggbbaa or a name"),
        ("#ff", "'#ff' is not a color"),
        ("#fff,", "a color is missing between commas"),
        ("picco-8", "cannot read picco-8: no such file or palette; did you mean pico-8?"),
        ("GAME-BOY", "did you mean game-boy?"),
        ("nothing.gpl", "cannot read nothing.gpl: no such file; check the name"),
        ("blau,rot", "cannot read blau,rot: no such file"),
        ("a\0b", "check the name"),
    ],
)
def test_what_is_none_of_these(text: str, said: str) -> None:
    with pytest.raises(PaletteReadError) as caught:
        as_palette(text)
    assert said in str(caught.value)


def test_a_file_comes_before_a_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("red,blue.hex").write_text("010203\n")
    assert as_palette("red,blue.hex").hex == ("#010203",)
    assert palette_file("red,blue.hex") == "red,blue.hex"
    assert palette_file("red,blue") is None
    Path("cga").write_text("010203\n")
    assert len(as_palette("cga")) == 16
    assert as_palette("./cga").hex == as_palette(Path("cga")).hex == ("#010203",)


def test_standard_input_and_pipes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"GIMP Palette\n1 2 3 ink\n")))
    assert as_palette("-").names == ("ink",)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"")))
    with pytest.raises(PaletteReadError, match="cannot read stdin: it is empty; use one of"):
        as_palette("-")
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(PaletteReadError, match="cannot read stdin: it is closed; pipe a palette in or name a file"):
        as_palette("-")
    reading, writing = os.pipe()
    os.write(writing, b"ff0000\n00ff00\n")
    os.close(writing)
    name = f"/dev/fd/{reading}"
    if Path(name).exists():
        assert palette_file(name) is None
        assert as_palette(name).hex == ("#ff0000", "#00ff00")
    os.close(reading)


def test_panels_are_sent_native_colors_and_matched_by_measured_ones(tmp_path: Path) -> None:
    # by the native colors this would be green; the panel's green is dark, and its yellow is nearer
    pixels = np.array([[[120, 170, 20], [255, 255, 255], [0, 0, 0]]], np.uint8)
    result = ic.quantize(pixels, palette="spectra-6")
    assert result.to_array().tolist() == [[[255, 255, 0], [255, 255, 255], [0, 0, 0]]]
    measured = as_palette("spectra-6").colors[result.indices].astype(float)
    assert result.mse == pytest.approx(((measured - pixels) ** 2).sum(axis=2).mean())
    assert not result.lossless
    assert result.shares.tolist() == [1 / 3, 1 / 3, 1 / 3, 0, 0, 0]
    exact = ic.quantize(as_palette("spectra-6").colors[None], palette="spectra-6")
    assert (exact.mse, exact.lossless) == (0, False)
    np.save(tmp_path / "p.npy", pixels)
    file = ic.quantize_large(tmp_path / "p.npy", tmp_path / "p.png", palette="spectra-6")
    np.testing.assert_array_equal(ic.read_image(tmp_path / "p.png"), result.to_array())
    assert (file.mse, file.shares.tolist()) == (result.mse, result.shares.tolist())


def test_colors_of_another_panel(tmp_path: Path) -> None:
    measured = [[20, 20, 20], [200, 200, 190]]
    ic.Palette.of(measured, "panel").save(tmp_path / "m.gpl")
    for palette in (
        for_device(None, measured=str(tmp_path / "m.gpl"), native="#000,#fff"),
        for_device("#000,#fff", measured=tmp_path / "m.gpl"),
        for_device(tmp_path / "m.gpl", native="black,white"),
    ):
        assert palette.colors.tolist() == measured
        assert palette.native is not None
        assert palette.native.tolist() == [[0, 0, 0], [255, 255, 255]]
    sent = for_device("spectra-6", measured=np.zeros((6, 3), np.uint8)).native
    assert sent is not None
    assert sent[2].tolist() == [255, 255, 0]
    palette.save(tmp_path / "both.json")
    back = ic.Palette.read(tmp_path / "both.json")
    np.testing.assert_array_equal(back.native, palette.native)
    with pytest.raises(ValueError, match="native must be as many colors as measured, 2, got 1; leave some out"):
        for_device("#000", measured="#000,#fff")
    with pytest.raises(ValueError, match="native must have a color for each of 1 opaque ones, got"):
        ic.Palette.of([[0, 0, 0, 0]], native=[[0, 0, 0]])


def test_shares_of_the_colors() -> None:
    pixels = np.array([[[0, 0, 0]] * 3 + [[255, 255, 255]]], np.uint8)
    assert ic.apply_palette(pixels, "#fff,#f00,#000").shares.tolist() == [0.25, 0.0, 0.75]


def test_names_of_colors() -> None:
    colors: Any = [[250, 5, 5, 255], [39, 10, 5, 255], [127, 127, 127, 200], [0, 255, 255, 255], [0, 0, 0, 0]]
    assert color_names(np.array(colors, np.uint8)) == ("red", "black", "gray", "cyan", "transparent")
