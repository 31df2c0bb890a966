"""Tables of segments: shapes, percentiles, layers, names of bands, and their files."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import imgcluster as ic
from imgcluster.errors import ImageReadError, ImageWriteError
from imgcluster.segmentation import VolumeSegmentation


@pytest.fixture
def cut(rng: np.random.Generator) -> ic.Segmentation:
    """Nine squares of a raster of two bands, with an outside."""
    rows, columns = np.indices((30, 33)) // 10
    labels = np.where(columns < 3, 3 * rows + columns, -1)
    return ic.Segmentation(labels, rng.integers(0, 5000, (30, 33, 2)).astype(np.uint16), channels="raw")


def test_percentiles_are_those_of_numpy(cut: ic.Segmentation, rng: np.random.Generator) -> None:
    layer = rng.normal(0, 9, (30, 33)).astype(np.float32)
    layer[::3] = np.nan
    layer[:10, :10] = np.inf  # nothing is left of the first
    table = cut.to_table(layers={"height": layer}, percentiles=[0, 5, 33.3, 100])
    for label in range(9):
        inside = cut.labels == label
        values = layer[inside][np.isfinite(layer[inside])]
        assert table["count_height"][label] == len(values)
        for percent in (0, 5, 33.3, 100):
            bands = [table[f"percentile_{percent:g}_{band}"][label] for band in (0, 1)]
            np.testing.assert_allclose(bands, np.percentile(cut.image[inside], percent, axis=0))
            found = table[f"percentile_{percent:g}_height"][label]
            if len(values):
                assert found == pytest.approx(np.percentile(values.astype(float), percent), rel=1e-5)
            else:
                assert np.isnan(found)
        if len(values):
            assert (table["min_height"][label], table["max_height"][label]) == (values.min(), values.max())
    assert np.isnan(table["min_height"][0])
    assert np.isnan(table["mean_height"][0])


def test_percentiles_of_one_value_and_repeated_ones(cut: ic.Segmentation) -> None:
    assert "percentile_50_0" in cut.to_table(percentiles=50)
    table = cut.to_table(percentiles=[50, 50])
    assert sum(name.startswith("percentile") for name in table) == 2
    for wrong in (-1, 101, np.nan):
        with pytest.raises(ValueError, match="percentiles must be between 0 and 100"):
            cut.to_table(percentiles=[wrong])


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint8, np.int16, np.uint32, np.int64, np.float16, ">f4"])
def test_layers_of_any_real_type(cut: ic.Segmentation, dtype: Any, rng: np.random.Generator) -> None:
    layer = rng.integers(0, 2, (30, 33)).astype(dtype)
    table = cut.to_table(layers={"layer": layer})
    for label in range(9):
        assert table["mean_layer"][label] == pytest.approx(layer[cut.labels == label].astype(float).mean())


def test_masked_layers_and_several_bands(cut: ic.Segmentation) -> None:
    values = np.arange(30 * 33 * 2).reshape(30, 33, 2)
    hidden = np.ma.masked_array(values, values % 3 == 0)
    table = cut.to_table(layers={"ndvi": hidden})
    assert [name for name in table if name.startswith("mean_ndvi")] == ["mean_ndvi_0", "mean_ndvi_1"]
    inside = cut.labels == 4
    assert table["mean_ndvi_1"][4] == pytest.approx(hidden[inside][:, 1].mean())
    assert table["count_ndvi_1"][4] == hidden[inside][:, 1].count()


def test_layers_from_files(cut: ic.Segmentation, tmp_path: Path) -> None:
    layer = np.linspace(-5, 5, 30 * 33).reshape(30, 33)
    np.save(tmp_path / "height.npy", layer)
    given, read = (cut.to_table(layers={"h": what}) for what in (layer, tmp_path / "height.npy"))
    np.testing.assert_array_equal(given["mean_h"], read["mean_h"])
    with pytest.raises(ImageReadError, match="no such file"):
        cut.to_table(layers={"h": tmp_path / "none.npy"})


@pytest.mark.parametrize(
    ("layers", "error", "text"),
    [
        ({"h": np.zeros((30, 34))}, ValueError, r"layer h must be as large as the labels, \(30, 33\), got \(30, 34\)"),
        ({"h": np.zeros((30, 33, 0))}, ValueError, "layer h must be as large"),
        ({"h": np.zeros((30, 33), complex)}, TypeError, "layer h must hold real numbers, got complex128"),
        ({"": np.zeros((30, 33))}, ValueError, "layers must have names"),
        ([np.zeros((30, 33))], TypeError, "layers must map names to arrays"),
    ],
)
def test_layers_that_do_not_fit(cut: ic.Segmentation, layers: Any, error: Any, text: str) -> None:
    with pytest.raises(error, match=text):
        cut.to_table(layers=layers)


def test_bands_have_names(cut: ic.Segmentation) -> None:
    named = ic.Segmentation(cut, cut.image, channels="raw", band_names=["red", "nir"])
    assert named.band_names == ("red", "nir")
    assert "mean_nir" in named.to_table()
    assert "mean_nir" in named.merge(4).to_table()
    assert "mean_blue" in named.to_table(band_names="blue,green")
    for wrong, text in ((["a"], "each of 2 bands, got 1: a"), (["a", "a"], "must differ")):
        with pytest.raises(ValueError, match=text):
            cut.to_table(band_names=wrong)


@pytest.mark.parametrize("masked", [False, True])
def test_perimeters_are_the_lengths_of_polygons(masked: bool, rng: np.random.Generator) -> None:
    labels = np.repeat(np.repeat(rng.integers(0, 5, (90, 4)), 4, axis=0), 5, axis=1)
    if masked:
        labels[100:140, 3:9] = -1
    cut = ic.Segmentation(np.unique(labels, return_inverse=True)[1].reshape(labels.shape) - int(masked), labels * 1.0)
    lengths = []
    for feature in cut.to_geojson()["features"]:
        shapes = feature["geometry"]["coordinates"]
        rings = (
            [ring for shape in shapes for ring in shape] if feature["geometry"]["type"] == "MultiPolygon" else shapes
        )
        lengths.append(sum(int(np.abs(np.diff(np.array(ring), axis=0)).sum()) for ring in rings))
    table = cut.to_table()
    assert table["perimeter"].tolist() == lengths
    np.testing.assert_allclose(table["circularity"], 4 * np.pi * cut.areas / np.array(lengths) ** 2)


def test_shapes_far_from_the_origin_keep_their_digits() -> None:
    labels = np.full((3, 60_000), -1)
    labels[:, 59_000:59_010] = 0
    table = ic.Segmentation(labels, np.zeros(labels.shape, np.uint8)).to_table()
    assert table["axis_major_length"][0] == pytest.approx(4 * np.sqrt(99 / 12), rel=1e-12)
    assert table["axis_minor_length"][0] == pytest.approx(4 * np.sqrt(8 / 12), rel=1e-12)


def test_pooling(cut: ic.Segmentation, rng: np.random.Generator) -> None:
    deep = rng.normal(size=(30, 33, 40)).astype(np.float32)
    deep[:10, :5] = np.nan
    by_label = [deep[cut.labels == label].astype(float) for label in range(9)]
    for statistic in ("mean", "sum", "min", "max", "median", "std"):
        expected = [getattr(np, f"nan{statistic}")(values, axis=0) for values in by_label]
        np.testing.assert_allclose(cut.pool(deep, statistic), expected, rtol=1e-6, atol=1e-9, err_msg=statistic)
    assert cut.pool(deep).shape == (9, 40)
    assert cut.pool(deep[..., :1]).shape == (9, 1)
    assert cut.pool(deep[..., 0], "count").tolist() == [50, *[100] * 8]
    np.testing.assert_allclose(cut.pool(cut.image), cut.mean_colors)
    with pytest.raises(ValueError, match="statistic must be one of mean, sum, "):
        cut.pool(deep, "mode")
    with pytest.raises(ValueError, match="values must be as large"):
        cut.pool(deep[1:])


def test_volumes_have_layers_and_percentiles(rng: np.random.Generator) -> None:
    volume = rng.integers(0, 255, (4, 6, 8)).astype(np.uint8)
    cut = VolumeSegmentation(np.indices(volume.shape)[2] // 4, volume)
    table = cut.to_table(layers={"dose": volume * 2.0}, percentiles=[50])
    assert table["percentile_50_dose"][1] == np.median(volume[..., 4:]) * 2
    np.testing.assert_allclose(cut.pool(volume), cut.mean_colors[:, 0])


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (3.0, 0.5, 2.0)])
def test_surfaces_of_volumes_are_by_the_areas_of_faces(spacing: tuple[float, float, float]) -> None:
    labels = np.full((5, 6, 7), -1)
    labels[1:3, 1:5, 2:7] = 0
    labels[3:, 1:5, 2:7] = 1
    cut = VolumeSegmentation(labels, np.zeros(labels.shape, np.uint8), spacing=spacing)
    z, y, x = 2 * spacing[0], 4 * spacing[1], 5 * spacing[2]
    np.testing.assert_allclose(cut.to_table()["surface"], [2 * (z * y + z * x + y * x)] * 2)


@pytest.mark.parametrize("missing", [False, True])
def test_parquet(cut: ic.Segmentation, tmp_path: Path, missing: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "table.parquet"
    if missing:
        monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
        with pytest.raises(ImageWriteError, match=r"pip install 'imgcluster\[parquet\]'"):
            cut.save_table(path)
        assert not path.exists()
        return
    parquet = pytest.importorskip("pyarrow.parquet")
    layer = np.ones((30, 33))
    layer[:10, :10] = np.nan
    cut.save_table(path, layers={"height": layer})
    read, table = parquet.read_table(path).to_pydict(), cut.to_table(layers={"height": layer})
    assert list(read) == list(table)
    assert read["mean_height"] == [None, *[1.0] * 8]
    assert read["area"] == cut.areas.tolist()


def test_one_file_holds_labels_table_and_edges(cut: ic.Segmentation, tmp_path: Path) -> None:
    cut.save_npz(tmp_path / "all.npz", percentiles=[50])
    first = (tmp_path / "all.npz").read_bytes()
    with np.load(tmp_path / "all.npz") as found:
        assert sorted(found) == ["edges", "labels", "table"]
        np.testing.assert_array_equal(found["labels"], cut.labels)
        for name, column in cut.to_table(percentiles=[50]).items():
            np.testing.assert_array_equal(found["table"][name], column)
        np.testing.assert_array_equal(found["edges"]["length"], cut.edges.lengths)
    cut.save_npz(tmp_path / "all.npz", percentiles=[50])
    assert (tmp_path / "all.npz").read_bytes() == first
    with pytest.raises(ImageWriteError, match=r"use the ending \.npz"):
        cut.save_npz(tmp_path / "all.zip")


def test_edges_as_files(cut: ic.Segmentation, tmp_path: Path) -> None:
    for ending in ("csv", "json"):
        cut.save_edges(tmp_path / f"edges.{ending}")
    rows: list[dict[str, float]] = json.loads((tmp_path / "edges.json").read_text())
    assert [[row["source"], row["target"]] for row in rows] == cut.edges.ends.tolist()
    read: NDArray[Any] = np.genfromtxt(tmp_path / "edges.csv", delimiter=",", names=True)
    np.testing.assert_allclose(read["contrast"], cut.edges.contrasts)
