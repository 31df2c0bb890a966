"""Many files through one run: does its memory grow, and does it leave files open?

Usage: ``python tests/benchmarks/soak.py [-n 20000] [--task quantize] [--every 500] [FOLDER]``

Without a folder a set of small pictures is made, and linked so often. The run and its one worker process are looked at
every so many files: resident memory and open descriptors. The slope is that of the straight line through the samples
after the first quarter, by least squares. Ends with 1 if a slope is above 1 KB a file or descriptors are not constant.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image

import imgcluster as ic

_MOST = 1024  # bytes of growth a file
_WARM = 0.25  # of the samples, in which caches and the heap fill
_KINDS = ("png", "jpg", "webp", "gif", "tif", "bmp")


@dataclass
class Samples:
    """What was seen of a process: files done, resident bytes, open descriptors."""

    n_files: list[int] = field(default_factory=list)
    resident: list[int] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)

    def take(self, pid: int, n_files: int) -> None:
        """Look at a process; one that has just ended is left out."""
        try:
            pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
            n_open = len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208 (without a scandir that is open itself)
        except OSError:
            return
        self.n_files.append(n_files)
        self.resident.append(pages * os.sysconf("SC_PAGE_SIZE"))
        self.descriptors.append(n_open)

    def slope(self) -> float:
        """Return the bytes by which it grows with each file, after the start."""
        first = int(len(self.n_files) * _WARM)
        if len(self.n_files) - first < 3:
            return 0.0
        return float(np.polyfit(self.n_files[first:], self.resident[first:], 1)[0])

    def is_constant(self) -> bool:
        """Check that as many files are open at the end as after the start, and never many more."""
        seen = self.descriptors[int(len(self.n_files) * _WARM) :]
        return max(seen, default=0) - min(seen, default=0) <= 2 and seen[-1:] <= seen[:1]


def make_pictures(folder: Path, n: int, n_different: int = 48) -> None:
    """Make small pictures of all kinds, and link them until there are so many."""
    rng = np.random.default_rng(0)
    for i in range(n):
        kind = _KINDS[i % n_different % len(_KINDS)]
        path = folder / f"{i:05d}.{kind}"
        if i >= n_different:
            path.hardlink_to(folder / f"{i % n_different:05d}.{kind}")
            continue
        y, x = np.mgrid[:48, :64]
        waves = [np.sin(x / rng.uniform(3, 20) + y / rng.uniform(3, 20)) for _ in range(3)]
        pixels = 128 + 90 * np.stack(waves, axis=2) + rng.normal(0, 5, (48, 64, 3))
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)


def soak(inputs: Path, outputs: Path, task: str, parameters: dict[str, Any], every: int) -> tuple[Samples, Samples]:
    """Process a folder, and return what was seen of this process and of the worker."""
    own, worker = Samples(), Samples()
    with ic.process_folder(inputs, task, outputs, parameters=parameters, optimize=0, n_jobs=1) as run:
        done = (result for result in run if result.status in ("done", "failed"))
        n_files = 0
        while some := sum(1 for _ in islice(done, every)):
            n_files += some
            own.take(os.getpid(), n_files)
            for pid in _children():
                worker.take(pid, n_files)
            _show(n_files, own, worker)
    return own, worker


def _children() -> Iterator[int]:
    for path in Path("/proc/self/task").glob("*/children"):
        yield from map(int, path.read_text().split())


def _show(n_files: int, own: Samples, worker: Samples) -> None:
    texts = [
        f"{name} {seen.resident[-1] / 1e6:.1f} MB, {seen.descriptors[-1]} open"
        for name, seen in (("run", own), ("worker", worker))
        if seen.resident
    ]
    print(f"{n_files:>6} files: {'; '.join(texts)}", flush=True)


def main() -> None:
    """Soak, and report slopes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", help="of pictures; by default they are made")
    parser.add_argument("-n", type=int, default=20_000, help="how many files are made")
    parser.add_argument("--task", choices=["quantize", "superpixels", "segment"], default="quantize")
    parser.add_argument("--every", type=int, default=500, help="files from sample to sample")
    wish = parser.parse_args()
    parameters: dict[str, dict[str, Any]] = {
        "quantize": {"n_colors": 16, "effort": "fast"},
        "superpixels": {"n_segments": 12, "effort": "fast"},
        "segment": {"n_clusters": 4},
    }
    # in memory where possible: syncing so many files to a disk takes an hour
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with TemporaryDirectory(prefix="soak-", dir=memory) as name:
        inputs = wish.folder or Path(name, "pictures")
        if wish.folder is None:
            inputs.mkdir()
            make_pictures(inputs, wish.n)
        seen = soak(inputs, Path(name, "outputs"), wish.task, parameters[wish.task], wish.every)
    is_fine = True
    for process, samples in zip(("run", "worker"), seen, strict=True):
        slope, constant = samples.slope(), samples.is_constant()
        is_fine = is_fine and slope <= _MOST and constant
        n_open = f"{min(samples.descriptors, default=0)} to {max(samples.descriptors, default=0)}"
        print(f"{process}: {slope:+.0f} bytes a file, open descriptors {n_open} ({'' if constant else 'not '}constant)")
    sys.exit(0 if is_fine else 1)


if __name__ == "__main__":
    main()
