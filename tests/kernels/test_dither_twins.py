"""The kernels of dithering against their NumPy twins, and what the lists of candidates must hold."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgcluster import kernels
from imgcluster.colors import cube_roots, dither_palette
from imgcluster.kernels import DITHER_LAB, DITHER_SIDE, DiffusionState, _dither, reference
from imgcluster.types import UInt8Array

native = pytest.importorskip("imgcluster.kernels._native")


def _picture(seed: int, height: int, width: int, channels: int) -> UInt8Array:
    rng = np.random.default_rng(seed)
    picture = rng.integers(0, 256, (height, width, channels)).astype(np.uint8)
    if channels == 4:
        picture[..., 3] = rng.choice([0, 77, 200, 255, 255], (height, width))
    return picture


def _dithered(
    kernel: ModuleType, picture: UInt8Array, colors: UInt8Array, amounts: UInt8Array | None, **options: Any
) -> Any:
    palette = dither_palette(colors)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_dither, "choice", lambda: (kernel, "", 0, ""))
        state = DiffusionState.first(*picture.shape[1:])
        indices = np.full(picture.shape[:2], len(colors) - 1, np.uint16 if len(colors) > 256 else np.uint8)
        kernels.diffuse_rows(palette, picture, amounts, state, indices, **options)
    return indices, state.above, state.errors[(options["first_row"] + len(picture)) % 2, 1:-1]


@given(
    height=st.integers(1, 9),
    width=st.integers(1, 20),
    channels=st.sampled_from([3, 4]),
    k=st.sampled_from([1, 2, 5, 40, 300]),
    first_row=st.integers(0, 3),
    strength=st.floats(0, 1),
    thrift=st.sampled_from([0, 0.2, 1]),
    clear=st.sampled_from([-1, 0]),
    limited=st.booleans(),
    seed=st.integers(0, 99),
)
@settings(deadline=None, max_examples=60)
def test_diffusion_is_what_the_reference_does(
    height: int, width: int, channels: int, k: int, limited: bool, seed: int, **options: Any
) -> None:
    picture = _picture(seed, height, width, channels)
    colors = _picture(seed + 1, 1, k, channels)[0]
    amounts = _picture(seed + 2, height, width, 3)[..., 0] // 64 * 64 if limited else None
    found, expected = (_dithered(kernel, picture, colors, amounts, **options) for kernel in (native, reference))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_light_to_oklab_is_what_the_reference_does(rng: np.random.Generator) -> None:
    light = (rng.random((1000, 3)) * 1.2 - 0.1).astype(np.float32)
    found, expected = np.empty_like(light), np.empty_like(light)
    native.light_to_oklab(cube_roots(), light, found)
    reference.light_to_oklab(cube_roots(), light, expected)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.exhaustive
def test_lists_are_those_of_the_reference(rng: np.random.Generator) -> None:
    colors = rng.integers(0, 256, (50, 3)).astype(np.uint8)
    made = []
    for kernel in (native, reference):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_dither, "choice", lambda kernel=kernel: (kernel, "", 0, ""))
            made.append(dither_palette(colors))
    for one, other in zip(*made, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("k", [1, 7, 64, 1000])
def test_the_nearest_entry_is_always_listed(rng: np.random.Generator, k: int) -> None:
    palette = dither_palette(rng.integers(0, 256, (k, 3)).astype(np.uint8))
    lab = kernels.light_to_oklab(palette.roots, (rng.random((2000, 3)) ** 3).astype(np.float32))
    place = ((lab + np.array([0, 0.34, 0.34])) / [1, 0.68, 0.68] * DITHER_SIDE).astype(int)
    entries = palette.entries[:, DITHER_LAB : DITHER_LAB + 3]
    for color, (begin, end) in zip(lab, palette.cells[place @ [DITHER_SIDE**2, DITHER_SIDE, 1]], strict=True):
        distances = ((entries - color) ** 2).sum(axis=1)
        listed = distances[palette.candidates[begin:end]]
        assert listed.min(initial=np.inf) <= distances.min() * 1.0001 + 1e-9


def test_many_equal_entries_make_no_long_lists() -> None:
    palette = dither_palette(np.full((5000, 3), 9, np.uint8))
    assert set(palette.candidates.tolist()) == {0}
