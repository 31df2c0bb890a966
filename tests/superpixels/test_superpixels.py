"""What superpixels promises for every image, mask and start."""

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from skimage import data

import imgcluster as ic
from imgcluster import kernels, metrics
from imgcluster.errors import ConversionWarning
from imgcluster.segmentation import is_connected, label_components

METHODS = ("boundary", "slic", "gmm")
EFFORTS = ("fast", "default", "best")
SIDES = st.sampled_from([1, 1, 2, 3, 7, 16, 33, 66])


def check(labels: NDArray[np.int32], inside: NDArray[np.bool] | None = None) -> int:
    """Every promise about labels; returns how many there are."""
    inside = np.ones(labels.shape, bool) if inside is None else inside
    assert labels.dtype == np.int32
    assert labels.flags.c_contiguous
    np.testing.assert_array_equal(labels == -1, ~inside)
    n = int(labels.max()) + 1
    np.testing.assert_array_equal(np.unique(labels[inside]), np.arange(n))
    assert is_connected(labels)
    return n


def n_pieces(inside: NDArray[np.bool]) -> int:
    return label_components(inside.astype(np.int32) - 1)[1]


def n_in_mask(inside: NDArray[np.bool], n: int) -> int:
    """Count the segments of a mask: n of its large pieces or as many as these are, and one of each small piece."""
    pieces, _ = label_components(inside.astype(np.int32) - 1)
    areas = np.bincount(pieces[inside])
    small = areas * 4 * n < areas.sum()
    small &= not small.all()
    return max(min(n, int(areas[~small].sum())), int((~small).sum())) + int(small.sum())


def cut(image: NDArray[Any], *args: Any, **parameters: Any) -> ic.Segmentation:
    """Cut a picture, or raw channels where their number is not that of gray or RGB."""
    channels = "srgb" if image.shape[2:] in ((), (3,)) else "raw"
    return ic.superpixels(image, *args, channels=channels, **parameters)


@st.composite
def pictures(draw: Any) -> Any:
    """Small images of any shape, type, number of channels: noise, a ramp, or a single color."""
    shape = draw(SIDES), draw(SIDES)
    n_channels = draw(st.sampled_from([None, 1, 2, 3, 3, 4, 5, 16]))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    values = {
        "noise": lambda: rng.random((*shape, n_channels or 1)),
        "ramp": lambda: np.add(*np.indices(shape))[..., None] / sum(shape) * np.ones(n_channels or 1),
        "flat": lambda: np.full((*shape, n_channels or 1), 0.3),
    }[draw(st.sampled_from(["noise", "ramp", "flat"]))]()
    values = values if n_channels else values[..., 0]
    dtype = draw(st.sampled_from([np.uint8, np.uint16, np.float32, np.float64]))
    return (values * np.iinfo(dtype).max).astype(dtype) if np.dtype(dtype).kind == "u" else values.astype(dtype)


MASKS = {
    "scattered": lambda y, x, rng: rng.random(y.shape) < 0.4,
    "nearly all": lambda y, x, rng: rng.random(y.shape) < 0.95,
    "checkerboard": lambda y, x, rng: (y + x) % 2 == 0,
    "squares that touch in corners": lambda y, x, rng: (y // 3 + x // 3) % 2 == 0,
    "diagonal": lambda y, x, rng: y == x,
    "stairs": lambda y, x, rng: (y == x) | (y == x + 1),
    "thin lines": lambda y, x, rng: (y % 4 == 0) | ((x % 7 == 0) & (y % 3 != 1)),
    "islands": lambda y, x, rng: (y % 17 > 2) & (x % 11 > 1),
    "disc": lambda y, x, rng: (y - y.max() / 2) ** 2 + (x - x.max() / 2) ** 2 <= (min(y.max(), x.max()) / 3) ** 2,
    "hole": lambda y, x, rng: (y - y.max() / 2) ** 2 + (x - x.max() / 2) ** 2 > (min(y.max(), x.max()) / 3) ** 2,
    "nothing": lambda y, x, rng: y < 0,
}


def mask_of(name: str, shape: tuple[int, int]) -> NDArray[np.bool]:
    return MASKS[name](*np.indices(shape), np.random.default_rng(0))  # type: ignore[call-arg]


@pytest.fixture(scope="module")
def photo() -> NDArray[np.uint8]:
    return data.coffee()[100:260:2, 150:390:2].copy()


@given(image=pictures(), effort=st.sampled_from(EFFORTS), data=st.data())
def test_boundary_makes_exactly_as_many_as_asked(image: Any, effort: Any, data: Any) -> None:
    n_pixels = image.shape[0] * image.shape[1]
    near_all = st.integers(max(1, n_pixels - 3), n_pixels)
    n = data.draw(st.one_of(st.integers(1, min(n_pixels, 40)), st.integers(1, n_pixels), near_all))
    assert check(cut(image, n, effort=effort, n_threads=2).labels) == n


@given(image=pictures(), method=st.sampled_from(METHODS[1:]), effort=st.sampled_from(EFFORTS), data=st.data())
def test_segments_of_every_method_are_connected(image: Any, method: Any, effort: Any, data: Any) -> None:
    n = data.draw(st.integers(1, image.shape[0] * image.shape[1]))
    assert check(cut(image, n, method=method, effort=effort).labels) <= n


@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize("n", [1, 2, 97, 397, 400, 1201])
@pytest.mark.parametrize("name", ["astronaut", "camera", "rocket"])
def test_exact_numbers_on_photos(name: str, n: int, effort: str) -> None:
    assert check(ic.superpixels(getattr(data, name)(), n, effort=effort).labels) == n


@pytest.mark.parametrize("method", METHODS)
def test_photos_are_cut_into_about_as_many_as_asked(method: str) -> None:
    assert 380 <= check(ic.superpixels(data.chelsea(), 400, method=method).labels) <= 400


@pytest.mark.parametrize("method", METHODS)
def test_threads_and_runs_change_no_bit(method: str) -> None:
    image = np.tile(data.coffee(), (2, 1, 1))  # stripes enough for seven threads
    first = ic.superpixels(image, 300, method=method, n_threads=1).labels
    for n_threads in (1, 2, 3, 7, None):
        np.testing.assert_array_equal(
            ic.superpixels(image, 300, method=method, n_threads=n_threads).labels, first, strict=True
        )


_HASHES = """
import hashlib, json
import imgcluster as ic
from skimage import data
image = data.astronaut()[:301, :303]
mask = image[..., 0] > 40
raw = image[..., [0, 1, 2, 0, 1]].astype(float)
results = [ic.superpixels(image, 150, method=m, effort=e, n_threads=2)
           for m in ("boundary", "slic", "gmm") for e in ("fast", "default")]
results += [ic.superpixels(image, 150, mask=mask), ic.superpixels(raw, 150, channels="raw"), results[0].merge(40)]
print(json.dumps([hashlib.sha256(result.labels.tobytes()).hexdigest() for result in results]))
"""


@pytest.mark.skipif(kernels.backend() != "native", reason="the NumPy twins know no instruction sets")
def test_instruction_sets_change_no_bit() -> None:
    from imgcluster.kernels import _native

    found, package = set(), str(Path(ic.__file__).parents[1])
    for isa in _native.isa_names():
        command = [sys.executable, "-c", _HASHES]
        env = {**os.environ, "PYTHONPATH": package, "IMGCLUSTER_KERNELS": "native", "IMGCLUSTER_ISA": isa}
        run = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300, check=True)
        found.add(tuple(json.loads(run.stdout)))
    assert len(found) == 1


@given(name=st.sampled_from(list(MASKS)), height=SIDES, width=SIDES, method=st.sampled_from(METHODS), data=st.data())
def test_masks_of_any_kind(name: Any, height: Any, width: Any, method: Any, data: Any) -> None:
    image = np.random.default_rng(1).random((height, width))
    inside = mask_of(name, (height, width))
    n_inside, pieces = np.count_nonzero(inside), n_pieces(inside)
    n = data.draw(st.integers(1, max(n_inside, 1)))  # type: ignore[arg-type]
    effort = data.draw(st.sampled_from(EFFORTS))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConversionWarning)  # of odd masks
        found = check(ic.superpixels(image, n, method=method, effort=effort, mask=inside).labels, inside)
    if method == "boundary":
        assert found == (n_in_mask(inside, n) if n_inside else 0)
    assert pieces <= found <= max(n, pieces) + pieces


@pytest.mark.parametrize("method", METHODS)
def test_masks_on_a_photo(photo: NDArray[np.uint8], method: str) -> None:
    inside = np.hypot(*(np.indices((80, 120)) - np.array([[[40]], [[50]]]))) < 33
    result = ic.superpixels(photo, 60, method=method, mask=inside)
    n = check(result.labels, inside)
    assert 54 <= n <= 60
    for other in (inside * 255, inside.astype(np.float64) / 9, inside.tolist(), np.asfortranarray(inside)):
        np.testing.assert_array_equal(ic.superpixels(photo, 60, method=method, mask=other).labels, result.labels)


@pytest.mark.parametrize("effort", EFFORTS)
def test_a_photo_with_holes_and_a_crack(effort: str) -> None:
    image = data.coffee()
    y, x = np.indices(image.shape[:2])
    inside = np.abs(x - 2 * y + 90) > 1
    for row, column in np.random.default_rng(0).integers(0, 400, (15, 2)):
        inside &= np.hypot(y - row, x - column) > 18
    first = ic.superpixels(image, 150, mask=inside, effort=effort, n_threads=1).labels
    assert check(first, inside) == 150
    np.testing.assert_array_equal(ic.superpixels(image, 150, mask=inside, effort=effort, n_threads=3).labels, first)


def test_a_mask_of_everything_is_none(photo: NDArray[np.uint8]) -> None:
    whole = ic.superpixels(photo, 50, mask=np.ones((80, 120), bool)).labels
    np.testing.assert_array_equal(whole, ic.superpixels(photo, 50).labels)


@pytest.mark.parametrize("method", METHODS)
def test_a_black_mask_has_no_segments(photo: NDArray[np.uint8], method: str) -> None:
    with pytest.warns(ConversionWarning, match="nothing is inside the mask"):
        result = ic.superpixels(photo, 5, method=method, mask=np.zeros((80, 120), bool))
    assert result.n_segments == 0
    assert (result.labels == -1).all()
    assert result.mosaic().max() == 0


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n_channels", range(1, 17))
def test_any_number_of_channels(photo: NDArray[np.uint8], method: str, n_channels: int) -> None:
    image = np.take(photo, np.arange(n_channels) % 3, axis=2)
    result = cut(image, 40, method=method)
    assert 36 <= check(result.labels) <= 40
    assert result.mean_colors.shape == (result.n_segments, n_channels)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("channels", [0, [0], [0, 1], [0, 1, 2], [0, 1, 2, 1]])
def test_types_change_nothing(photo: NDArray[np.uint8], method: str, channels: Any) -> None:
    image = photo[..., channels]
    first = cut(image, 40, method=method).labels
    types: list[Any] = [
        image.astype(np.uint16) * 257,
        image / 255,
        (image / 255).astype(np.float32),
        (image / 255).astype(">f8"),
    ]
    for other in [*types, np.asfortranarray(image), image.astype(">u2") * 257]:
        same = np.mean(cut(other, 40, method=method).labels == first)
        assert same == 1 or (same > 0.98 and other.dtype == np.float32)  # 8 bits in float32 are rounded


def test_one_channel_with_and_without_an_axis(photo: NDArray[np.uint8]) -> None:
    gray = photo[..., 1]
    one, other = (ic.superpixels(image, 40, channels="raw") for image in (gray, gray[..., None]))
    np.testing.assert_array_equal(one.labels, other.labels)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n_channels", [1, 2, 3, 5])
def test_scale_and_shift_of_raw_channels_change_nothing(photo: NDArray[np.uint8], method: str, n_channels: int) -> None:
    image = np.take(photo, np.arange(n_channels) % 3, axis=2).astype(np.float64)
    parameters: dict[str, Any] = {"n_segments": 40, "method": method, "compactness": 12, "channels": "raw"}
    first = ic.superpixels(image, **parameters).labels
    for other in (image * 1000, image * 2.0**-60, image - 4096):
        np.testing.assert_array_equal(ic.superpixels(other, **parameters).labels, first)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("compactness", [None, 5, 20])
def test_compactness_means_the_same_for_raw_channels_and_colors(method: str, compactness: int | None) -> None:
    gray = data.camera()[::2, ::2]
    parameters: dict[str, Any] = {"n_segments": 150, "method": method, "compactness": compactness}
    one, three = (
        metrics.compactness(ic.superpixels(gray, channels=channels, **parameters).labels)
        for channels in ("raw", "srgb")
    )
    assert abs(one - three) < 0.06


@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize("method", METHODS)
def test_more_compactness_is_rounder(method: str, effort: str) -> None:
    image = data.coffee()[::2, ::2]
    found = [
        metrics.compactness(ic.superpixels(image, 200, method=method, effort=effort, compactness=c).labels)
        for c in (0, 10, 40, 1e12)
    ]
    assert found == sorted(found)
    assert found[0] < 0.35
    assert found[-1] > 0.45


@given(image=pictures(), method=st.sampled_from(METHODS), as_map=st.booleans(), data=st.data())
def test_a_segment_for_each_seed(image: Any, method: Any, as_map: Any, data: Any) -> None:
    height, width = image.shape[:2]
    n_pixels = height * width
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    n = data.draw(st.integers(1, min(n_pixels, 60)))
    seeds = np.stack(np.divmod(rng.choice(n_pixels, n, replace=False), width), axis=1)
    if as_map and width != 2:
        marks = np.zeros((height, width), np.uint8)
        marks[tuple(seeds.T)] = 1
        seeds = marks
    segmentation = cut(image, seeds=seeds, method=method)
    found = check(segmentation.labels)
    assert found == n
    at = segmentation.labels[tuple(np.argwhere(marks).T if as_map and width != 2 else seeds.T)]
    np.testing.assert_array_equal(at, np.arange(n))


def test_seeds_on_a_map_are_those_of_the_list(photo: NDArray[np.uint8]) -> None:
    marks = np.zeros((80, 120), np.int64)
    marks[5::13, 3::11] = 9
    for method in METHODS:
        first = ic.superpixels(photo, seeds=marks, method=method).labels
        np.testing.assert_array_equal(ic.superpixels(photo, seeds=np.argwhere(marks), method=method).labels, first)


def test_seeds_in_a_mask_with_islands(photo: NDArray[np.uint8]) -> None:
    inside = mask_of("islands", (80, 120))
    seeds = np.argwhere(inside)[::97]
    pieces = label_components(inside.astype(np.int32) - 1)[0]
    n_without = n_pieces(inside) - len(np.unique(pieces[tuple(seeds.T)]))
    for method in METHODS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConversionWarning)
            labels = ic.superpixels(photo, mask=inside, seeds=seeds, method=method).labels
        assert check(labels, inside) == len(seeds) + n_without
        np.testing.assert_array_equal(labels[tuple(seeds.T)], np.arange(len(seeds)))


@given(image=pictures(), method=st.sampled_from(METHODS), data=st.data())
def test_any_labels_to_begin_with(image: Any, method: Any, data: Any) -> None:
    """Labels in pieces, with holes in their numbers, with an outside."""
    shape = image.shape[:2]
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    n = data.draw(st.integers(1, min(shape[0] * shape[1], 50)))
    given_labels = rng.integers(-1 if data.draw(st.booleans()) else 0, n, shape)
    given_labels[given_labels % 3 == 2] //= 2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConversionWarning)
        labels = cut(image, n, labels=given_labels, method=method).labels
    inside = given_labels >= 0
    found = check(labels, inside)
    if method == "boundary":
        assert found == max(min(n, np.count_nonzero(inside)), n_pieces(inside))


@pytest.mark.parametrize(("method", "kept"), [("boundary", 0.9), ("slic", 0.75), ("gmm", 0.85)])
def test_a_warm_start_on_the_same_image_changes_little(method: str, kept: float) -> None:
    image = data.chelsea()[::2, ::2]
    first = ic.superpixels(image, 150, method=method)
    given_labels = first.labels.copy()
    again = ic.superpixels(image, first.n_segments, labels=given_labels, method=method)
    check(again.labels)
    np.testing.assert_array_equal(given_labels, first.labels)  # not written to
    if method == "boundary":
        assert again.n_segments == first.n_segments
        assert np.mean(again.labels == first.labels) > kept
    assert metrics.achievable_segmentation_accuracy(again.labels, first.labels) > kept


@pytest.mark.parametrize("method", METHODS)
def test_numbers_follow_what_moves(method: str) -> None:
    photo = data.coffee()[::2, ::2]
    before = ic.superpixels(photo[:, :200], 120, method=method)
    for shift in range(1, 9):
        after = ic.superpixels(photo[:, shift : 200 + shift], labels=before, method=method)
        origins, n = after.origins, after.n_segments
        assert origins is not None
        assert origins.shape == (n,)
        moved = np.full_like(before.labels, -1)
        moved[:, :-1] = before.labels[:, 1:]
        same = [np.bincount(after.labels[moved == k]).argmax() == k for k in range(n) if (moved == k).any()]
        assert np.mean(same) > 0.85
        known = np.flatnonzero(origins >= 0)
        assert len(np.unique(origins[known])) == len(known)
        assert (origins[known] == known).mean() > 0.9
        for k in known[origins[known] != known]:  # number k was given on
            assert np.count_nonzero((after.labels == k) & (before.labels == origins[k])) > 0
        before = after


def test_origins_are_those_of_labels_that_were_given(photo: NDArray[np.uint8]) -> None:
    assert ic.superpixels(photo, 30).origins is None
    first = ic.superpixels(photo, 30).labels.copy()
    first[first == 7] = -1
    inside = np.ones(first.shape, bool)
    origins = ic.superpixels(photo, 30, labels=first, mask=inside).origins
    assert origins is not None
    assert origins.max() < 30
    assert (origins == -1).any()


def test_the_mixture_keeps_the_numbers_of_its_segments(photo: NDArray[np.uint8]) -> None:
    first = ic.superpixels(photo, 60, method="gmm")
    again = ic.superpixels(photo, labels=first, method="gmm")
    means = again.means
    assert means is not None
    assert np.median(np.linalg.norm(means[:, 3:] - again.centroids, axis=1)) < 2


def test_few_labels_to_begin_with_are_divided_quickly() -> None:
    image = data.astronaut()
    start = np.zeros((512, 512), np.int8)
    start[:, 256:] = 1
    assert check(ic.superpixels(image, 700, labels=start).labels) == 700


def test_labels_of_a_frame_lead_to_the_next(photo: NDArray[np.uint8]) -> None:
    first = ic.superpixels(photo, 80)
    brighter = np.clip(photo.astype(int) + 4, 0, 255).astype(np.uint8)
    after = ic.superpixels(brighter, 80, labels=first.labels)
    assert np.mean(after.labels == first.labels) > 0.9


@pytest.mark.parametrize("method", METHODS)
def test_more_segments_than_pixels_are_one_each_and_said(method: str) -> None:
    image = np.random.default_rng(0).random((5, 4))
    with pytest.warns(ConversionWarning, match="n_segments is 21, but the pixels are 20: each is a segment") as caught:
        result = ic.superpixels(image, 21, method=method)
    assert caught[0].filename == __file__
    if method != "gmm":
        assert result.n_segments == 20
    inside = np.indices((5, 4))[0] > 2
    with pytest.warns(ConversionWarning, match="the pixels are 8"):
        check(ic.superpixels(image, 9, method=method, mask=inside).labels, inside)


@settings(max_examples=30)
@given(image=pictures(), masked=st.booleans(), data=st.data())
def test_merging_is_nested_exact_and_connected(image: Any, masked: ic.Segmentation, data: Any) -> None:
    shape = image.shape[:2]
    inside = mask_of("islands", shape) if masked else np.ones(shape, bool)
    if not inside.any():
        return
    n = data.draw(st.integers(1, np.count_nonzero(inside)))  # type: ignore[arg-type]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConversionWarning)  # of odd masks
        result = cut(image, n, mask=inside)
    finer = result.labels
    for fewer in sorted({result.n_segments, *data.draw(st.sets(st.integers(1, result.n_segments), max_size=3))})[::-1]:
        coarser = result.merge(fewer).labels
        assert check(coarser, inside) == max(fewer, n_pieces(inside))
        pairs = np.unique(np.stack([finer[inside], coarser[inside]]), axis=1)
        assert len(np.unique(pairs[0])) == pairs.shape[1]  # each of the finer lies in a single one
        finer = coarser


def test_gmm_tells_of_its_mixture(photo: NDArray[np.uint8]) -> None:
    result = ic.superpixels(photo, 50, method="gmm")
    n = result.n_segments
    assert result.means.shape == (n, 5)
    assert result.covariances.shape == (n, 5, 5)
    assert (np.diff(result.history.objective) >= 0).all()
    shares = result.responsibilities.shares
    np.testing.assert_allclose(shares.sum(axis=2), 1, atol=1e-5)
    assert ic.superpixels(photo, 50).responsibilities is None


def test_more_pieces_of_a_mask_than_segments_are_said() -> None:
    inside = np.indices((9, 9)).sum(axis=0) % 2 == 0
    with pytest.warns(ConversionWarning, match="mask has 41 pieces, and each is a segment, though n_segments is 3"):
        assert ic.superpixels(np.zeros((9, 9)), 3, mask=inside).n_segments == 41


@pytest.mark.parametrize("effort", EFFORTS)
def test_flat_areas_are_cut_evenly(effort: str) -> None:
    areas = ic.superpixels(np.full((200, 300, 3), 128, np.uint8), 60, effort=effort).areas
    assert areas.min() > 400
    assert areas.max() < 2500


def test_a_moving_mask_decides_what_is_inside(photo: NDArray[np.uint8]) -> None:
    inside = np.hypot(*(np.indices((80, 120)) - np.array([[[40]], [[50]]]))) < 33
    first = ic.superpixels(photo, 40, mask=inside)
    for method in METHODS:
        after = ic.superpixels(photo, mask=np.roll(inside, 2, axis=1), labels=first, method=method)
        np.testing.assert_array_equal(after.labels >= 0, np.roll(inside, 2, axis=1))
        assert after.n_segments == 40 or method != "boundary"


def test_labels_tell_how_many_segments(photo: NDArray[np.uint8]) -> None:
    first = ic.superpixels(photo, 77)
    assert ic.superpixels(photo, labels=first).n_segments == ic.superpixels(photo, labels=first.labels).n_segments == 77
