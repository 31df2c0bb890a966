"""Local EM for superpixels: the doors to ``src/local_em.c``."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from imgcluster.kernels._backend import choice
from imgcluster.threads import run
from imgcluster.types import Float32Array, Float64Array, Int16Array, Int32Array

LOCAL_CANDIDATES = 16  # LOCAL_EM_CANDIDATES of src/kernels.h
_BANDS = 16  # of blocks, at most; fixed, so that sums do not depend on the number of threads
_LOOKS = 24  # across a block and its margins, at most, when looking for candidates


class LocalImage(NamedTuple):
    """Pixels, and the components each block of side x side of them may belong to."""

    features: Int16Array  # (H, W, D), 64 for a unit
    labels: Int32Array  # (H, W), negative outside the mask
    candidates: Int32Array  # (ceil(H / side), ceil(W / side), LOCAL_CANDIDATES), ascending, then -1
    side: int  # 4, 8 or 16
    n_channels: int  # of the features, without padding


class LocalModel(NamedTuple):
    """A mixture whose colors are independent of each other and of the position, as src/kernels.h describes it."""

    means: Float64Array  # (k, C + 2)
    factors: Float64Array  # (k, C + 3)
    coefficients: Float64Array  # (k,)


def local_candidates(labels: Int32Array, side: int, margin: int, n_threads: int = 1) -> Int32Array:
    """List the labels (H, W) in and around each block of pixels: (rows, columns, LOCAL_CANDIDATES)."""
    height, width = labels.shape
    out = np.empty((-(-height // side), -(-width // side), LOCAL_CANDIDATES), np.int32)
    stride = -(-(side + 2 * margin) // _LOOKS)
    bands = _bands(len(out))

    def band(i: int) -> None:
        choice()[0].local_candidates(margin, height, width, 1, side, *bands[i], stride, labels, out)

    run(band, len(bands), n_threads)
    return out


def local_em_step(
    image: LocalImage, model: LocalModel, n_threads: int = 1, *, hard: bool = False
) -> tuple[float, Float64Array]:
    """Compute shares and add up what refits the model: log-likelihood and sums (k, 6 + 2 C).

    With `hard` every pixel belongs to its label alone, and the log-likelihood is 0.
    """
    bands = _bands(len(image.candidates))
    sums = np.zeros((len(bands), len(model.means), 6 + 2 * image.n_channels))
    nothing = np.empty(0, np.float32)

    def band(i: int) -> float:
        result: float = choice()[0].local_em_step(
            *_head(image, bands[i]), int(hard), *_arrays(image, model), sums[i], nothing
        )
        return result

    return sum(run(band, len(bands), n_threads)), np.add.reduce(sums, axis=0)


def local_em_shares(image: LocalImage, model: LocalModel, n_threads: int = 1) -> Float32Array:
    """Compute the shares of the candidates in each pixel, in their order: (H, W, LOCAL_CANDIDATES)."""
    shares = np.empty((*image.labels.shape, LOCAL_CANDIDATES), np.float32)
    bands, nothing = _bands(len(image.candidates)), np.empty(0)

    def band(i: int) -> None:
        choice()[0].local_em_step(*_head(image, bands[i]), 0, *_arrays(image, model), nothing, shares)

    run(band, len(bands), n_threads)
    return shares


def local_em_labels(image: LocalImage, model: LocalModel, n_threads: int = 1) -> Int32Array:
    """Choose the best candidate of each pixel: (H, W), -1 outside."""
    out = np.empty(image.labels.shape, np.int32)
    bands = _bands(len(image.candidates))

    def band(i: int) -> None:
        choice()[0].local_em_labels(*_head(image, bands[i]), *_arrays(image, model), out)

    run(band, len(bands), n_threads)
    return out


def _bands(n_rows: int) -> list[tuple[int, int]]:
    """Cut rows of blocks into bands."""
    step = -(-n_rows // _BANDS)
    return [(first, min(first + step, n_rows)) for first in range(0, n_rows, step)]


def _head(image: LocalImage, band: tuple[int, int]) -> tuple[int, ...]:
    """Instruction set and geometry, as the kernels take them."""
    return choice()[2], *image.labels.shape, image.n_channels, image.side, *band


def _arrays(image: LocalImage, model: LocalModel) -> tuple[Any, ...]:
    """Return the arrays that the kernels read."""
    return image.features, image.labels, image.candidates, *(np.ascontiguousarray(part) for part in model)
