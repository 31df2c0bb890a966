"""Palettes made ready for dithering, and light: roots, spacings, cells, and the way back from light to shades."""

import numpy as np
import pytest

from imgcluster.colors import dither_palette
from imgcluster.colors._dither_palette import _inside, _spacing, cube_roots, linear_shades
from imgcluster.colors._light import inverse, light_of, linear_light, mixed, shades_of
from imgcluster.kernels import DITHER_LAB, DITHER_OPAQUE, DITHER_ROOTS, DITHER_SIDE, DITHER_SPACING, light_to_oklab


def test_cube_roots_are_those_of_the_middle_of_each_step() -> None:
    starts = np.arange(DITHER_ROOTS + 1, dtype=np.int64) * (1 << 14) + 0x3B000000
    edges = starts.astype(np.int32).view(np.float32).astype(np.float64) - 2.0**-9
    roots = cube_roots().astype(np.float64) ** 3
    assert (edges[:-1] < roots).all()
    assert (roots < edges[1:]).all()
    np.testing.assert_allclose(roots, (edges[:-1] + edges[1:]) / 2, rtol=1e-3, atol=1e-6)
    assert edges[0] == 0.0
    assert edges[-1] > 1.0


def test_shades_are_light_by_the_curve_of_srgb() -> None:
    shades = np.arange(256)
    expected = np.where(shades <= 10, shades / 255 / 12.92, ((shades / 255 + 0.055) / 1.055) ** 2.4)
    np.testing.assert_allclose(light_of(shades.astype(np.uint8)), expected, atol=1e-12)
    np.testing.assert_array_equal(linear_shades(), expected.astype(np.float32))
    np.testing.assert_allclose(shades_of(light_of(shades.astype(np.uint8))), shades, atol=0.51)
    np.testing.assert_array_equal(np.rint(shades_of(light_of(shades.astype(np.uint8)))), shades)


def test_between_shades_light_leads_back_within_a_little() -> None:
    shades = np.linspace(0.5, 254.5, 5001)
    np.testing.assert_allclose(shades_of(linear_light(shades / 255)), shades, atol=0.02)
    assert shades_of(np.array([-1.0, 0.0, 1.0, 2.0])).tolist() == pytest.approx([0, 0, 255, 255], abs=0.01)
    assert (np.diff(shades_of(np.linspace(0, 1, 9999))) >= 0).all()


def test_a_matrix_times_its_inverse_is_one() -> None:
    matrix = ((2.0, 1.0, 0.5), (0.25, 3.0, 1.0), (1.0, -1.0, 4.0))
    np.testing.assert_allclose(inverse(matrix), np.linalg.inv(np.array(matrix)), rtol=1e-12)
    columns = np.random.default_rng(0).random((7, 3))
    np.testing.assert_allclose(mixed(inverse(matrix), mixed(matrix, columns)), columns, rtol=1e-12)
    np.testing.assert_allclose(mixed(matrix, columns), columns @ np.array(matrix).T, rtol=1e-12)


def test_the_spacing_is_the_squared_distance_to_the_nearest_other_entry() -> None:
    lab = np.array([[0, 0, 0], [0.5, 0, 0], [0.5, 0, 0], [0.5, 0.25, 0.125]], np.float32)
    assert _spacing(lab).tolist() == [0.25, 0.078125, 0.078125, 0.078125]
    assert _spacing(lab[:1]).tolist() == [0.0]
    assert _spacing(np.array([[0, 0, 0], [9, 0, 0]], np.float32)).tolist() == [1.0, 1.0]  # at most 1


def test_entries_hold_light_over_black_and_over_white_and_oklab_of_both() -> None:
    colors = np.array([[255, 0, 100, 255], [200, 100, 50, 128], [9, 9, 9, 0], [1, 2, 3, 128]], np.uint8)
    made = dither_palette(colors)
    black = np.array([[255, 0, 100], [100, 50, 25], [0, 0, 0], [1, 1, 2]])
    white = np.array([[255, 0, 100], [227, 177, 152], [255, 255, 255], [128, 128, 129]])
    np.testing.assert_array_equal(made.entries[:, :3], linear_shades()[black])
    np.testing.assert_array_equal(made.entries[:, 3:6], linear_shades()[white])
    lab = light_to_oklab(cube_roots(), np.ascontiguousarray(made.entries[:, :6]).reshape(-1, 3)).reshape(4, 6)
    np.testing.assert_array_equal(made.entries[:, DITHER_LAB : DITHER_LAB + 6], lab)
    assert made.entries[:, DITHER_OPAQUE].tolist() == [1, 0, 0, 0]
    np.testing.assert_array_equal(made.entries[:, DITHER_SPACING], _spacing(lab[:, :3]))


def test_opaque_pixels_take_opaque_entries_once_each_or_any_if_none_is_opaque() -> None:
    colors = np.array([[1, 2, 3, 255], [1, 2, 3, 255], [200, 0, 0, 128], [0, 200, 0, 255]], np.uint8)
    assert set(dither_palette(colors).candidates.tolist()) == {0, 3}
    assert set(dither_palette(colors[2:3]).candidates.tolist()) == {0}
    assert set(dither_palette(colors[:, :3]).candidates.tolist()) == {0, 2, 3}


def test_every_color_of_srgb_falls_into_a_cell_that_is_inside() -> None:
    inside = _inside().reshape((DITHER_SIDE,) * 3)
    light = np.random.default_rng(0).random((200_000, 3)).astype(np.float32)
    light = np.concatenate([light**3, light, np.eye(3, dtype=np.float32), np.ones((1, 3), np.float32)])
    lab = light_to_oklab(cube_roots(), light)
    place = ((lab + np.array([0, 0.34, 0.34])) / [1, 0.68, 0.68] * DITHER_SIDE).astype(int).clip(0, DITHER_SIDE - 1)
    assert inside[tuple(place.T)].all()
    assert inside.mean() < 0.5
    assert not inside[0, 0, 0]
    assert not inside[-1, -1, -1]
