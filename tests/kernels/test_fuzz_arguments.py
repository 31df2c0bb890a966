"""No argument makes an entry point of the native module crash, or read or write outside of its arrays.

Wrong calls are made in processes of their own (`_kernel_fuzz`), a fixed number for each entry point, the same in every
run. ``IMGCLUSTER_FUZZ_ROUNDS=20000`` makes more of them, ``IMGCLUSTER_FUZZ_SEED`` others.
"""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import _kernel_fuzz
import numpy as np
import pytest
from _kernel_calls import record_calls
from _kernel_fuzz import Fence

from imgcluster import kernels

native = pytest.importorskip("imgcluster.kernels._native")
if kernels.backend() != "native":
    pytest.skip("runs on the reference kernels", allow_module_level=True)

ROUNDS = os.environ.get("IMGCLUSTER_FUZZ_ROUNDS", "150")
SEED = os.environ.get("IMGCLUSTER_FUZZ_SEED", "0")
ENTRY_POINTS = sorted(name for name in dir(native) if not name.startswith("_") and name != "isa_names")
GROUPS = [ENTRY_POINTS[i::8] for i in range(8)]


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file of valid calls."""
    file = tmp_path_factory.mktemp("calls") / "calls"
    file.write_bytes(pickle.dumps(record_calls(6)))
    return file


def _fuzz(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, _kernel_fuzz.__file__, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)


@pytest.mark.parametrize("names", GROUPS, ids=lambda names: names[0])
def test_wrong_calls_are_refused_or_harmless(names: list[str], calls: Path) -> None:
    result = _fuzz(calls, SEED, ROUNDS, *names)
    assert result.returncode == 0, f"{result.stdout.splitlines()[-1]}\n{result.stderr[-4000:]}"
    # the changes are not all so wild that nothing gets past the checks
    found = [line.split() for line in result.stdout.splitlines() if line.endswith("taken")]
    assert [name.rstrip(":") for name, *_ in found] == names
    assert sum(int(n) for _, n, _ in found) > 0


@pytest.mark.skipif(not _kernel_fuzz.HAS_FENCES, reason="there is no mprotect")
@pytest.mark.parametrize(("at_end", "offset"), [(True, 40), (False, -1)])
def test_a_byte_beyond_a_fence_ends_the_process(at_end: bool, offset: int) -> None:
    code = f"""
import ctypes
from _kernel_fuzz import Fence
fence = Fence(40, {at_end}, 0)
ctypes.memset(fence.memory.ctypes.data, 1, 40)
print("within", flush=True)
ctypes.memset(fence.memory.ctypes.data + {offset}, 1, 1)
"""
    folder = Path(_kernel_fuzz.__file__).parent
    result = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert result.stdout == "within\n"
    assert result.returncode != 0


@pytest.mark.parametrize(("at_end", "offset"), [(True, -1), (False, 40)])
def test_a_byte_that_is_written_beside_an_array_is_seen(at_end: bool, offset: int) -> None:
    fence = Fence(40, at_end, 0xA5)
    fence.memory[:] = 1
    assert fence.is_intact()
    whole = np.frombuffer(fence.map, np.uint8)
    (at,) = np.flatnonzero(whole[4096:-4096] == 1)[:1] + 4096 + offset
    whole[at] = 0
    assert not fence.is_intact()
