"""The bar: who may draw it."""

import fcntl
import os
import pty
import select
import struct
import termios
import threading
import time

from tqdm import tqdm

from imgcluster.cli._console import Console
from imgcluster.cli._progress import Progress
from imgcluster.tasks import FileResult


class Run:
    """A run that stands still."""

    n_pixels = 1000
    n_pixels_done = 500
    running = ("in/a.png",)


class WatchedLock:
    """A lock that knows which threads held it."""

    def __init__(self):
        self._lock, self.threads = threading.RLock(), set()

    def acquire(self, *args, **kwargs):
        self.threads.add(threading.current_thread())
        return self._lock.acquire(*args, **kwargs)

    def release(self):
        self._lock.release()

    def __enter__(self):
        self.acquire()

    def __exit__(self, *error):
        self.release()


def test_the_main_thread_which_may_be_interrupted_never_holds_the_lock_of_the_bar(monkeypatch):
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 120, 0, 0))
    before, lock = tqdm.get_lock(), WatchedLock()
    tqdm.set_lock(lock)
    try:
        # what is written is less than a terminal holds before anybody reads
        with os.fdopen(theirs, "w") as terminal, monkeypatch.context() as patch:
            patch.setattr("sys.stderr", terminal)
            with Progress(Run(), 2, Console(verbose=True), bar=True) as progress:
                time.sleep(0.6)
                progress.tell(FileResult("in/a.png", "done", outputs=("a-quantized.png",), width=3, height=2))
                progress.tell(FileResult("in/b.png", "failed", "it is broken"))
            terminal.flush()
            said = ""
            while "it is broken" not in said and select.select([ours], [], [], 5)[0]:
                said += os.read(ours, 1 << 16).decode()
    finally:
        tqdm.set_lock(before)
        os.close(ours)
    assert lock.threads
    assert threading.main_thread() not in lock.threads
    assert "50% of 1.00k pixels" in said
    assert said.index("in/a.png -> a-quantized.png") < said.index("in/b.png: it is broken")
