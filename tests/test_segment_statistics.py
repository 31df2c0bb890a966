"""Statistics of segments on layers with gaps: of the finite values alone, with their number; JSON without NaN."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import imgcluster as ic
from imgcluster.colors import channel_ranges
from imgcluster.segmentation import VolumeSegmentation


def _layer(shape: tuple[int, ...], dtype: Any = np.float64, gap: float = np.nan) -> NDArray[Any]:
    """Return values in two bands of which every fifth column has a gap in the first, and one corner in both."""
    values = np.random.default_rng(5).normal(30, 4, (*shape, 2)).astype(dtype)
    values[..., ::5, 0] = gap
    values[..., :4, :4, :] = gap
    return values


def _blocks(shape: tuple[int, ...]) -> NDArray[Any]:
    rows, columns = (np.arange(n) // 4 for n in shape[-2:])
    labels = rows[:, None] * (int(columns.max()) + 1) + columns
    return np.broadcast_to(labels, shape).copy()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("gap", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("shape", [(12, 16), (3, 12, 16)])
def test_means_and_variances_are_of_finite_values_and_their_number_is_told(
    shape: tuple[int, ...], dtype: Any, gap: float
) -> None:
    layer, labels = _layer(shape, dtype, gap), _blocks(shape)
    kind = ic.Segmentation if len(shape) == 2 else VolumeSegmentation
    cut = kind(labels, layer, channels="raw")
    table = cut.to_table()
    for band in (0, 1):
        for segment in range(cut.n_segments):
            values = layer[labels == segment][:, band].astype(np.float64)
            values = values[np.isfinite(values)]
            assert table[f"count_{band}"][segment] == cut.counts[segment, band] == len(values)
            if len(values):
                assert table[f"mean_{band}"][segment] == pytest.approx(values.mean(), rel=1e-12)
                assert table[f"variance_{band}"][segment] == pytest.approx(values.var(), rel=1e-9)
            else:
                assert np.isnan(table[f"mean_{band}"][segment])
                assert np.isnan(table[f"variance_{band}"][segment])
    assert cut.counts[0].tolist() == [0, 0]


def test_gaps_outside_count_nothing() -> None:
    layer, labels = _layer((12, 16)), _blocks((12, 16))
    labels[np.isnan(layer).any(axis=-1)] = -1
    labels[labels > 0] -= 1  # nothing is left of the first
    cut = ic.Segmentation(labels, layer, channels="raw")
    np.testing.assert_array_equal(cut.counts, np.repeat(cut.areas[:, None], 2, axis=1))
    assert np.isfinite(cut.mean_colors).all()


def test_integers_count_all_their_pixels() -> None:
    cut = ic.Segmentation(_blocks((12, 16)), np.zeros((12, 16), np.uint8))
    assert cut.to_table()["count_0"].tolist() == cut.areas.tolist()
    assert cut.counts.tolist() == cut.areas[:, None].tolist()


def _strict(text: str) -> Any:
    def refuse(word: str) -> None:
        raise AssertionError(word)

    return json.loads(text, parse_constant=refuse)


def test_files_hold_nothing_where_there_is_no_value(tmp_path: Path) -> None:
    cut = ic.Segmentation(_blocks((12, 16)), _layer((12, 16)), channels="raw")
    cut.save_table(tmp_path / "table.json")
    cut.save_table(tmp_path / "table.csv")
    cut.save_geojson(tmp_path / "map.geojson")
    rows = _strict((tmp_path / "table.json").read_text())
    assert (rows[0]["mean_0"], rows[0]["count_0"]) == (None, 0)
    assert rows[1]["mean_0"] == pytest.approx(float(cut.mean_colors[1, 0]))
    with (tmp_path / "table.csv").open(newline="") as stream:
        lines = list(csv.DictReader(stream))
    assert (lines[0]["mean_1"], lines[0]["count_1"]) == ("", "0")
    features = _strict((tmp_path / "map.geojson").read_text())["features"]
    assert features[0]["properties"] == rows[0]
    assert (features[0]["properties"]["mean_0"], features[0]["properties"]["count_0"]) == (None, 0)
    assert features[1]["properties"]["count_1"] == 16


def test_segments_with_gaps_merge_and_are_drawn() -> None:
    layer = np.full((12, 16), 2.0, np.float32)
    layer[:, 8:] = 900
    layer[::3] = np.nan
    layer[:4, :4] = np.nan
    cut = ic.Segmentation(_blocks((12, 16)), layer)
    assert cut.merge(3).n_segments == 3
    mosaic = cut.mosaic()
    assert mosaic[0, 0].tolist() == [0, 0, 0]
    assert mosaic[0, 15].tolist() == [255, 255, 255]
    assert cut.overlay().shape == (12, 16, 3)
    colors = np.random.default_rng(1).random((12, 16, 3))
    colors[::3] = np.nan
    assert ic.Segmentation(_blocks((12, 16)), colors).merge(2).n_segments == 2


def test_ranges_are_of_finite_values() -> None:
    values = np.stack([np.linspace(0, 1, 400), np.full(400, 7.0), np.full(400, np.nan)], axis=-1).reshape(20, 20, 3)
    expected = channel_ranges(values[..., :2])
    values[3, ::2] = [np.nan, np.inf, np.nan]
    found = channel_ranges(values)
    np.testing.assert_allclose(found[:2], expected, atol=0.01)
    np.testing.assert_array_equal(found[1:], [[7, 7], [0, 1]])
