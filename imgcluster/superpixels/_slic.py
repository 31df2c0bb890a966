"""SLIC: k-means in windows over colour and grid position, then connectivity."""

from __future__ import annotations

import numpy as np

from imgcluster import kernels
from imgcluster.types import Float64Array, Int16Array, Int32Array

UNIT = 64


def start_grid(height: int, width: int, n: int) -> Float64Array:
    n_rows = min(max(1, round((n * height / width) ** 0.5)), n)
    in_row = np.diff(np.arange(n_rows + 1) * n // n_rows)
    edges = np.concatenate([[0], np.cumsum(in_row)]) * height / n
    row = np.repeat((edges[1:] + edges[:-1]) / 2 - 0.5, in_row)
    column = np.concatenate([(np.arange(c) + 0.5) * width / c - 0.5 for c in in_row])
    return np.stack([row, column], axis=1)


def refit(sums, old):
    counts = sums[:, -1:]
    return np.where(counts > 0, sums[:, :-1] / np.maximum(counts, 1), old)


def lloyd(features, n, compactness=12.0, plan=((4, 6), (1, 1)), reach_factor=1.0, tol=0.01, n_threads=1, log=None):
    h, w, d = features.shape
    seeds = start_grid(h, w, n)
    at = np.rint(seeds).astype(int).clip(0, [h - 1, w - 1])
    centers = np.concatenate([features[at[:, 0], at[:, 1]], seeds], axis=1).astype(np.float64)
    S = (h * w / n) ** 0.5
    labels = np.zeros((h, w), np.int32)
    for i, (step, times) in enumerate(plan):
        for j in range(times):
            p = kernels.slic_pass(features, centers, labels, reach=S * reach_factor, scale=compactness * UNIT / S, step=step, n_threads=n_threads)
            last = i == len(plan) - 1 and j == times - 1
            if not last:
                centers = refit(p.sums, centers)
            if log is not None:
                log.append(p.changed / (h * w / step))
            if p.changed < tol * h * w / step:
                break
    return labels, centers
