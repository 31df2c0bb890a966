"""Local EM: mixtures of Gaussians in color and position where a pixel has only a few candidate components.

Every operation is that of the C kernel, in float32 and in its order, so that the bits are the same.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np

from imgcluster.types import Float32Array, Float64Array, Int16Array, Int32Array

_CANDIDATES = 16  # LOCAL_EM_CANDIDATES of src/kernels.h
_LANES = 16  # partial sums
_FOUND = 512  # labels that are counted around a block
_CUT = np.float32(-20)  # nats; a component this far below a pixel's best has share 0
_UNIT = np.float32(1 / 64)
_MAGIC = np.float32(12582912)  # 1.5 * 2^23: adding it rounds to whole numbers
_EXP = [np.float32(1) / np.float32(n) for n in (720, 120, 24, 6, 2, 1, 1)]
_LOG = [np.float32(1) / np.float32(n) for n in (9, 7, 5, 3)]


class _Block(NamedTuple):
    """Pixels of one block, those of the image alone, and their places in it."""

    color: Float32Array  # (C, size)
    row: Float32Array  # (size,)
    column: Float32Array
    label: Int32Array  # (size,), -1 beyond the image
    inside: tuple[slice, slice]  # of the image


class _Components(NamedTuple):
    """Candidates as seen from a block, a row each."""

    color: Float32Array  # (n, C, 1)
    factor: Float32Array  # (n, C, 1)
    row: Float32Array  # (n, 1)
    column: Float32Array
    rr: Float32Array
    rc: Float32Array
    cc: Float32Array
    coefficient: Float32Array


def _exp(x: Float32Array) -> Float32Array:
    """exp(x) for x <= 0; 0 below the cut."""
    kept = np.maximum(x, _CUT)
    n = (kept * np.float32(1.44269504) + _MAGIC) - _MAGIC
    r = kept - n * np.float32(0.693359375) - n * np.float32(-2.12194440e-4)
    p = r * _EXP[0] + _EXP[1]
    for coefficient in _EXP[2:]:
        p = p * r + coefficient
    result: Float32Array = np.where(x >= _CUT, np.ldexp(p, n.astype(np.int32)), np.float32(0))
    return result


def _log(x: Float32Array) -> Float32Array:
    """log(x) for finite x >= 1."""
    bits = x.view(np.int32)
    halve = ((bits & 0x7FFFFF) > 0x3504F3).astype(np.int32)
    n = ((bits >> 23) - 127 + halve).astype(np.float32)
    m = ((bits & 0x7FFFFF) | (0x3F800000 - (halve << 23))).astype(np.int32).view(np.float32)
    z = (m - np.float32(1)) / (m + np.float32(1))
    square = z * z
    p = square * _LOG[0] + _LOG[1]
    for coefficient in _LOG[2:]:
        p = p * square + coefficient
    result: Float32Array = n * np.float32(0.693147181) + np.float32(2) * z * (p * square + np.float32(1))
    return result


def _lane_sums(values: Float32Array) -> Float32Array:
    """Add up (..., size) in lanes and then halves onto halves, as the C kernel does."""
    parts = values.reshape(*values.shape[:-1], -1, _LANES)
    lanes = np.add.accumulate(parts, axis=-2)[..., -1, :]
    while lanes.shape[-1] > 1:
        half = lanes.shape[-1] // 2
        lanes = lanes[..., :half] + lanes[..., half:]
    result: Float32Array = lanes[..., 0]
    return result


def _load_block(features: Int16Array, labels: Int32Array, channels: int, side: int, top: int, left: int) -> _Block:
    """Take the pixels of a block; beyond the image its last ones again, without a label."""
    height, width = labels.shape
    rows, columns = top + np.arange(side), left + np.arange(side)
    at = np.ix_(np.minimum(rows, height - 1), np.minimum(columns, width - 1))
    beyond = (rows >= height)[:, None] | (columns >= width)
    label = np.where(beyond, np.int32(-1), labels[at])
    color = features[at].reshape(side * side, -1)[:, :channels].T.astype(np.float32) * _UNIT
    grid = np.indices((side, side), np.float32).reshape(2, -1)
    inside = slice(top, min(top + side, height)), slice(left, min(left + side, width))
    return _Block(color, grid[0], grid[1], label.ravel(), inside)


def _load_components(
    chosen: Int32Array, model: tuple[Float64Array, ...], channels: int, top: int, left: int
) -> _Components:
    """Take the candidates of a block, their positions counted from its first pixel."""
    k = len(model[2])
    origin = np.array([0.0] * channels + [top, left])
    means = (model[0].reshape(k, -1)[chosen] - origin).astype(np.float32)
    factors = model[1].reshape(k, -1)[chosen].astype(np.float32)
    color, factor = means[:, :channels, None], factors[:, :channels, None]
    row, column = means[:, channels : channels + 1], means[:, channels + 1 :]
    rr, rc, cc = (factors[:, channels + i : channels + i + 1] for i in range(3))
    return _Components(color, factor, row, column, rr, rc, cc, model[2][chosen].astype(np.float32)[:, None])


def _whiten(block: _Block, c: _Components) -> tuple[Float32Array, Float32Array, Float32Array]:
    """Return whitened differences from the means: y (n, C, size), u and v (n, size)."""
    row, column = block.row - c.row, block.column - c.column
    return (block.color - c.color) * c.factor, row * c.rr, row * c.rc + column * c.cc


def _log_densities(block: _Block, c: _Components) -> Float32Array:
    """Log density of every pixel (n, size)."""
    y, u, v = _whiten(block, c)
    distance: Float32Array = u * u + v * v
    for j in range(y.shape[1]):
        distance = distance + y[:, j] * y[:, j]
    result: Float32Array = c.coefficient - np.float32(0.5) * distance
    return result


def _normalize(logs: Float32Array, weight: Float32Array) -> tuple[Float32Array, float]:
    """Turn log densities into shares; return them and the log-likelihood."""
    most = logs.max(axis=0)
    found = _exp(logs - most)
    total = np.add.accumulate(found, axis=0)[-1]
    log_likelihood = float(_lane_sums(weight * (most + _log(total))))
    return found * (weight / total), log_likelihood


def _block_sums(block: _Block, c: _Components, shares: Float32Array) -> Float64Array:
    """Add up one block: (n, 6 + 2 C)."""
    y, u, v = _whiten(block, c)
    ry, ru, rv = shares[:, None] * y, shares * u, shares * v
    second = [ru * u, ru * v, rv * v]
    rows = [shares[:, None], ry, ry * y, np.stack([ru, rv, *second], axis=1)]
    return _lane_sums(np.concatenate(rows, axis=1)).astype(np.float64)


def local_em_step(
    isa: int,
    height: int,
    width: int,
    channels: int,
    side: int,
    first: int,
    last: int,
    hard: int,
    features: Int16Array,
    labels: Int32Array,
    candidates: Int32Array,
    means: Float64Array,
    factors: Float64Array,
    coefficients: Float64Array,
    sums: Float64Array,
    shares: Float32Array,
) -> float:
    """E-step over rows of blocks: shares, and the sums of the M-step in whitened differences from the old means."""
    log_likelihood = 0.0
    for i, j in np.ndindex(last - first, candidates.shape[1]):
        top, left = (first + i) * side, j * side
        chosen = candidates[first + i, j]
        chosen = chosen[chosen >= 0]
        block = _load_block(features, labels, channels, side, top, left)
        found = np.zeros((0, side * side), np.float32)
        if len(chosen):
            c = _load_components(chosen, (means, factors, coefficients), channels, top, left)
            if hard:
                found = (block.label == chosen[:, None]).astype(np.float32)
            else:
                found, part = _normalize(_log_densities(block, c), (block.label >= 0).astype(np.float32))
                log_likelihood += part
            if sums.size:
                sums[chosen] += _block_sums(block, c, found)
        if shares.size:
            out = shares[block.inside]
            out[...] = 0
            out[..., : len(chosen)] = found.reshape(-1, side, side).transpose(1, 2, 0)[: out.shape[0], : out.shape[1]]
    return log_likelihood


def local_em_labels(
    isa: int,
    height: int,
    width: int,
    channels: int,
    side: int,
    first: int,
    last: int,
    features: Int16Array,
    labels: Int32Array,
    candidates: Int32Array,
    means: Float64Array,
    factors: Float64Array,
    coefficients: Float64Array,
    out: Int32Array,
) -> None:
    """Choose the best candidate of each pixel, ties to the lowest."""
    for i, j in np.ndindex(last - first, candidates.shape[1]):
        top, left = (first + i) * side, j * side
        chosen = candidates[first + i, j]
        chosen = chosen[chosen >= 0]
        block = _load_block(features, labels, channels, side, top, left)
        best = np.full(side * side, -1, np.int32)
        if len(chosen):
            c = _load_components(chosen, (means, factors, coefficients), channels, top, left)
            best = np.where(block.label < 0, np.int32(-1), chosen[_log_densities(block, c).argmax(axis=0)])
        part = out[block.inside]
        part[...] = best.reshape(side, side)[: part.shape[0], : part.shape[1]]


def local_candidates(
    margin: int,
    height: int,
    width: int,
    channels: int,
    side: int,
    first: int,
    last: int,
    stride: int,
    labels: Int32Array,
    candidates: Int32Array,
) -> None:
    """List the labels in and around each block; if too many, those with most pixels in it, then around it."""
    for i, j in np.ndindex(last - first, candidates.shape[1]):
        top, left = (first + i) * side, j * side
        ys, xs = (
            np.arange(start - margin, min(start + side + margin, length), stride)
            for start, length in ((top, height), (left, width))
        )
        near = labels[np.ix_(ys[ys >= 0], xs[xs >= 0])].ravel().tolist()
        counts = Counter(labels[top : top + side, left : left + side].ravel().tolist())
        for label in counts:
            counts[label] <<= 16
        for label in near:
            if label in counts or len(counts) - (-1 in counts) < _FOUND:
                counts[label] += 1
        found = sorted((label for label in counts if label >= 0), key=lambda label: (-counts[label], label))
        candidates[first + i, j] = -1
        candidates[first + i, j, : len(found[:_CANDIDATES])] = sorted(found[:_CANDIDATES])
