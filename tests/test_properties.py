"""Whatever a caller passes: a result that is whole, the same for any layout of the values, or one error in words."""

from __future__ import annotations

import functools
import inspect
import io
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from _odd_arrays import DRESSES, PIL_MODES, FrameLike, outcome, pil_image, plain
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import imgcluster as ic
from imgcluster import metrics

HEIGHT, WIDTH = 6, 5
IMAGE = (np.arange(HEIGHT * WIDTH * 3).reshape(HEIGHT, WIDTH, 3) * 7 % 256).astype(np.uint8)
POINTS = np.random.default_rng(0).random((30, 3))
SEGMENTS = ic.superpixels(IMAGE, 6)

# what takes an array of 6 x 5 -> an array that is made of it
TAKERS: dict[str, Callable[[Any], Any]] = {
    "quantize": lambda array: ic.quantize(array, 4).to_array(),
    "dithered": lambda array: ic.quantize(array, 4, dither="floyd-steinberg").to_array(),
    "apply_palette": lambda array: ic.apply_palette(array, "#fff,#000,#777").to_array(),
    "extract_palette": lambda array: ic.extract_palette(array, 4).colors,
    "compare": lambda array: ic.compare(array, array).mse,
    "superpixels": lambda array: ic.superpixels(array, 4).labels,
    "raw": lambda array: ic.superpixels(array, 4, channels="raw").labels,
    "slic": lambda array: ic.superpixels(array, 4, method="slic").labels,
    "gmm": lambda array: ic.superpixels(array, 4, method="gmm").labels,
    "mask": lambda array: ic.superpixels(IMAGE, 4, mask=array).labels,
    "seeds": lambda array: ic.superpixels(IMAGE, seeds=array).labels,
    "labels": lambda array: ic.superpixels(IMAGE, labels=array).labels,
    "segment": lambda array: ic.segment(array, 3).labels,
    "from_labels": lambda array: ic.Segmentation.from_labels(array, IMAGE).labels,
    "pool": lambda array: SEGMENTS.pool(array),
    "layers": lambda array: SEGMENTS.to_table(layers={"x": array})["mean_x"],
    "KMeans": lambda array: ic.KMeans(2, random_state=0).fit(array).cluster_centers_,
    "SoftKMeans": lambda array: ic.SoftKMeans(2, random_state=0).fit(array).predict(array),
    "GaussianMixture": lambda array: ic.GaussianMixture(2, random_state=0).fit(array).predict(array),
    "init": lambda array: ic.KMeans(HEIGHT, init=array, random_state=0).fit(np.arange(60.0).reshape(12, WIDTH)).labels_,
    "mahalanobis": lambda array: ic.KMeans(2, metric="mahalanobis", random_state=0).fit(array).cluster_centers_,
    "silhouette": lambda array: ic.silhouette(array, [0, 0, 1, 1, 1, 0]),
    "choose_metric": lambda array: ic.choose_metric(array, 2, ["manhattan", "mahalanobis"], n_splits=2).values,
    "palette": lambda array: ic.Palette.of(array[:, :3] if isinstance(array, np.ndarray) else array).colors,
}
HONORED = ("superpixels", "raw", "slic", "gmm", "mask", "pool", "layers")  # where what is masked does not count
METHODS = ("boundary", "slic", "gmm")
DTYPES = ("u1", "?", "f4", "f8", "i8", "g", "f2", "u2", ">f8", "c16", "O", "V4", "M8[s]", "U2")


def array_of(dtype: str) -> NDArray[Any]:
    rng, kind = np.random.default_rng(1), np.dtype(dtype).kind
    if kind in "OVMU":
        return np.zeros((HEIGHT, WIDTH), dtype)
    return (rng.random((HEIGHT, WIDTH)) * (1 if kind == "f" else 5)).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", TAKERS)
def test_layouts_and_subclasses_make_no_difference(name: str, dtype: str) -> None:
    take, array = TAKERS[name], array_of(dtype)
    expected = outcome(lambda: take(array.copy()))
    for what, dress in DRESSES.items():
        if what == "lists" or (what == "frame" and name == "palette"):  # of other types, or not cut to three columns
            continue
        held = dress(array)
        found = outcome(functools.partial(take, held))
        if isinstance(expected, Exception):
            assert isinstance(found, Exception), what
        else:
            assert not isinstance(found, Exception), f"{what}: {found}"
            np.testing.assert_array_equal(found, expected, what)
            assert type(found) in (np.ndarray, float, np.float64), what
        np.testing.assert_array_equal(held._values if isinstance(held, FrameLike) else held, array, f"{what} changed")


@pytest.mark.parametrize("name", TAKERS)
def test_what_is_masked_is_left_out_or_rejected(name: str) -> None:
    array = array_of("u1")
    masked = np.ma.masked_array(array, np.arange(array.size).reshape(array.shape) % 7 == 3)
    found = outcome(lambda: TAKERS[name](masked))
    if name in HONORED:
        assert not isinstance(found, Exception), found
        assert not np.array_equal(found, outcome(lambda: TAKERS[name](array)))
    else:
        assert isinstance(found, ValueError)
        assert "must not be masked" in str(found)


SHAPES = st.one_of(
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 5)),
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 6)),
    st.sampled_from([(), (0,), (4,), (0, 3), (2, 2, 2, 3)]),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(plain(SHAPES), st.integers(1, 12), st.sampled_from(["none", "floyd-steinberg", "ordered"]))
def test_any_array_is_quantized_or_rejected(array: NDArray[Any], n_colors: int, dither: str) -> None:
    before = array.copy()
    found = outcome(lambda: ic.quantize(array, n_colors, dither=dither))
    assert array.tobytes() == before.tobytes()
    if not isinstance(found, Exception):
        assert found.indices.shape == array.shape[:2]
        assert 1 <= len(found.palette) <= n_colors
        assert found.palette.dtype == np.uint8
        assert found.palette.shape[1] in (3, 4)
        assert found.indices.max() < len(found.palette)
        assert found.mse >= 0


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    plain(SHAPES), st.integers(1, 12), st.sampled_from(["boundary", "slic", "gmm"]), st.sampled_from(["srgb", "raw"])
)
def test_any_array_is_cut_or_rejected(array: NDArray[Any], n_segments: int, method: str, channels: str) -> None:
    before = array.copy()
    found = outcome(lambda: ic.superpixels(array, n_segments, method=method, channels=channels))
    assert array.tobytes() == before.tobytes()
    if not isinstance(found, Exception):
        assert found.labels.shape == array.shape[:2]
        assert found.labels.dtype == np.int32
        assert np.array_equal(np.unique(found.labels), np.arange(found.n_segments))


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(plain(SHAPES), st.integers(1, 4), st.sampled_from(["KMeans", "SoftKMeans", "GaussianMixture"]))
def test_any_points_are_clustered_or_rejected(array: NDArray[Any], k: int, name: str) -> None:
    before = array.copy()
    found = outcome(lambda: getattr(ic, name)(k, random_state=0).fit(array).predict(array))
    assert array.tobytes() == before.tobytes()
    if not isinstance(found, Exception):
        assert found.shape == array.shape[:1]
        assert found.min() >= 0
        assert found.max() < k


@pytest.mark.parametrize("size", [(9, 7), (1, 1)])
@pytest.mark.parametrize("mode", PIL_MODES)
def test_pictures_of_every_mode(mode: str, size: tuple[int, int]) -> None:
    image = pil_image(mode, size)
    before = image.tobytes()
    for take in (lambda: ic.quantize(image, 4).indices, lambda: ic.superpixels(image, 4).labels):
        found = outcome(take)
        assert not isinstance(found, Exception), found
        assert found.shape == size[::-1]
    assert image.tobytes() == before
    assert isinstance(outcome(lambda: ic.quantize(pil_image(mode, (0, 3)), 4)), Exception)


def nonsense() -> Iterator[Any]:
    """Yield values that hardly any parameter takes, and some that many take."""
    yield from (None, -1, 0, 1, 3, 2**31, 2**63, 10**30, -(10**30), True, False, np.nan, np.inf, -np.inf, 0.5, 1e300)
    yield from ("x", "", "a\nb", "auto", "-1", "1e400", "#ggg", b"x", b"\xff", [], [1], [1, [2]], (1, 2), (2, 1), {})
    yield from ({"a": 1}, {1, 2}, range(3), object(), len, 1j, Decimal(2), Fraction(1, 2), type, ..., NotImplemented)
    yield from (np.int64(3), np.uint8(3), np.int8(-1), np.float32(0.5), np.float64("nan"), np.bool_(True), np.array(3))
    yield from (np.zeros(0), np.zeros((2, 2)), np.array(["a"]), np.random.default_rng(0), np.datetime64("2020"))
    yield from (["#fff"], [["a"]], [[1, 2, 3]], np.ma.masked, iter([1]), (x for x in [1]), io.BytesIO(b""))


OF_SEGMENTS: dict[str, dict[str, Any]] = {
    "boundaries": {},
    "merge": {"n_segments": 2},
    "numbered_from": {"start_label": 1},
    "overlay": {},
    "placed": {"georeference": None},
    "pool": {"values": np.ones((HEIGHT, WIDTH))},
    "relabel": {"table": list(range(SEGMENTS.n_segments))},
    "to_geojson": {},
    "to_table": {},
    "save_annotations": {"path": "annotations.json", "format": "coco"},
    "save_edges": {"path": "edges.json"},
    "save_geojson": {"path": "segments.geojson"},
    "save_labels": {"path": "labels.tif"},
    "save_npz": {"path": "segments.npz"},
    "save_polygons": {"path": "polygons.geojson"},
    "save_table": {"path": "table.csv"},
}
FUNCTIONS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "quantize": (ic.quantize, {"image": IMAGE, "n_colors": 4}),
    "superpixels": (ic.superpixels, {"image": IMAGE, "n_segments": 4}),
    "slic": (ic.superpixels, {"image": IMAGE, "n_segments": 4, "method": "slic"}),
    "gmm": (ic.superpixels, {"image": IMAGE, "n_segments": 4, "method": "gmm"}),
    "segment": (ic.segment, {"image": IMAGE, "n_clusters": 3}),
    "KMeans": (ic.KMeans, {"n_clusters": 3, "random_state": 0}),
    "SoftKMeans": (ic.SoftKMeans, {"n_clusters": 3, "random_state": 0}),
    "GaussianMixture": (ic.GaussianMixture, {"n_components": 3, "random_state": 0}),
    "fit": (ic.KMeans(3, random_state=0).fit, {"X": POINTS}),
    "predict": (ic.KMeans(3, random_state=0).fit(POINTS).predict, {"X": POINTS}),
    "extract_palette": (ic.extract_palette, {"image": IMAGE, "n_colors": 4}),
    "apply_palette": (ic.apply_palette, {"image": IMAGE, "palette": "#fff,#000"}),
    "choose_k": (ic.choose_k, {"X": POINTS, "ks": [2, 3, 4]}),
    "choose_metric": (ic.choose_metric, {"X": POINTS, "n_clusters": 2, "metrics": ["manhattan"], "n_splits": 2}),
    "silhouette": (ic.silhouette, {"X": POINTS, "labels": [0] * 15 + [1] * 15}),
    "compare": (ic.compare, {"a": IMAGE, "b": IMAGE}),
    "read_image": (ic.read_image, {"source": IMAGE}),
    "write_image": (ic.write_image, {"pixels": IMAGE, "target": io.BytesIO(), "format": "png"}),
    "Palette": (ic.Palette, {"colors": np.zeros((2, 3), np.uint8)}),
    "Palette.of": (ic.Palette.of, {"colors": [(0, 0, 0)]}),
    "from_labels": (ic.Segmentation.from_labels, {"labels": SEGMENTS.labels, "image": IMAGE}),
    **{name: (getattr(SEGMENTS, name), needed) for name, needed in OF_SEGMENTS.items()},
    "squared_error": (metrics.squared_error, {"a": IMAGE, "b": IMAGE}),
    "psnr_from_mse": (metrics.psnr_from_mse, {"mse": 3.0}),
    "boundary_recall": (metrics.boundary_recall, {"labels": SEGMENTS.labels, "truth": SEGMENTS.labels}),
}
ENDLESS = ("n_init", "n_swaps", "n_splits", "max_iter", "n_threads")  # numbers that are meant, however long they take
NAMES = ("path", "target")  # of files: whole numbers are descriptors


@pytest.mark.parametrize("name", FUNCTIONS)
def test_parameters_that_make_no_sense(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    function, needed = FUNCTIONS[name]
    before = IMAGE.copy()
    for parameter in inspect.signature(function).parameters:
        for value in nonsense():
            is_number = isinstance(value, int | np.integer) and not isinstance(value, bool)
            if (parameter in NAMES and is_number) or (parameter in ENDLESS and is_number and value > 10):
                continue

            def call(parameter: str = parameter, value: Any = value) -> Any:
                made = function(**{**needed, parameter: value})
                return made.fit(POINTS) if isinstance(function, type) and hasattr(made, "fit") else made

            try:
                outcome(call)
            except Exception as error:
                pytest.fail(f"{parameter}={value!r}: {type(error).__name__}: {error}")
    assert np.array_equal(IMAGE, before)


def test_what_has_rows_of_different_lengths_is_rejected_in_words() -> None:
    for take in (lambda: ic.KMeans(2).fit([[1, 2], [3]]), lambda: ic.Palette.of([[1, 2, 3], [4]])):
        with pytest.raises(ValueError, match="rows of different lengths"):
            take()


def test_masked_pixels_are_rejected_with_the_way_out() -> None:
    masked = np.ma.masked_less(IMAGE, 9)
    with pytest.raises(ValueError, match=r"must not be masked, but \d+ of 90 values are; fill"):
        ic.quantize(masked, 4)
