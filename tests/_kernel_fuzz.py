"""Calls of the native entry points with arguments that were made wrong: what a child process of the fuzz test runs.

``python tests/_kernel_fuzz.py CALLS SEED ROUNDS [ENTRY_POINT ...]`` makes that many rounds for each entry point. Each
starts from a valid call and changes it in up to three places; the entry point must return, or raise TypeError or
ValueError with its name. Arrays end or begin where the next page of memory cannot be touched, so that a kernel that
reads or writes beyond one ends the process, and what else lies in their pages must not have changed; a sanitizer needs
no such fences. The round that runs is written to stdout before its call, and is a function of name, seed and number.
"""

import ctypes
import faulthandler
import mmap
import pickle
import random
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arguments = list[Any]

SECONDS = 60  # that a single call may take, on a slow machine under a sanitizer
LARGE = 1 << 20  # bytes of arrays that make a round slow
WHOLES = [-1, 0, 1, 2, 3, 4, 255, 256, 65535, 65536, -(2**31), 2**70]
WHOLES += [2**p + i for p in (15, 16, 30, 31, 32, 33, 62, 63) for i in (-1, 0, 1)]
REALS = [0.0, -0.0, 1.0, -1.0, 1e-300, 5e-324, 1e300, 1e18, -1e18, np.nan, np.inf, -np.inf]
OTHERS: list[Any] = [None, "text", b"bytes", bytearray(8), [1], (), {}, 1.5, 7, True, object, np.int8(3), np.float32(2)]
DTYPES = [*"?bBhHiIlLqQefdgFDO", "S3", "U2", "M8[s]", ">i2", ">i4", ">i8", ">f4", ">f8", ">u2", "i4,f8", "V4"]


HAS_FENCES = hasattr(mmap, "PROT_READ")  # not on Windows
IS_SANITIZED = HAS_FENCES and hasattr(ctypes.CDLL(None), "__asan_init")


class Fence:
    """Memory between two pages that cannot be touched, or plain memory where there is no mprotect."""

    def __init__(self, n_bytes: int, at_end: bool, filled: int) -> None:
        page = mmap.PAGESIZE
        room = -(-max(n_bytes, 1) // page) * page
        self.map = mmap.mmap(-1, room + 2 * page)
        address = ctypes.addressof(ctypes.c_char.from_buffer(self.map))
        if HAS_FENCES:
            libc = ctypes.CDLL(None)
            for begin in (address, address + page + room):
                if libc.mprotect(ctypes.c_void_p(begin), ctypes.c_size_t(page), 0) != 0:
                    raise OSError("mprotect failed")
        whole = np.frombuffer(self.map, np.uint8)[page : page + room]
        whole[:] = filled
        at = room - n_bytes if at_end else 0
        self.memory = whole[at : at + n_bytes]
        self._beside, self._filled = (whole[:at], whole[at + n_bytes :]), filled

    def is_intact(self) -> bool:
        """Whether what lies beside the array in its pages is as it was."""
        return all(bool((part == self._filled).all()) for part in self._beside)


def _fenced(array: NDArray[Any], rng: random.Random) -> tuple[NDArray[Any], Fence]:
    fence = Fence(array.nbytes, rng.random() < 0.7, rng.choice([0, 0xA5, 0xFF]))
    copy = fence.memory.view(array.dtype).reshape(array.shape) if array.nbytes else array.copy()
    copy[...] = array
    return copy, fence


def _any_item(dtype: np.dtype[Any], rng: random.Random) -> Any:
    """Return an item that may be out of all bounds."""
    if dtype.kind == "f":
        return rng.choice([*REALS, rng.uniform(-300, 300)])
    info = np.iinfo(dtype)
    near = [0, 1, 2, -1, -2, info.min, info.max, info.max - 1, rng.randrange(300), rng.randrange(-70000, 70000)]
    return min(max(rng.choice(near), int(info.min)), int(info.max))


def _other_values(array: NDArray[Any], rng: random.Random) -> NDArray[Any]:
    changed = array.copy()
    if not changed.size:
        return changed
    flat = changed.reshape(-1)
    for _ in range(rng.choice([1, 1, 3, 10])):
        at = rng.randrange(flat.size)
        flat[at : at + rng.choice([1, 1, 2, flat.size])] = _any_item(flat.dtype, rng)
    if rng.random() < 0.2:
        noise = np.random.default_rng(rng.randrange(2**32)).integers(0, 256, flat.nbytes, np.uint8)
        flat[:] = noise.view(flat.dtype)
    return changed


def _other_size(array: NDArray[Any], rng: random.Random) -> NDArray[Any]:
    flat = array.reshape(-1)
    n = rng.choice([0, 1, flat.size - 1, flat.size + 1, flat.size // 2, 2 * flat.size, rng.randrange(64)])
    return np.resize(flat, max(n, 0)) if flat.size else np.zeros(max(n, 0), flat.dtype)


def _other_strides(array: NDArray[Any], rng: random.Random) -> NDArray[Any]:
    flat = array.reshape(-1)
    choice = rng.randrange(6)
    if choice == 0:
        return np.repeat(flat, 2)[::2]
    if choice == 1:
        return flat[::-1]
    if choice == 2 and flat.size:
        return np.broadcast_to(flat[:1], rng.choice([flat.shape, (2**31 + 1,), (2**32 + 1,), (2**20, 2**20)]))
    if choice == 3:
        return np.asfortranarray(array)
    if choice == 4:  # items that are not aligned
        shifted = np.zeros(array.nbytes + 1, np.uint8)[1:].view(array.dtype)
        shifted[:] = flat
        return shifted
    return array.T


def _other_type(array: NDArray[Any], rng: random.Random) -> Any:
    dtype = np.dtype(rng.choice(DTYPES))
    if rng.random() < 0.5 and dtype.itemsize == array.itemsize and not dtype.hasobject:
        return array.reshape(-1).view(dtype)
    return np.zeros(array.size, dtype)


def _frozen(array: NDArray[Any], rng: random.Random) -> Any:
    copy = array.copy()
    copy.flags.writeable = False
    return rng.choice([copy, copy.tobytes(), copy.data])


CHANGES: list[Callable[[NDArray[Any], random.Random], Any]] = [
    *[_other_values] * 6,
    *[_other_size] * 2,
    _other_strides,
    _other_type,
    _frozen,
]


def _change_number(value: Any, rng: random.Random) -> Any:
    if isinstance(value, float):
        return rng.choice([*REALS, value * 1e9, 7, np.float64(3.0), rng.choice(OTHERS)])
    near = [value - 1, value + 1, value * 2, value // 2, value * 4, 2**32 + value, 2**64 + value, rng.randrange(16)]
    return rng.choice([*near, *near, rng.choice(WHOLES), rng.choice([np.int16(3), 2.0, *OTHERS])])


def _trade_factors(arguments: Arguments, rng: random.Random) -> None:
    """Make one number larger and another smaller, so that their product, which sizes depend on, is the same."""
    numbers = [i for i, value in enumerate(arguments) if type(value) is int and 0 < value < 2**40]
    if len(numbers) < 2:
        return
    i, j = rng.sample(numbers, 2)
    factor = rng.choice([2, 3, 4, 5, 8, 16, arguments[i]])
    if rng.random() < 0.3:
        arguments[i], arguments[j] = arguments[j], arguments[i]
    elif arguments[i] % factor == 0:
        arguments[i], arguments[j] = arguments[i] // factor, arguments[j] * factor


def _is_plain(value: Any) -> bool:
    """Whether this is an array that can be changed further: of numbers in order, not a picture of endless size."""
    return isinstance(value, np.ndarray) and value.dtype.kind in "iuf" and value.flags.carray and value.dtype.isnative


def _share(arguments: Arguments, rng: random.Random) -> None:
    """Let two arrays overlap."""
    arrays = [i for i, value in enumerate(arguments) if _is_plain(value) and value.nbytes]
    if len(arrays) < 2:
        return
    i, j = rng.sample(arrays, 2)
    one, other = arguments[i], arguments[j]
    memory = np.zeros(one.nbytes + other.nbytes, np.uint8)
    at = rng.choice([0, rng.randrange(one.nbytes)]) // 8 * 8
    arguments[i] = memory[: one.nbytes].view(one.dtype)
    arguments[j] = memory[at : at + other.nbytes].view(other.dtype)
    arguments[i][:], arguments[j][:] = one.reshape(-1), other.reshape(-1)


def change(arguments: Arguments, rng: random.Random) -> None:
    """Change a call in up to three places."""
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        chosen = rng.random()
        if chosen < 0.12:
            _trade_factors(arguments, rng)
        elif chosen < 0.2:
            _share(arguments, rng)
        else:
            at = rng.randrange(len(arguments))
            value = arguments[at]
            if _is_plain(value):
                arguments[at] = rng.choice(CHANGES)(value, rng) if rng.random() < 0.95 else rng.choice(OTHERS)
            elif isinstance(value, float | int):
                arguments[at] = _change_number(value, rng)


def run_round(name: str, calls: list[tuple[Any, ...]], rng: random.Random) -> bool:
    """Make one call, and return whether it was taken."""
    from imgcluster.kernels import _native

    arguments = [value.copy() if isinstance(value, np.ndarray) else value for value in rng.choice(calls)]
    change(arguments, rng)
    fences = []
    for i, value in enumerate(arguments):
        # what has other strides or types or shares memory keeps them
        if _is_plain(value) and value.base is None and not IS_SANITIZED:
            arguments[i], fence = _fenced(value, rng)
            fences.append(fence)
    taken = False
    try:
        getattr(_native, name)(*arguments)
        taken = True
    except (TypeError, ValueError) as error:
        if not str(error).startswith(f"{name}: "):
            raise AssertionError("the message does not begin with the entry point") from error
    if not all(fence.is_intact() for fence in fences):
        raise AssertionError("memory beside an array was written to")
    return taken


def main(path: str, seed: str, rounds: str, *names: str) -> None:
    """Run rounds for each entry point, or those from FIRST on of FIRST:ROUNDS, and print how many calls were taken."""
    faulthandler.enable()
    calls: dict[str, list[tuple[Any, ...]]] = pickle.loads(Path(path).read_bytes())
    first, _, n = rounds.rpartition(":")
    for name in names or sorted(calls):
        is_large = any(isinstance(value, np.ndarray) and value.nbytes >= LARGE for value in calls[name][0])
        n_taken = 0
        for i in range(int(first or 0), max(int(n) // 20 if is_large else int(n), 1)):
            print(f"\r{name} seed {seed} round {i}", end=" ", flush=True)
            faulthandler.dump_traceback_later(SECONDS, exit=True)
            n_taken += run_round(name, calls[name], random.Random(zlib.crc32(f"{name} {seed} {i}".encode())))
            faulthandler.cancel_dump_traceback_later()
        print(f"\r{name}: {n_taken} taken")


if __name__ == "__main__":
    main(*sys.argv[1:])
