"""The graph of segments: who touches whom, how long and how sharply; and numbers of segments from and for others."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data
from skimage.color import rgb2lab
from skimage.measure import regionprops

import imgcluster as ic
from imgcluster.segmentation import VolumeSegmentation


@pytest.fixture(scope="module")
def cut() -> ic.Segmentation:
    return ic.superpixels(data.coffee()[:120, :160], 40)


def _sides(labels: NDArray[Any]) -> dict[tuple[int, int], list[tuple[Any, Any]]]:
    """Return the pairs of neighboring pixels of each pair of labels."""
    found: dict[tuple[int, int], list[tuple[Any, Any]]] = {}
    for axis in range(labels.ndim):
        for at in np.ndindex(*(size - (i == axis) for i, size in enumerate(labels.shape))):
            beside = tuple(place + (i == axis) for i, place in enumerate(at))
            a, b = int(labels[at]), int(labels[beside])
            if a != b and min(a, b) >= 0:
                found.setdefault((min(a, b), max(a, b)), []).append((at, beside))
    return found


def test_edges_have_the_lengths_and_contrasts_of_borders(cut: ic.Segmentation) -> None:
    lab = rgb2lab(cut.image)
    sides = _sides(cut.labels)
    assert [tuple(pair) for pair in cut.edges.ends.tolist()] == sorted(sides)
    assert len(cut.edges) == len(sides)
    np.testing.assert_array_equal(cut.edges.ends, cut.neighbors)
    for (_, pixels), length, contrast in zip(
        sorted(sides.items()), cut.edges.lengths, cut.edges.contrasts, strict=True
    ):
        squares = [((lab[one] - lab[other]) ** 2).sum() for one, other in pixels]
        assert length == len(pixels)
        assert contrast == pytest.approx(np.sqrt(np.mean(squares)), abs=0.1)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_contrasts_of_bands_do_not_depend_on_units(scale: float, rng: np.random.Generator) -> None:
    labels = np.indices((8, 60))[1] // 20
    height = np.array([0.0, 0.5, 1.0])[labels] * scale
    bands = np.stack([height, 9 * height, np.zeros_like(height)], axis=-1)[..., :2]
    ours = ic.Segmentation(labels, bands, channels="raw", value_range=[[0, scale], [0, 9 * scale]])
    np.testing.assert_allclose(ours.edges.contrasts, [50, 50], atol=0.1)


def test_pixels_without_a_value_stand_for_their_segment() -> None:
    labels = np.indices((6, 40))[1] // 20
    image = np.array([0.0, 1.0])[labels]
    image[::2, 19] = np.nan
    image[0, 0] = np.inf
    ours = ic.Segmentation(labels, image)
    assert ours.edges.lengths.tolist() == [6]
    assert ours.edges.contrasts[0] == pytest.approx(100, abs=0.5)


def test_edges_of_volumes(rng: np.random.Generator) -> None:
    volume = rng.integers(0, 255, (4, 6, 8)).astype(np.uint8)
    labels = (np.indices(volume.shape) // 3 * np.array([9, 3, 1])[:, None, None, None]).sum(axis=0)
    labels = np.unique(labels, return_inverse=True)[1].reshape(volume.shape)
    ours = VolumeSegmentation(labels, volume)
    sides = _sides(labels)
    assert [tuple(pair) for pair in ours.edges.ends.tolist()] == sorted(sides)
    for (_, pixels), length, contrast in zip(
        sorted(sides.items()), ours.edges.lengths, ours.edges.contrasts, strict=True
    ):
        squares = [((float(volume[one]) - float(volume[other])) / 2.55) ** 2 for one, other in pixels]
        assert length == len(pixels)
        assert contrast == pytest.approx(np.sqrt(np.mean(squares)), abs=0.1)


def test_nothing_and_one_segment_have_no_edges() -> None:
    nothing = ic.Segmentation(np.full((3, 4), -1), np.zeros((3, 4, 3), np.uint8))
    one = ic.Segmentation(np.zeros((3, 4), int), np.zeros((3, 4), np.uint8))
    for ours in (nothing, one):
        assert len(ours.edges) == 0
        assert ours.to_edge_index().shape == (2, 0)
        assert ours.to_networkx().number_of_edges() == 0
        assert len(ours.to_table(percentiles=[50])["perimeter"]) == ours.n_segments
    assert one.to_table()["perimeter"].tolist() == [14]


def test_networkx(cut: ic.Segmentation) -> None:
    graph = cut.to_networkx()
    assert list(graph.nodes) == list(range(40))
    assert [graph.nodes[label]["area"] for label in graph] == cut.areas.tolist()
    assert sorted(tuple(sorted(edge)) for edge in graph.edges) == [tuple(pair) for pair in cut.edges.ends.tolist()]
    source, target = cut.edges.ends[7].tolist()
    assert graph.edges[source, target]["length"] == cut.edges.lengths[7]
    assert graph.edges[source, target]["weight"] == pytest.approx(cut.edges.contrasts[7])


def test_scikit_image_cuts_the_graph(cut: ic.Segmentation) -> None:
    from skimage.graph import cut_threshold

    graph, limit = cut.to_networkx(), float(np.median(cut.edges.contrasts))
    cut_off = cut_threshold(cut.labels, graph, limit)
    joined = cut.merge(table=[int(cut_off[cut.labels == label][0]) for label in range(40)])
    assert 1 < joined.n_segments < 40
    weak = cut.edges.ends[cut.edges.contrasts < limit]
    groups = joined.labels.ravel()[[np.flatnonzero(cut.labels.ravel() == label)[0] for label in range(40)]]
    np.testing.assert_array_equal(groups[weak[:, 0]], groups[weak[:, 1]])


def test_edge_index_has_both_directions(cut: ic.Segmentation) -> None:
    index = cut.to_edge_index()
    m = len(cut.edges)
    assert index.dtype == np.int64
    assert index.flags.c_contiguous
    np.testing.assert_array_equal(index[:, :m].T, cut.edges.ends)
    np.testing.assert_array_equal(index[::-1, m:].T, cut.edges.ends)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int64, np.uint64, ">i4", bool])
def test_any_integers_become_segments_and_come_back(dtype: Any, rng: np.random.Generator) -> None:
    kind = np.dtype(dtype)
    choices = [0, 1] if kind.kind == "b" else [np.iinfo(kind).min, 3, 100, np.iinfo(kind).max]
    labels = np.array(choices, kind)[rng.integers(0, len(choices), (9, 11))]
    ours = ic.Segmentation.from_labels(labels, np.zeros((9, 11), np.uint8), outside=None)
    assert ours.values is not None
    assert ours.values.tolist() == sorted(int(choice) for choice in choices)
    np.testing.assert_array_equal(ours.relabel(ours.values), labels)
    np.testing.assert_array_equal(ours.to_table()["value"], ours.values)
    background = ic.Segmentation.from_labels(labels, np.zeros((9, 11), np.uint8), outside=int(choices[1]))
    np.testing.assert_array_equal(background.labels < 0, labels == choices[1])
    assert background.n_segments == len(choices) - 1


def test_labels_from_files_of_other_tools(cut: ic.Segmentation, tmp_path: Path) -> None:
    masked = ic.Segmentation(np.where(cut.labels == 39, -1, cut.labels), cut.image)
    for name, outside in (("a.png", 0), ("a.tif", -1), ("a.npy", -1)):
        masked.save_labels(tmp_path / name)
        again = ic.Segmentation.from_labels(tmp_path / name, cut.image, outside=outside)
        np.testing.assert_array_equal(again.labels, masked.labels)


@pytest.mark.parametrize(
    ("labels", "error", "text"),
    [
        (np.zeros((2, 2)), TypeError, "labels must be integers, got float64; convert"),
        (np.zeros((2, 3), int), ValueError, "as high and wide as the image"),
        (np.zeros(4, int), ValueError, r"shape \(H, W\)"),
    ],
)
def test_labels_that_are_none(labels: NDArray[Any], error: Any, text: str) -> None:
    with pytest.raises(error, match=text):
        ic.Segmentation.from_labels(labels, np.zeros((2, 2), np.uint8))


def test_relabel_takes_any_table() -> None:
    ours = ic.Segmentation([[0, 1, -1], [2, 1, -1]], np.zeros((2, 3), np.uint8))  # type: ignore[arg-type]
    assert ours.relabel([0.5, 1.5, 2.5]).tolist() == [[0.5, 1.5, -1], [2.5, 1.5, -1]]
    assert ours.relabel({0: 4, 1: 4, 2: 9}, outside=0).tolist() == [[4, 4, 0], [9, 4, 0]]
    assert ours.relabel(np.eye(3)).shape == (2, 3, 3)
    assert ours.relabel(["a", "b", "c"], outside="none").tolist() == [["a", "b", "none"], ["c", "b", "none"]]
    assert ours.relabel(np.array([1, 2, 3], np.uint8), outside=255).dtype == np.uint8
    for table, text in (
        ([1, 2], "each of 3 segments, got 2"),
        ({0: 1, 1: 1}, "but 2 is missing; add it"),
        ({0: 1, 7: 1}, "which are 0 to 2, got 7"),
        (np.array([1, 2, 3], np.uint8), "outside must fit uint8, got -1"),
    ):
        with pytest.raises(ValueError, match=text):
            ours.relabel(table)


def test_a_table_of_classes_merges() -> None:
    strips = ic.Segmentation([[0, 1, 2, 3, -1]], np.array([[1, 2, 3, 4, 5]], np.uint8))  # type: ignore[arg-type]
    joined = strips.merge(table=[30, 7, 30, 8])
    assert joined.labels.tolist() == [[0, 1, 0, 2, -1]]
    assert joined.values is not None
    assert joined.values.tolist() == [30, 7, 8]
    assert joined.mean_colors.tolist() == [[2], [2], [4]]
    assert strips.merge(table={1: 2}).labels.tolist() == [[0, 1, 1, 2, -1]]
    assert strips.merge(table={3: 50, 1: 50}).labels.tolist() == [[0, 1, 2, 1, -1]]
    with pytest.raises(TypeError, match="whole number for each segment, got float64"):
        strips.merge(table=[0.5, 1, 2, 3])
    for arguments in ({}, {"n_segments": 2, "table": [0, 0, 0, 0]}):
        with pytest.raises(TypeError, match="either n_segments or a table"):
            strips.merge(**arguments)  # type: ignore[arg-type]


def test_tables_of_users_as_files(cut: ic.Segmentation, tmp_path: Path) -> None:
    path = tmp_path / "classes.csv"
    cut.save_table(path)
    first, *rows = path.read_text().splitlines()
    classes = [label % 3 for label in range(40)]
    lines = [f"{row},{number}" for row, number in zip(rows, classes, strict=True)]
    path.write_text("\n".join([f"{first},class", *lines[::-1]]))  # in any order
    np.testing.assert_array_equal(cut.relabel(path), cut.relabel(classes))
    np.testing.assert_array_equal(cut.merge(table=path).labels, cut.merge(table=classes).labels)
    path.write_text("label,height\n" + "\n".join(f"{label},{label / 2}" for label in range(40)))
    np.testing.assert_array_equal(cut.relabel(str(path)), cut.labels / 2)
    path.write_text("5,1\n6,1\n")
    assert cut.merge(table=path).n_segments == 39 - 1  # 1 is the value of 5, 6 and of itself
    path.write_text("class;label;number\nsea, deep;5;1\nland;6;1\n")
    assert cut.merge(table=path).n_segments == 39 - 1
    for text, said in (
        ("1\n2\n", "must have a label and a class in each row, got '1'"),
        ("0.5,2\n1.5,2\n", "must have a label and a class in each row, got '1.5,2'"),
        ("number,label\n2,1\n", "must have labels in its first column and values in its last one"),
        ("5,1\n5,2\n", "has label 5 twice, with '1' and '2'; leave one out"),
        ("label,class\n5,1\n6,sea\n", "must hold numbers in column 'class', got 'sea' for label 6; number the classes"),
    ):
        path.write_text(text)
        with pytest.raises(ValueError, match=rf"classes.csv {said}"):
            cut.merge(table=path)
    path.write_text("label,class\n5,1\n")
    with pytest.raises(ValueError, match=r"each of 40 segments, but 39 are missing: 0, 1, 2, 3, 4, \.\.\.; add them"):
        cut.relabel(path)


class _Series:
    """As much of a series of pandas as a table needs."""

    iloc = None

    def __init__(self, values: list[Any], index: list[int]) -> None:
        self.values, self.index = np.array(values), np.array(index)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return self.values


def test_frames_and_series_are_tables() -> None:
    cut = ic.Segmentation([[0, 1, 2]], np.zeros((1, 3), np.uint8))  # type: ignore[arg-type]

    class Frame:
        columns = ("area", "label", "class")

        def __getitem__(self, name: str) -> list[int]:
            return {"area": [9, 9, 9], "label": [2, 0, 1], "class": [20, 0, 10]}[name]

    assert cut.relabel(Frame()).tolist() == [[0, 10, 20]]  # type: ignore[arg-type]
    assert cut.merge(table=Frame()).values.tolist() == [0, 10, 20]  # type: ignore[arg-type, union-attr]
    by_index = _Series([20, 0, 10], [2, 0, 1])
    assert cut.relabel(by_index).tolist() == [[0, 10, 20]]
    counted = _Series([5, 6, 7], [0, 1, 2])
    assert cut.numbered_from(1).relabel(counted).tolist() == [[5, 6, 7]]


def test_labels_from_one_on(cut: ic.Segmentation, tmp_path: Path) -> None:
    zero = ic.Segmentation(np.where(cut.labels == 39, -1, cut.labels), cut.image)
    one = ic.Segmentation(zero, cut.image, start_label=1)
    np.testing.assert_array_equal(one.labels, zero.labels + 1)
    np.testing.assert_array_equal(one.indices, zero.labels)
    for drawing in ("mosaic", "overlay", "label_colors", "boundaries"):
        np.testing.assert_array_equal(getattr(one, drawing)(), getattr(zero, drawing)())
    np.testing.assert_array_equal(one.to_table()["label"], np.arange(1, 40))
    np.testing.assert_array_equal(one.to_table()["mean_red"], zero.to_table()["mean_red"])
    assert [feature["properties"]["label"] for feature in one.to_geojson()["features"]] == list(range(1, 40))
    np.testing.assert_array_equal(one.edges.columns(1)["source"], zero.edges.ends[:, 0] + 1)
    np.testing.assert_array_equal(one.to_edge_index(), zero.to_edge_index())
    assert min(one.to_networkx().nodes) == 1
    np.testing.assert_array_equal(one.merge(5).labels, zero.merge(5).labels + 1)
    np.testing.assert_array_equal(one.relabel({i: i for i in range(1, 40)}, outside=0), one.labels)
    np.testing.assert_array_equal(ic.Segmentation(one, cut.image).labels, zero.labels)
    assert ic.metrics.explained_variation(one, cut.image) == ic.metrics.explained_variation(zero, cut.image)
    np.testing.assert_array_equal(
        ic.superpixels(cut.image, labels=one).labels, ic.superpixels(cut.image, labels=zero).labels
    )
    for name in ("a.png", "a.tif", "a.npy"):
        one.save_labels(tmp_path / name)
        again = ic.Segmentation.from_labels(tmp_path / name, cut.image, outside=0, start_label=1)
        np.testing.assert_array_equal(again.labels, one.labels)
    with pytest.raises(ValueError, match="start_label must be between 0 and 1, got 2"):
        ic.Segmentation(zero, cut.image, start_label=2)


@pytest.mark.parametrize("method", ["boundary", "slic", "gmm"])
def test_superpixels_from_one_on_are_regions_of_scikit_image(method: str) -> None:
    image = data.coffee()[:100, :120]
    mask = np.hypot(*(np.indices((100, 120)) - 50)) < 45
    zero, one = (ic.superpixels(image, 30, method=method, mask=mask, start_label=first) for first in (0, 1))
    np.testing.assert_array_equal(one.labels, zero.labels + 1)
    np.testing.assert_array_equal(one.labels == 0, ~mask)
    assert [region.area for region in regionprops(one.labels)] == one.areas.tolist()
    assert one.numbered_from(0).labels.min() == -1
    assert one.numbered_from(1) is one
    if method == "gmm":
        assert one.responsibilities.segments.min() == zero.responsibilities.segments.min()


def test_volumes_from_one_on_and_from_any_integers() -> None:
    volume = np.zeros((6, 20, 20), np.uint8)
    volume[:, :9] = 200
    one = ic.superpixels(volume, 6, ndim=3, start_label=1)
    assert (one.labels.min(), one.labels.max()) == (1, 6)
    assert isinstance(one.merge(2), VolumeSegmentation)
    assert one.merge(2).labels.min() == 1
    again = VolumeSegmentation.from_labels(one.labels * 100, volume, spacing=(2, 1, 1))
    assert again.values is not None
    assert again.values.tolist() == [100, 200, 300, 400, 500, 600]
    assert again.spacing == (2, 1, 1)
    assert again[2].labels.shape == (20, 20)


def test_clusters_from_one_on() -> None:
    zero, one = (ic.segment(data.coffee()[:50, :60], 4, start_label=first) for first in (0, 1))
    np.testing.assert_array_equal(one.labels, zero.labels + 1)
    np.testing.assert_array_equal(one.membership(1), zero.membership(0))
    with pytest.raises(ValueError, match="label must be between 1 and 4, got 0"):
        one.membership(0)
