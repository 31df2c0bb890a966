"""Valid calls of every entry point of the native module, recorded while public operations run."""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import imgcluster
from imgcluster import kernels
from imgcluster.colors import dither_palette

Arguments = tuple[Any, ...]


def parameters_of_entry_points() -> dict[str, list[str]]:
    """Return the names of the parameters of each entry point, from _native.pyi."""
    stub = Path(kernels.__file__).with_name("_native.pyi")
    functions = (node for node in ast.parse(stub.read_text()).body if isinstance(node, ast.FunctionDef))
    return {node.name: [argument.arg for argument in node.args.posonlyargs] for node in functions}


PARAMETERS = parameters_of_entry_points()


def copied(arguments: Arguments) -> Arguments:
    """Copy the arrays, which kernels write to."""
    return tuple(value.copy() if isinstance(value, np.ndarray) else value for value in arguments)


def n_filled(arguments: Arguments) -> int:
    """Count the arrays that are not empty."""
    return sum(isinstance(value, np.ndarray) and value.size > 0 for value in arguments)


def record_calls(n: int) -> dict[str, list[Arguments]]:
    """Return n calls of each entry point that differ in their sizes: those with the most arrays."""
    from imgcluster.kernels import _native as native

    recorded: dict[str, dict[object, Arguments]] = {}

    def spy(name: str, kernel: Callable[..., Any]) -> Callable[..., Any]:
        def recording(*arguments: Any) -> Any:
            kinds = tuple((v.size, v.dtype.str) if isinstance(v, np.ndarray) else None for v in arguments)
            of_kind = recorded.setdefault(name, {})
            if kinds not in of_kind:
                of_kind[kinds] = copied(arguments)
            return kernel(*arguments)

        return recording

    with pytest.MonkeyPatch.context() as patch:
        for name in PARAMETERS:
            if name != "isa_names":
                patch.setattr(native, name, spy(name, getattr(native, name)))
        _run_public_operations()
    return {name: sorted(calls.values(), key=n_filled, reverse=True)[:n] for name, calls in recorded.items()}


def _run_public_operations() -> None:
    """Run something small of all that has kernels of its own, and the doors to what that does not reach."""
    rng = np.random.default_rng(0)
    image = np.repeat(np.repeat(rng.integers(0, 256, (10, 16, 3)).astype(np.uint8), 4, axis=0), 4, axis=1)
    image ^= rng.integers(0, 8, image.shape).astype(np.uint8)
    mask = np.ones(image.shape[:2], bool)
    mask[:5, :9] = False
    for method in ("boundary", "slic", "gmm"):
        imgcluster.superpixels(image, 12, method=method, mask=mask, n_threads=1)
    volume = np.stack([image[..., 0]] * 6)
    inside = np.stack([mask] * 6)
    imgcluster.superpixels(volume, 12, ndim=3, mask=inside, n_threads=1).areas.sum()
    found = imgcluster.superpixels(image, 12, n_threads=1)
    kernels.relabel(found.labels, found.n_segments)
    features = np.zeros((*found.labels.shape, 4), np.int16)
    level = kernels.BoundaryLevel(features, None, found.labels.copy(), np.ones(found.labels.shape, np.uint8))
    sums = kernels.boundary_sums(level, found.n_segments)
    kernels.boundary_sweep_striped(level, kernels.BoundaryTerms(1.0, 1.0, 1.0, 1.0), sums)
    list(kernels.trace_outlines(found.labels))
    kernels.region_colors(found.labels, image, np.zeros((found.n_segments, 3)))
    kernels.region_ranges(found.labels, image, found.n_segments, 3)
    kernels.region_values(found.labels, image, found.n_segments, 1)
    X = rng.random((300, 4))
    imgcluster.KMeans(3, random_state=0).fit(X)
    imgcluster.GaussianMixture(3, random_state=0).fit(X).predict_proba(X)
    imgcluster.quantize(image, 8)
    kernels.keys_from_colors(image[0])
    _dither(image)
    _map_rate_aware(rng)
    kernels.deflate_best(image[0, :, 0].copy())


def _dither(image: NDArray[np.uint8]) -> None:
    """Run the doors to dithering, with all that may be left out."""
    state = kernels.DiffusionState.first(image.shape[1], 3)
    indices, amounts = np.zeros((2, *image.shape[:2]), np.uint8)
    options: dict[str, Any] = {"first_row": 0, "strength": 0.8, "thrift": 0.2, "clear": -1}
    palette = dither_palette(image[0])
    kernels.diffuse_rows(palette, image, amounts, state, indices, **options)
    tile = np.zeros((8, 8), np.uint16)
    kernels.order_rows(palette, image, tile, indices, first_row=0, n_mixed=4, strength=1.0, clear=-1)
    for kind in ("auto", "ordered"):
        imgcluster.quantize(image, 8, dither=kind)


def _map_rate_aware(rng: np.random.Generator) -> None:
    """Map two rows and those below them."""
    entries = np.arange(5, dtype=np.uint8)
    neighbors = np.stack([entries, entries[::-1]], axis=1)
    points = rng.integers(0, 99, (5, 3)).astype(np.int16)
    ones, costs = np.ones(5, np.uint8), np.full(300, 9)
    model = kernels.RateModel(
        points, entries, ones, points, ones, neighbors, costs[:5], costs[:259], costs[:6], 160, 99, 1, 9
    )
    ids = rng.integers(0, 5, (2, 8)).astype(np.int32)
    state = kernels.RateState.first(5)
    kernels.rate_aware_rows(model, ids, state)
    kernels.rate_aware_rows(model, ids, state)
