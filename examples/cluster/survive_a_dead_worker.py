"""A folder of photos on a Dask scheduler and two workers, one of which is killed in the middle.

Run as ``python examples/cluster/survive_a_dead_worker.py [N_PHOTOS]`` with ``imgcluster[dask]`` installed. Everything
happens on this machine, in a temporary folder. The exit code is 0 when nothing was lost and every file has the bytes of
a run without Dask.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import imgcluster as ic

PHOTO = Path(__file__).resolve().parents[1] / "coffee.jpg"


def write_photos(folder: Path, n_photos: int) -> None:
    """Write parts of a photo, all of them different."""
    folder.mkdir()
    photo = ic.read_image(PHOTO)
    rng = np.random.default_rng(0)
    for i in range(n_photos):
        top, left = rng.integers(0, (photo.shape[0] // 2, photo.shape[1] // 2))
        part = photo[top : top + photo.shape[0] // 2, left : left + photo.shape[1] // 2]
        ic.write_image(part, folder / f"photo{i}.png")


def start_cluster(folder: Path) -> tuple[subprocess.Popen[bytes], list[subprocess.Popen[bytes]], str]:
    """Start a scheduler and two workers of one thread; returns them and the address of the scheduler."""
    import json

    dask = [sys.executable, "-m", "dask"]
    contact = folder / "scheduler.json"
    loopback = ("--host", "127.0.0.1", "--scheduler-file", str(contact))
    log = (folder / "dask.log").open("ab")
    quiet = {"stdout": log, "stderr": log, "cwd": folder}
    scheduler = subprocess.Popen([*dask, "scheduler", *loopback, "--port", "0", "--no-dashboard"], **quiet)
    while not contact.exists():
        if scheduler.poll() is not None:
            sys.exit((folder / "dask.log").read_text())
        time.sleep(0.05)
    # no nanny: it would start a worker anew, and the other one shall do it all
    options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(folder))
    workers = [subprocess.Popen([*dask, "worker", *loopback, *options], **quiet) for _ in range(2)]
    log.close()
    address = json.loads(contact.read_text())["address"].replace("tcp://", "dask://")
    return scheduler, workers, address


def wait_for_workers(address: str) -> None:
    """Wait until both workers are there, so that there is one to lose."""
    from distributed import Client

    with Client(address.replace("dask://", "tcp://"), set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)


def quantize(photos: Path, outputs: Path, after_first: Callable[[], None] | None = None, **where: object) -> list[str]:
    """Quantize the folder, and return what became of each file."""
    start, statuses = time.perf_counter(), []
    with ic.process_folder(photos, output_dir=outputs, parameters={"n_colors": 64}, **where) as run:
        for result in run:
            if not statuses and after_first is not None:
                after_first()
            statuses.append(result.status)
    print(f"  {statuses.count('done')} of {len(statuses)} done in {time.perf_counter() - start:.1f} s")
    return statuses


def read_tree(folder: Path) -> dict[str, bytes]:
    """Return all files of a folder with their bytes, but the journal and the lock."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".imgcluster-state")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def main(n_photos: int) -> int:
    """Run both ways and compare."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        photos, here, there = folder / "photos", folder / "here", folder / "there"
        write_photos(photos, n_photos)
        print(f"{n_photos} photos on two processes here")
        quantize(photos, here, n_jobs=2)
        scheduler, workers, address = start_cluster(folder)
        try:
            wait_for_workers(address)

            def kill_one() -> None:
                os.kill(workers[0].pid, signal.SIGKILL)
                print("  worker 1 of 2 killed")

            print(f"the same on two workers of {address}")
            statuses = quantize(photos, there, kill_one, executor=address)
        finally:
            for process in (*workers, scheduler):
                process.kill()
                process.wait()
        if workers[0].returncode != -signal.SIGKILL:
            print("worker 1 ended before it was killed")
            return 1
        if statuses != ["done"] * n_photos or read_tree(here) != read_tree(there):
            print("the outputs differ")
            return 1
        print(f"nothing was lost: {len(read_tree(there))} files, the same bytes")
        return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 120))
