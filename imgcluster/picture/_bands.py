"""Rows in bands, regrouped for consumers that take tiles or pieces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from imgcluster.types import UInt8Array


def regrouped(bands: Iterable[UInt8Array], multiple: int) -> Iterator[UInt8Array]:
    """Yield the same rows in bands whose heights are multiples of a number, except for the last."""
    rest: list[UInt8Array] = []
    n_rest = 0
    for band in bands:
        n_whole = (n_rest + len(band)) // multiple * multiple - n_rest
        if n_whole > 0:
            yield np.concatenate([*rest, band[:n_whole]]) if rest else band[:n_whole]
            rest, n_rest, band = [], 0, band[n_whole:]
        if len(band):
            # a copy: a view would keep its whole band
            rest.append(band.copy())
            n_rest += len(band)
    if rest:
        yield np.concatenate(rest)
