"""What a palette makes of odd fields and of its own translucent colors."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imgcluster import Palette
from imgcluster.palette import for_device


def test_over_white_names_stay_with_their_colors() -> None:
    colors = [[0, 0, 0, 0], [255, 0, 0, 255], [0, 0, 0, 128], [10, 20, 30, 1]]
    found = Palette.of(colors, "glass", names=["none", "red", "smoke", "breath"], columns=2).opaque()
    expected = [[round((value * a + 255 * (255 - a)) / 255) for value in color] for *color, a in colors[1:]]
    assert found.colors.tolist() == expected
    assert (found.names, found.name, found.columns) == (("red", "smoke", "breath"), "glass", 2)
    assert Palette.of([[0, 0, 0, 0]], names=["none"]).opaque().hex == ("#ffffff",)
    whole = Palette.of([[1, 2, 3]])
    assert whole.opaque() is whole


@pytest.mark.parametrize(
    ("fields", "name", "names", "columns"),
    [
        ({}, "", (), None),
        ({"name": 3, "names": "ab", "columns": "2"}, "", (), None),
        ({"name": "x", "names": ["a"], "columns": 0}, "x", (), None),
        ({"name": None, "names": ["a", 3], "columns": True}, "", ("a", ""), None),
        ({"names": ["", ""], "columns": 2.0}, "", (), None),
        ({"names": ["a", "b"], "columns": 1}, "", ("a", "b"), 1),
    ],
)
def test_odd_fields_of_json_are_left_out(fields: Any, name: str, names: Any, columns: Any, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"colors": ["#010203", "#040506"], **fields}))
    found = Palette.read(tmp_path / "a.json")
    assert found.hex == ("#010203", "#040506")
    assert (found.name, found.names, found.columns) == (name, names, columns)


def test_messages_name_the_parameter() -> None:
    with pytest.raises((TypeError, ValueError), match="palette must be"):
        Palette.of([["a", "b", "c"]])
    with pytest.raises((TypeError, ValueError), match="native must"):
        Palette.of([[1, 2, 3]], native=np.ma.masked_array([[1, 2, 3]], mask=True))


def test_how_a_palette_shows_itself() -> None:
    assert repr(Palette.of([[1, 2, 3]])) == "<Palette 1 color>"
    assert repr(Palette.of(np.zeros((1200, 3), np.uint8), "dusk")) == "<Palette 'dusk', 1,200 colors>"
    page = Palette.of([[1, 2, 3], [9, 8, 7]], "dusk", names=["night", "<i>"])._repr_html_()
    assert "Palette dusk" in page
    assert "#010203" in page
    assert "night" in page
    assert "<i>" not in page
    assert "device" not in page
    assert "takes other colors" in Palette.of([[1, 2, 3]], native=[[0, 0, 0]])._repr_html_()


def test_one_name_is_that_of_one_color() -> None:
    assert Palette.of([[1, 2, 3]], names="night").names == ("night",)
    with pytest.raises(ValueError, match="names must"):
        Palette.of([[1, 2, 3], [4, 5, 6]], names="night")
    with pytest.raises(TypeError, match="names must be a str for each color, got 7"):
        Palette.of([[1, 2, 3]], names=7)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "missing"),
    [({"measured": "#222,#fff"}, "native"), ({"native": "#222,#fff"}, "measured"), ({}, "measured")],
)
def test_a_device_takes_two_lists_of_colors(given: Any, missing: str) -> None:
    said = f"{missing} must be given together with the other, or a palette, got None; name a file"
    with pytest.raises(ValueError, match=said):
        for_device(None, **given)
