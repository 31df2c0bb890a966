"""Rate-aware mapping: the kernel against its NumPy twin, and what must hold for both."""

from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgcluster import kernels
from imgcluster.kernels import RATE_AWARE_CHUNK, RateModel, RateState, _rate_aware, reference
from imgcluster.types import Int32Array, UInt8Array

native = pytest.importorskip("imgcluster.kernels._native")


def _problem(
    seed: int, height: int, width: int, d: int, k: int, price: int, limit: int
) -> tuple[RateModel, Int32Array]:
    """Random colors, some of which may take one kind of entries only; entry 0 is of both kinds."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 40))
    points, palette = (rng.integers(0, 60, (size, d)).astype(np.int16) for size in (n, k))
    allowed, kinds = rng.integers(1, 4, n).astype(np.uint8), rng.integers(1, 3, k).astype(np.uint8)
    kinds[0] = 3
    distances = ((points[:, None].astype(int) - palette) ** 2).sum(axis=2)
    distances[(allowed[:, None] & kinds) == 0] = 1 << 30
    between = ((palette[:, None].astype(int) - palette) ** 2).sum(axis=2)
    np.fill_diagonal(between, -1)
    neighbors = between.argsort(axis=1, kind="stable")[:, : int(rng.integers(1, min(k, 8) + 1))].astype(np.uint8)
    model = RateModel(
        points,
        distances.argmin(axis=1).astype(np.uint8),
        allowed,
        palette,
        kinds,
        np.ascontiguousarray(neighbors),
        rng.integers(1, 9999, k),
        price * np.minimum(np.arange(259), 12),
        price * np.array([2, 9, 10, 10, 11, 11]),
        16 * price,
        limit,
        price,
        int(rng.integers(0, 3000)),
    )
    ids = np.sort(rng.integers(0, n, (height, width)), axis=1).astype(np.int32)
    return model, ids


def _mapped(kernel: ModuleType, problem: tuple[RateModel, Int32Array], n_threads: int = 1) -> UInt8Array:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_rate_aware, "choice", lambda: (kernel, "", 0, ""))
        return kernels.rate_aware_rows(*problem, RateState.first(len(problem[0].palette)), n_threads)


@given(
    seed=st.integers(0, 999),
    height=st.integers(1, 6),
    width=st.sampled_from([1, 2, 3, 7, 40, 300]),
    d=st.sampled_from([1, 3, 4, 9]),
    k=st.integers(1, 20),
    price=st.sampled_from([0, 20, 300, 1 << 20]),
    limit=st.sampled_from([0, 2000, 1 << 38]),
)
@settings(deadline=None, max_examples=60)
def test_the_kernel_does_what_the_reference_does(
    seed: int, height: int, width: int, d: int, k: int, price: int, limit: int
) -> None:
    problem = _problem(seed, height, width, d, k, price, limit)
    found = _mapped(native, problem)
    np.testing.assert_array_equal(found, _mapped(reference, problem))
    model, ids = problem
    assert (model.allowed[ids] & model.kinds[found]).all() or limit > 1 << 30
    differences = model.points[ids].astype(int) - model.palette[found]
    errors = (differences**2).sum(axis=2)
    assert (errors[found != model.nearest[ids]] <= limit).all()


@pytest.mark.parametrize("kernel", [native, reference])
def test_what_costs_nothing_to_write_is_the_nearest(kernel: ModuleType) -> None:
    model, ids = _problem(3, 9, 50, 3, 9, 0, 1 << 38)
    np.testing.assert_array_equal(_mapped(kernel, (model, ids)), model.nearest[ids])


def test_fixed_colors_have_their_entry_and_nothing_else() -> None:
    model, ids = _problem(7, 9, 50, 3, 9, 1 << 20, 1 << 38)
    fixed = np.arange(len(model.allowed)) % 2 == 0
    found = _mapped(native, (model._replace(allowed=np.where(fixed, 0, 3).astype(np.uint8)), ids))
    np.testing.assert_array_equal(found[fixed[ids]], model.nearest[ids][fixed[ids]])
    assert (found != model.nearest[ids]).any()


def test_a_dear_byte_makes_a_row_one_run() -> None:
    model, ids = _problem(1, 1, 200, 3, 9, 1 << 30, 1 << 38)
    free = model._replace(allowed=np.full_like(model.allowed, 3))
    assert len(np.unique(_mapped(native, (free, ids)))) == 1


def test_threads_and_bands_change_nothing() -> None:
    height = RATE_AWARE_CHUNK + 60
    model, ids = _problem(5, height, 40, 3, 12, 300, 1 << 38)
    whole = _mapped(native, (model, ids))
    for n_threads in (2, 7):
        np.testing.assert_array_equal(_mapped(native, (model, ids), n_threads), whole)
    state = RateState.first(len(model.palette))
    bands = np.split(ids, [1, 100, RATE_AWARE_CHUNK])
    parts = [kernels.rate_aware_rows(model, band, state) for band in bands]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
