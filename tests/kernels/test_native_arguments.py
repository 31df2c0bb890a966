"""Every entry point of the native module refuses arguments that are not what it takes, and says which one it is.

A call of each is recorded while public operations run, then one argument at a time is made wrong. The NumPy kernels
check nothing, as they cannot leave their memory, so this is about the native ones alone.
"""

import ctypes
import inspect
import re
from typing import Any

import numpy as np
import pytest
from _kernel_calls import PARAMETERS, Arguments, copied, record_calls
from numpy.typing import NDArray

from imgcluster import kernels
from imgcluster.kernels import reference

native = pytest.importorskip("imgcluster.kernels._native")
if kernels.backend() != "native":
    pytest.skip("runs on the reference kernels", allow_module_level=True)

# all but isa_names, which takes nothing
ENTRY_POINTS = sorted(name for name in dir(native) if not name.startswith("_") and name != "isa_names")
ITEMS = {
    1: ("uint8", "int8", "bool"),
    2: ("uint16", "int16", "float16"),
    4: ("uint32", "int32", "float32"),
    8: ("uint64", "int64", "float64"),
}
# Arrays whose length alone is not wrong: longer tables, fewer roots, points that make as many nodes.
ANY_LENGTH = {
    ("diffuse_rows", "candidates"),
    ("order_rows", "candidates"),
    ("dither_cells", "candidates"),
    ("map_labels", "table"),
    ("merged_labels", "labels"),
    ("number_labels", "labels"),
    ("octree_assign", "roots"),
    ("octree_build", "keys"),
    ("region_values", "starts"),
    ("relabel", "numbers"),
}
RETURNING = {"squared_difference", "count_runs"}  # write nothing
# Numbers that limit what is done, however large they are.
ANY_NUMBER = {
    ("diffuse_rows", "first_row"),
    ("order_rows", "first_row"),
    ("deflate_best", "depth"),
    ("deflate_best", "rounds"),
    ("join_pieces", "min_size"),
    ("local_candidates", "stride"),
    ("merge_regions", "n_regions"),
    ("octree_build", "leaf_size"),
}


@pytest.fixture(scope="module")
def calls() -> dict[str, Arguments]:
    """Return a valid call of each entry point: the one with the most arrays that are not empty."""
    return {name: found[0] for name, found in record_calls(1).items()}


def _arrays(name: str, arguments: Arguments) -> list[tuple[int, str, NDArray[Any]]]:
    """List place, name and value of the array arguments."""
    named = zip(PARAMETERS[name], arguments, strict=True)
    return [(at, what, value) for at, (what, value) in enumerate(named) if isinstance(value, np.ndarray)]


def _with(arguments: Arguments, at: int, value: object) -> Arguments:
    return *arguments[:at], value, *arguments[at + 1 :]


def _is_written(name: str, arguments: Arguments, at: int) -> bool:
    """Whether an entry point writes to an array: it wants one that is writable."""
    frozen = arguments[at].copy()
    frozen.flags.writeable = False
    try:
        getattr(native, name)(*_with(copied(arguments), at, frozen))
    except ValueError as error:
        return "writable" in str(error)
    return False


def _refused(error: type[Exception], name: str, arguments: Arguments, message: str) -> None:
    with pytest.raises(error, match=f"^{name}: {message}"):
        getattr(native, name)(*arguments)


def test_every_entry_point_is_covered(calls: dict[str, Arguments]) -> None:
    assert sorted(calls) == ENTRY_POINTS
    assert sorted(PARAMETERS) == sorted([*ENTRY_POINTS, "isa_names"])
    for name, arguments in calls.items():
        getattr(native, name)(*copied(arguments))  # so that what is refused below is refused for one thing only


@pytest.mark.parametrize("name", ENTRY_POINTS)
def test_the_reference_takes_the_same_parameters(name: str) -> None:
    assert list(inspect.signature(getattr(reference, name)).parameters) == PARAMETERS[name]


@pytest.mark.parametrize("name", ENTRY_POINTS)
def test_another_number_of_arguments_is_rejected(name: str, calls: dict[str, Arguments]) -> None:
    arguments = calls[name]
    n = len(arguments)
    for given in ((), arguments[:-1], (*arguments, arguments[-1])):
        _refused(TypeError, name, given, f"takes exactly {n} arguments, got {len(given)}$")


@pytest.mark.parametrize("name", ENTRY_POINTS)
def test_another_type_of_the_same_size_is_rejected(name: str, calls: dict[str, Arguments]) -> None:
    for at, what, array in _arrays(name, calls[name]):
        for dtype in ITEMS[array.dtype.itemsize]:
            if dtype != array.dtype:
                wrong = _with(calls[name], at, array.view(dtype))
                _refused(TypeError, name, wrong, rf"{what} must be .*\b{array.dtype}\b.*, got {dtype}$")


@pytest.mark.parametrize("name", ENTRY_POINTS)
def test_the_other_byte_order_and_records_are_rejected(name: str, calls: dict[str, Arguments]) -> None:
    for at, what, array in _arrays(name, calls[name]):
        record = np.dtype([("item", array.dtype)])
        swapped = array.dtype.newbyteorder() if array.itemsize > 1 else record
        for dtype in (swapped, record, "S1", "V0"):
            wrong = _with(calls[name], at, np.empty(array.size, dtype))
            _refused(TypeError, name, wrong, f"{what} must be .*, got items of format ")


@pytest.mark.parametrize("name", ENTRY_POINTS)
def test_another_length_is_rejected(name: str, calls: dict[str, Arguments]) -> None:
    for at, what, array in _arrays(name, calls[name]):
        flat = array.ravel()
        longer = np.append(flat, np.zeros(1, array.dtype))
        for other in (flat[:-1], longer) if flat.size else (longer,):
            wrong = _with(copied(calls[name]), at, other.copy())
            if (name, what) in ANY_LENGTH:
                try:  # whatever it says, it stays in its memory
                    getattr(native, name)(*wrong)
                except ValueError as error:
                    assert str(error).startswith(f"{name}: ")  # noqa: PT017
            else:
                _refused(ValueError, name, wrong, r"\w+ must ")


@pytest.mark.parametrize("name", ENTRY_POINTS)
def test_no_argument_of_another_kind_is_taken(name: str, calls: dict[str, Arguments]) -> None:
    for at, (what, value) in enumerate(zip(PARAMETERS[name], calls[name], strict=True)):
        kind = type(value)
        expected = "an array" if kind is np.ndarray else "a float" if issubclass(kind, float) else "a whole number"
        # a whole number is no float either: above 2^53 it would become another one
        for other in (None, "text", [1.0], *([1, np.int64(1), True] if expected == "a float" else [])):
            wrong = _with(calls[name], at, other)
            _refused(TypeError, name, wrong, f"{what} must be {expected}, got {type(other).__name__}$")


@pytest.mark.parametrize("name", ENTRY_POINTS)
def test_whole_numbers_beyond_all_bounds_are_rejected(name: str, calls: dict[str, Arguments]) -> None:
    for at, (what, value) in enumerate(zip(PARAMETERS[name], calls[name], strict=True)):
        if isinstance(value, np.ndarray | float) or (name, what) in ANY_NUMBER:
            continue
        for other in (-1, -(2**70), 2**31 - 1, 2**63 - 1, 2**70):
            _refused(ValueError, name, _with(calls[name], at, other), r"\w+ .*must ")


@pytest.mark.parametrize("name", ENTRY_POINTS)
def test_arrays_that_are_not_contiguous_are_rejected(name: str, calls: dict[str, Arguments]) -> None:
    for at, what, array in _arrays(name, calls[name]):
        if array.size > 1:
            wrong = _with(calls[name], at, np.repeat(array.ravel(), 2)[::2])
            _refused(ValueError, name, wrong, f"{what} must be a C-contiguous ")


@pytest.mark.parametrize("name", ENTRY_POINTS)
def test_items_that_are_not_aligned_are_read_but_not_written(name: str, calls: dict[str, Arguments]) -> None:
    expected = copied(calls[name])
    result = getattr(native, name)(*expected)
    for at, what, array in _arrays(name, calls[name]):
        if array.itemsize == 1 or not array.size:
            continue
        shifted = np.zeros(array.nbytes + 1, np.uint8)[1:].view(array.dtype).reshape(array.shape)
        shifted[...] = array
        arguments = _with(copied(calls[name]), at, shifted)
        if _is_written(name, calls[name], at):
            _refused(ValueError, name, arguments, f"{what} must be an array of aligned items$")
        else:
            assert getattr(native, name)(*arguments) == result
            for other, there in zip(arguments, expected, strict=True):
                if isinstance(other, np.ndarray):
                    np.testing.assert_array_equal(other, there, err_msg=what)


@pytest.mark.parametrize("name", ENTRY_POINTS)
def test_what_a_kernel_writes_must_be_writable(name: str, calls: dict[str, Arguments]) -> None:
    written = 0
    for at, what, array in _arrays(name, calls[name]):
        frozen = array.copy()
        frozen.flags.writeable = False
        try:
            getattr(native, name)(*_with(copied(calls[name]), at, frozen))
        except ValueError as error:
            assert re.match(f"{name}: {what} must be a C-contiguous writable array$", str(error))  # noqa: PT017
            written += 1
        np.testing.assert_array_equal(frozen, array)
    assert (written > 0) == (name not in RETURNING)


@pytest.mark.parametrize("name", ENTRY_POINTS)
def test_what_a_kernel_writes_shares_no_memory(name: str, calls: dict[str, Arguments]) -> None:
    """What was checked would change while the kernel runs, indices among it."""
    arrays = _arrays(name, calls[name])
    for at, what, array in arrays:
        for other_at, other, value in arrays:
            if at == other_at or not array.size or not value.size:
                continue
            memory = np.zeros(array.nbytes + value.nbytes + 16, np.uint8)
            begin = (array.nbytes - 1) // 8 * 8  # within the first one
            first = memory[: array.nbytes].view(array.dtype)
            second = memory[begin : begin + value.nbytes].view(value.dtype)
            first[:], second[:] = array.ravel(), value.ravel()
            arguments = _with(_with(copied(calls[name]), at, first), other_at, second)
            if _is_written(name, calls[name], at) or _is_written(name, calls[name], other_at):
                later, sooner = (what, other) if at > other_at else (other, what)
                _refused(ValueError, name, arguments, f"{later} must not share memory with {sooner}$")


def test_labels_are_mapped_in_place() -> None:
    labels = np.array([1, 0, -1, 1], np.int32)
    native.map_labels(labels, np.array([5, 7], np.int32), labels)
    assert labels.tolist() == [7, 5, -1, 7]
    with pytest.raises(ValueError, match=r"^map_labels: out must not share memory with labels$"):
        native.map_labels(labels[1:], np.zeros(8, np.int32), labels[:-1])


def test_every_native_spelling_of_a_type_is_taken() -> None:
    tables, touched = np.zeros(1 << 24, np.uint8), np.zeros(1 << 15, np.uint8)
    tables[5] = touched[0] = 1
    for code in ("l", "q", "<i8") if np.dtype("l").itemsize == 8 else ("q", "<i8"):
        counts = np.zeros(1, np.dtype(code).newbyteorder("="))
        assert native.histogram_collect(tables, touched, np.zeros(1, np.uint32), counts) == 1
        assert counts.tolist() == [1]
    keys, colors = (ctypes.c_uint32 * 2)(0, (1 << 24) - 1), bytearray(6)
    assert memoryview(keys).format in ("<I", "<L", ">I", ">L")  # with the byte order, unlike NumPy's
    native.colors_from_keys(keys, colors)
    assert list(colors) == [0, 0, 0, 255, 255, 255]


def test_the_message_says_what_is_wanted_and_what_was_given(calls: dict[str, Arguments]) -> None:
    at = PARAMETERS["assign"].index("weights")
    n = len(calls["assign"][at])
    for weights, error, message in (
        (np.ones(n, np.int64), TypeError, "assign: weights must be float64, got int64"),
        (np.ones(n + 1), ValueError, f"assign: weights must have {n} items, got {n + 1}"),
    ):
        with pytest.raises(error) as caught:
            native.assign(*_with(calls["assign"], at, weights))
        assert str(caught.value) == message


@pytest.mark.parametrize("keys", [np.zeros(2, np.uint32), np.zeros(3, np.uint32), np.zeros(2, np.int32), None])
def test_arrays_are_let_go_whatever_happens(keys: NDArray[Any] | None) -> None:
    colors = bytearray(6)
    try:
        native.keys_from_colors(colors, keys)
    except (TypeError, ValueError):
        assert keys is None or keys.dtype != np.uint32 or len(keys) != 2
    colors.append(0)  # a BufferError while somebody holds it
