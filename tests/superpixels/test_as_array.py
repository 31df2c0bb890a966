"""A segmentation in the place of its label map, in functions of other packages."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import _pictures
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import color, graph, measure, segmentation

import imgcluster as ic


@pytest.fixture(scope="module")
def image() -> NDArray[np.uint8]:
    return _pictures.coffee()[::4, ::4]


@pytest.fixture(scope="module", params=[0, 1])
def result(image: NDArray[np.uint8], request: pytest.FixtureRequest) -> ic.Segmentation:
    return ic.superpixels(image, 50, start_label=request.param)


def test_functions_of_scikit_image_take_it(image: NDArray[np.uint8], result: ic.Segmentation) -> None:
    labels = result.labels

    def same(function: Any, *parameters: Any, **options: Any) -> None:
        np.testing.assert_array_equal(
            function(result, *parameters, **options), function(labels, *parameters, **options)
        )

    np.testing.assert_array_equal(
        segmentation.mark_boundaries(image, result), segmentation.mark_boundaries(image, labels)
    )
    same(segmentation.find_boundaries)
    same(segmentation.expand_labels, 2)
    same(lambda given: segmentation.relabel_sequential(given, 1)[0])
    same(color.label2rgb, image, kind="avg")
    same(lambda given: graph.cut_threshold(given, graph.rag_mean_color(image, given), 30))
    found, expected = (measure.regionprops_table(given, properties=("label", "area")) for given in (result, labels))
    assert {name: values.tolist() for name, values in found.items()} == {
        name: values.tolist() for name, values in expected.items()
    }


def test_it_behaves_as_its_labels(result: ic.Segmentation) -> None:
    labels = result.labels
    assert (result.shape, result.ndim, result.dtype, len(result)) == (labels.shape, 2, labels.dtype, len(labels))
    np.testing.assert_array_equal(np.asarray(result), labels)
    assert np.asarray(result, np.float64).dtype == np.float64
    np.testing.assert_array_equal(result == 3, labels == 3)
    np.testing.assert_array_equal(result[5:9, ::2], labels[5:9, ::2])
    np.testing.assert_array_equal(result + result, labels * 2)
    assert (result.max(), result.size, result.T.shape) == (labels.max(), labels.size, labels.T.shape)
    assert {result: 1}[result] == 1
    for other in (copy.copy(result), pickle.loads(pickle.dumps(result))):
        assert isinstance(other, ic.Segmentation)
        np.testing.assert_array_equal(other.labels, labels)
    with pytest.raises(AttributeError, match="'Segmentation' object has no attribute 'mean_colour'"):
        _ = result.mean_colour  # type: ignore[attr-defined, unused-ignore]


def test_a_volume_is_taken_too() -> None:
    volume = ic.superpixels(np.random.default_rng(0).random((8, 20, 20)), 10, ndim=3, start_label=1)
    assert volume.shape == (8, 20, 20)
    assert [region.area for region in measure.regionprops(volume)] == volume.areas.tolist()
    assert isinstance(volume[2], ic.Segmentation)
