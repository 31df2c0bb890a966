"""Which backend computes: the C module, or its NumPy twin if it is not built.

``IMGCLUSTER_KERNELS=native|reference`` forces a backend, ``IMGCLUSTER_ISA=sse2|avx2|avx512`` an instruction set no
better than the processor's.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

from imgcluster.errors import KernelError


def _say(line: str) -> None:
    """Print a line for people, unless stderr is closed."""
    if sys.stderr is not None:  # a print to None would go to stdout, where the picture may be going
        print(line, file=sys.stderr)


def _way_out() -> str:
    """Return how to get the C kernels."""
    package = Path(__file__).resolve().parents[1]
    if (package.parent / "pyproject.toml").exists():
        # Python was started in the checkout, where the package hides an installed one
        return (
            f"the package is that of the checkout {package.parent}: build it with pip install -e . (and a C compiler)"
        )
    return "install a C compiler (such as gcc) and install imgcluster again"


@cache
def choice() -> tuple[ModuleType, str, int, str]:
    """Choose backend and instruction set once: module, backend, level, name."""
    wanted = os.environ.get("IMGCLUSTER_KERNELS", "")
    if wanted not in ("", "native", "reference"):
        raise KernelError(f"IMGCLUSTER_KERNELS must be native or reference, got {wanted!r}; unset it to take the best")
    if wanted != "reference":
        try:
            from imgcluster.kernels import _native
        except ImportError as error:
            if wanted == "native":
                raise KernelError(
                    f"IMGCLUSTER_KERNELS=native, but the C kernels are not built ({error}); "
                    "install a C compiler (Debian: gcc libc6-dev python3-dev) and install imgcluster again"
                ) from None
            _say(f"imgcluster: the C kernels are not built, so this runs on NumPy and is much slower; {_way_out()}")
        else:
            names = _native.isa_names()
            name = os.environ.get("IMGCLUSTER_ISA") or names[-1]
            if name not in names:
                raise KernelError(
                    f"IMGCLUSTER_ISA must be one of {', '.join(names)} on this processor, got {name!r}; "
                    "unset it to take the best"
                )
            return _native, "native", names.index(name), name
    from imgcluster.kernels import reference

    return reference, "reference", 0, "numpy"


def backend() -> str:
    """Return the backend in use: "native" or "reference"."""
    return choice()[1]


def isa() -> str:
    """Return the instruction set in use: "sse2", "avx2", "avx512", "neon", "generic", or "numpy" for the reference."""
    return choice()[3]
