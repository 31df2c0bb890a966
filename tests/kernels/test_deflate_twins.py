"""Deflate in few bytes: the kernel against its twin, and zlib inflates what either writes."""

import zlib
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgcluster import kernels
from imgcluster.kernels import _deflate, reference
from imgcluster.types import UInt8Array

native = pytest.importorskip("imgcluster.kernels._native")

KINDS = ("noise", "runs", "pattern", "rows")


def _bytes(seed: int, n: int, n_values: int, kind: str) -> UInt8Array:
    rng = np.random.default_rng(seed)
    values = rng.integers(0, n_values, n).astype(np.uint8)
    if kind == "runs":
        return np.repeat(values, rng.integers(1, 300, n))[:n]
    if kind == "pattern":
        return np.resize(values[: max(1, n // 50)], n)
    if kind == "rows":
        rows = np.resize(values[:97], n)
        changed = rng.random(n) < 0.05
        rows[changed] = values[changed]
        return rows
    return values


def _deflated(
    kernel: ModuleType, data: UInt8Array, start: int = 0, *, last: bool = True, depth: int = 20, rounds: int = 3
) -> bytes:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_deflate, "choice", lambda: (kernel, "", 0, ""))
        return kernels.deflate_best(data, start, last=last, depth=depth, rounds=rounds).tobytes()


def _inflated(stream: bytes, before: UInt8Array, *, last: bool = True) -> bytes:
    inflater = zlib.decompressobj(-15, zdict=before[-(1 << 15) :].tobytes())
    data = inflater.decompress(stream)
    assert inflater.eof == last
    assert not inflater.unused_data
    return data


@given(
    seed=st.integers(0, 999),
    n=st.sampled_from([0, 1, 2, 3, 40, 700, 3000]),
    n_values=st.sampled_from([1, 2, 16, 256]),
    kind=st.sampled_from(KINDS),
    part=st.sampled_from([0.0, 0.3, 1.0]),
    last=st.booleans(),
)
@settings(deadline=None, max_examples=40)
def test_the_kernel_does_what_the_reference_does(
    seed: int, n: int, n_values: int, kind: str, part: float, last: bool
) -> None:
    data, start = _bytes(seed, n, n_values, kind), int(part * n)
    stream = _deflated(native, data, start, last=last)
    assert _inflated(stream, data[:start], last=last) == data[start:].tobytes()
    assert _deflated(reference, data, start, last=last) == stream


@given(
    seed=st.integers(0, 999),
    n=st.integers(0, 100_000),
    n_values=st.sampled_from([1, 3, 16, 200, 256]),
    kind=st.sampled_from(KINDS),
    rounds=st.integers(1, 5),
)
@settings(deadline=None, max_examples=30)
def test_zlib_inflates_it(seed: int, n: int, n_values: int, kind: str, rounds: int) -> None:
    data = _bytes(seed, n, n_values, kind)
    stream = _deflated(native, data, n // 3, rounds=rounds)
    assert _inflated(stream, data[: n // 3]) == data[n // 3 :].tobytes()


def test_more_than_a_section_and_what_cannot_be_deflated() -> None:
    data = np.concatenate([_bytes(0, 1 << 18, 7, "rows"), _bytes(1, 200_000, 256, "noise"), _bytes(2, 9, 9, "noise")])
    stream = _deflated(native, data)
    assert _inflated(stream, data[:0]) == data.tobytes()
    assert len(stream) < len(zlib.compress(data.tobytes(), 9))
    noise = _bytes(1, 200_000, 256, "noise")
    assert len(_deflated(native, noise)) < len(noise) + 100


def test_pieces_join() -> None:
    data = _bytes(5, 9000, 16, "rows")
    first = _deflated(native, data[:4000], last=False)
    assert _inflated(first + _deflated(native, data, 4000), data[:0]) == data.tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_it_takes_fewer_bytes_than_zlib(kind: str) -> None:
    data = _bytes(3, 60_000, 12, kind)
    assert len(_deflated(native, data, depth=200)) < len(zlib.compress(data.tobytes(), 9)) - 6


def test_words_have_at_most_fifteen_bits() -> None:
    """Counts that grow as Fibonacci's numbers would have the longest words."""
    counts = [1, 1]
    while len(counts) < 24:
        counts.append(counts[-1] + counts[-2])
    data = np.repeat(np.arange(24, dtype=np.uint8) * 7, counts)
    shuffled = np.random.default_rng(0).permutation(data)
    stream = _deflated(native, shuffled)
    assert _inflated(stream, shuffled[:0]) == shuffled.tobytes()
