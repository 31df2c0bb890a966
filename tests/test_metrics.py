"""The superpixel scores: by hand, against the formulas written as loops, and what must hold for any map."""

import inspect
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

import imgcluster as ic
from imgcluster import metrics

HALVES = np.array([[0, 0, 1, 1]] * 4)
THREE_TO_ONE = np.array([[0, 0, 0, 1]] * 4)
SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=7)
DEFINITIONS = ("neubert-protzel", "corrected", "levinshtein")
BOTH_MAPS = (
    metrics.boundary_recall,
    metrics.boundary_precision,
    metrics.undersegmentation_error,
    metrics.achievable_segmentation_accuracy,
)


@st.composite
def pairs_of_maps(draw: Any, low: Any = -1) -> Any:
    """Two label maps of one shape, with at least one pixel inside both."""
    shape = draw(SHAPES)
    labels = draw(hnp.arrays(np.int32, shape, elements=st.integers(low, 4)))
    truth = draw(hnp.arrays(np.int16, shape, elements=st.integers(low, 3)))
    labels[0, 0], truth[0, 0] = max(labels[0, 0], 0), max(truth[0, 0], 0)
    return labels, truth


# --- the formulas as loops ------------------------------------------------------------------------------------------


def pixels_of(regions: NDArray[Any], others: NDArray[Any]) -> list[set[tuple[int, int]]]:
    """Return the pixels of every region as sets, only where the other map is inside too."""
    found: dict[str, Any] = {}
    for pixel, label in np.ndenumerate(regions):
        if label >= 0 and others[pixel] >= 0:
            found.setdefault(int(label), set()).add(pixel)  # type: ignore[call-overload]
    return list(found.values())


def around(pixel: tuple[int, int]) -> list[tuple[int, int]]:
    row, column = pixel
    return [(row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)]


def boundary_of(regions: NDArray[Any], others: NDArray[Any]) -> Any:
    parts = pixels_of(regions, others)
    inside = set().union(*parts)
    return {p for part in parts for p in part if any(q in inside and q not in part for q in around(p))}


def near(pixel: tuple[int, int], boundary: Any, radius: int) -> bool:
    return any(max(abs(pixel[0] - q[0]), abs(pixel[1] - q[1])) <= radius for q in boundary)


def contour_scores(labels: NDArray[np.int32], truth: NDArray[np.int16], radius: int) -> tuple[float, float]:
    found, true = boundary_of(labels, truth), boundary_of(truth, labels)
    hits = sum(near(p, found, radius) for p in true)
    false = sum(not near(p, true, radius) for p in found)
    return hits / len(true) if true else 1.0, hits / (hits + false) if hits + false else 0.0


def region_scores(labels: NDArray[np.int32], truth: NDArray[np.int16]) -> tuple[float, float, float, float]:
    superpixels, regions = pixels_of(labels, truth), pixels_of(truth, labels)
    total = sum(map(len, superpixels))
    accuracy = sum(max(len(s & g) for g in regions) for s in superpixels) / total
    leaks = sum(min(len(s & g), len(s - g)) for g in regions for s in superpixels if s & g)
    corrected = sum(min(len(s - g) for g in regions) for s in superpixels)
    touching = [(sum(len(s) for s in superpixels if s & g) - len(g)) / len(g) for g in regions]
    return accuracy, leaks / total, corrected / total, sum(touching) / len(regions)


def compactness_of(labels: NDArray[np.int32]) -> float:
    parts = pixels_of(labels, labels)
    quotients = []
    for part in parts:
        perimeter = sum(q not in part for p in part for q in around(p))
        quotients.append(len(part) * 4 * math.pi * len(part) / perimeter**2)
    return sum(quotients) / sum(map(len, parts))


def variation_of(labels: NDArray[np.int32], image: NDArray[np.uint8]) -> float:
    parts = [np.array([image[p] for p in sorted(part)], float) for part in pixels_of(labels, labels)]
    everything = np.concatenate(parts)
    mean = everything.mean(axis=0)
    total = ((everything - mean) ** 2).sum()
    return sum(len(part) * ((part.mean(axis=0) - mean) ** 2).sum() for part in parts) / total if total else 1.0


@given(pairs_of_maps(), st.integers(0, 3))
def test_contours_as_loops(maps: Any, radius: Any) -> None:
    recall, precision = contour_scores(*maps, radius)  # type: ignore[call-arg]
    assert metrics.boundary_recall(*maps, tolerance=radius) == pytest.approx(recall, abs=1e-12)
    assert metrics.boundary_precision(*maps, tolerance=radius) == pytest.approx(precision, abs=1e-12)


@given(pairs_of_maps())
def test_regions_as_loops(maps: Any) -> None:
    accuracy, *errors = region_scores(*maps)
    assert metrics.achievable_segmentation_accuracy(*maps) == pytest.approx(accuracy, abs=1e-12)
    for definition, error in zip(DEFINITIONS, errors, strict=True):
        assert metrics.undersegmentation_error(*maps, definition=definition) == pytest.approx(error, abs=1e-12)


@given(pairs_of_maps(), st.integers(0, 2**32 - 1))
def test_shapes_and_colors_as_loops(maps: Any, seed: int) -> None:
    labels, _ = maps
    image = np.random.default_rng(seed).integers(0, 256, (*labels.shape, 3), np.uint8)
    assert metrics.compactness(labels) == pytest.approx(compactness_of(labels), abs=1e-12)
    assert metrics.explained_variation(labels, image) == pytest.approx(variation_of(labels, image), abs=1e-9)


# --- by hand --------------------------------------------------------------------------------------------------------


def test_three_columns_to_one() -> None:
    assert metrics.achievable_segmentation_accuracy(THREE_TO_ONE, HALVES) == 0.75
    errors = [metrics.undersegmentation_error(THREE_TO_ONE, HALVES, definition=d) for d in DEFINITIONS]
    assert errors == [0.5, 0.25, 0.75]
    # the diagonal is 5.7 pixels, so the default tolerance is 0: one of the two columns is hit
    assert metrics.boundary_recall(THREE_TO_ONE, HALVES) == 0.5
    assert metrics.boundary_recall(THREE_TO_ONE, HALVES, tolerance=1) == 1


def test_compactness_of_rectangles_and_of_a_whole_image() -> None:
    assert metrics.compactness(HALVES) == pytest.approx(4 * math.pi * 8 / 12**2)
    assert metrics.compactness(np.zeros((5, 5), int)) == pytest.approx(math.pi / 4)


@pytest.mark.parametrize(("shift", "recall"), [(1, 1), (2, 0.5), (3, 0)])
def test_the_default_tolerance_is_a_pixel_at_481_by_321(shift: int, recall: float) -> None:
    columns = np.arange(481) * np.ones((321, 1), int)
    assert metrics.boundary_recall(columns >= 200 + shift, columns >= 200) == recall


def test_tolerance_beyond_the_image() -> None:
    assert metrics.boundary_recall(THREE_TO_ONE, HALVES, tolerance=10**30) == 1
    assert metrics.boundary_precision(THREE_TO_ONE, HALVES, tolerance=10**30) == 1


def test_gray_images_and_any_unit() -> None:
    gray = np.array([[0.0, 0, 2, 4]])
    labels = [[0, 0, 1, 1]]
    assert metrics.explained_variation(labels, gray) == pytest.approx(9 / 11)
    assert metrics.explained_variation(labels, 1e4 * gray[..., None] + 1e6) == pytest.approx(9 / 11)


# --- what must hold -------------------------------------------------------------------------------------------------


@given(pairs_of_maps())
def test_the_truth_is_perfect(maps: Any) -> None:
    truth = maps[1]
    assert metrics.boundary_recall(truth, truth) == metrics.achievable_segmentation_accuracy(truth, truth) == 1
    assert [metrics.undersegmentation_error(truth, truth, definition=d) for d in DEFINITIONS] == [0, 0, 0]


def test_every_pixel_its_own_superpixel() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 9, (30, 40))
    image = rng.integers(0, 256, (30, 40, 3), np.uint8)
    labels = np.arange(1200).reshape(30, 40)
    assert metrics.boundary_recall(labels, truth) == metrics.achievable_segmentation_accuracy(labels, truth) == 1
    assert metrics.undersegmentation_error(labels, truth) == 0
    assert metrics.explained_variation(labels, image) == pytest.approx(1, abs=1e-12)
    assert metrics.compactness(labels) == pytest.approx(math.pi / 4)


def test_one_superpixel() -> None:
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 9, (30, 40))
    labels = np.zeros((30, 40), int)
    assert metrics.boundary_recall(labels, truth) == metrics.boundary_precision(labels, truth) == 0
    assert metrics.achievable_segmentation_accuracy(labels, truth) == np.bincount(truth.ravel()).max() / 1200
    assert metrics.explained_variation(labels, truth) == pytest.approx(0, abs=1e-12)


def test_nothing_to_find_or_to_explain() -> None:
    one = np.zeros((5, 6), int)
    assert metrics.boundary_recall(HALVES, np.zeros((4, 4), int)) == 1
    assert metrics.boundary_precision(one, one) == 0
    assert metrics.explained_variation(one, np.full((5, 6, 3), 7, np.uint8)) == 1


@given(pairs_of_maps())
def test_the_corrected_error_is_what_accuracy_leaves(maps: Any) -> None:
    error = metrics.undersegmentation_error(*maps, definition="corrected")
    assert error == pytest.approx(1 - metrics.achievable_segmentation_accuracy(*maps), abs=1e-12)


@given(pairs_of_maps(), st.sampled_from([7, 10**12]))
@settings(max_examples=30)
def test_numbers_of_labels_do_not_matter(maps: Any, factor: Any) -> None:
    labels, truth = maps
    renumbered = np.where(labels < 0, -5, labels.astype(np.int64) * factor + 3)
    for score in BOTH_MAPS:
        assert score(renumbered, truth) == score(labels, truth)
    assert metrics.compactness(renumbered) == metrics.compactness(labels)
    assert metrics.explained_variation(renumbered, truth) == metrics.explained_variation(labels, truth)


@given(pairs_of_maps(low=0))
def test_what_is_outside_is_as_if_it_were_cut_off(maps: Any) -> None:
    labels, truth = maps
    framed = np.pad(labels, 2, constant_values=-1)
    full = np.pad(truth, 2, mode="edge")
    for score in BOTH_MAPS:
        assert score(framed, full) == score(labels, truth)
        assert score(np.pad(labels, 2), np.pad(truth, 2, constant_values=-1)) == score(labels, truth)
    assert metrics.compactness(framed) == metrics.compactness(labels)
    assert metrics.explained_variation(framed, full) == pytest.approx(
        metrics.explained_variation(labels, truth), abs=1e-9
    )


@given(pairs_of_maps())
def test_rotation_changes_nothing(maps: Any) -> None:
    labels, truth = maps
    for score in BOTH_MAPS:
        assert score(labels.T[::-1], truth.T[::-1]) == pytest.approx(score(labels, truth), abs=1e-12)
    assert metrics.compactness(labels.T[::-1]) == pytest.approx(metrics.compactness(labels), abs=1e-12)


# --- bad input and the public face ----------------------------------------------------------------------------------


@pytest.mark.parametrize("score", BOTH_MAPS)
@pytest.mark.parametrize(
    ("labels", "truth", "error", "message"),
    [
        (HALVES.astype(float), HALVES, TypeError, "labels must hold whole numbers, got float64"),
        (HALVES, HALVES.astype(str), TypeError, "truth must hold whole numbers"),
        (HALVES, HALVES[:3], ValueError, r"same shape, got \(4, 4\) and \(3, 4\)"),
        (HALVES[..., None], HALVES, ValueError, r"labels must be a \(height, width\) array"),
        (np.zeros((0, 4), int), np.zeros((0, 4), int), ValueError, r"with a pixel in it, got shape \(0, 4\)"),
        (HALVES - 1, -HALVES, ValueError, "no pixel in common"),
    ],
)
def test_maps_that_do_not_fit(
    score: Callable[..., Any], labels: NDArray[Any], truth: NDArray[Any], error: Any, message: str
) -> None:
    with pytest.raises(error, match=message):
        score(labels, truth)


@pytest.mark.parametrize("score", BOTH_MAPS)
def test_a_segmentation_stands_for_its_labels(score: Callable[..., Any]) -> None:
    found = ic.Segmentation(HALVES, np.zeros((4, 4), np.uint8))
    assert score(found, HALVES) == score(HALVES, HALVES)
    assert score(HALVES, found) == score(HALVES, HALVES)
    assert metrics.compactness(found) == metrics.compactness(HALVES)
    assert metrics.explained_variation(found, HALVES) == 1


def test_bad_parameters() -> None:
    with pytest.raises(ValueError, match="one of neubert-protzel, corrected, levinshtein, got 'new'"):
        metrics.undersegmentation_error(HALVES, HALVES, definition="new")
    with pytest.raises(ValueError, match="tolerance must be at least 0, got -1"):
        metrics.boundary_recall(HALVES, HALVES, tolerance=-1)
    with pytest.raises(TypeError, match=r"tolerance must be a whole number, got 0\.5"):
        metrics.boundary_precision(HALVES, HALVES, tolerance=0.5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("image", "error", "message"),
    [
        (np.zeros((4, 5, 3)), ValueError, r"image must be \(4, 4\) or \(4, 4, 'C'\)"),
        (np.zeros((4, 4, 0)), ValueError, "image must be"),
        (np.full((4, 4), np.nan), ValueError, "NaN or infinity"),
        (np.zeros((4, 4), complex), TypeError, "image must hold numbers, got complex128"),
    ],
)
def test_images_that_do_not_fit(image: NDArray[Any], error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        metrics.explained_variation(HALVES, image)


def test_nan_outside_is_left_out() -> None:
    image = np.array([[1.0, 2.0, np.nan]])
    assert metrics.explained_variation([[0, 1, -1]], image) == 1


def test_all_outside() -> None:
    for score in (metrics.compactness, lambda labels: metrics.explained_variation(labels, HALVES)):
        with pytest.raises(ValueError, match="leaves every pixel out"):
            score(np.full((4, 4), -1))


def test_the_module_is_public() -> None:
    assert ic.metrics is metrics
    assert "metrics" in dir(ic)


@pytest.mark.parametrize("name", metrics.__all__)
def test_every_score_is_documented(name: str) -> None:
    function = getattr(metrics, name)
    doc = inspect.getdoc(function)
    # several of one kind share a line
    lines = re.findall(r"^([\w, ]+) : ", str(doc), re.MULTILINE)
    documented = {name for line in lines for name in line.split(", ")}
    assert documented >= set(inspect.signature(function).parameters)
    assert "Returns\n-------" in doc  # type: ignore[operator]
    assert ">>> " in doc  # type: ignore[operator]
