"""A worker process: it does one job after another, until its parent hangs up or dies."""

from __future__ import annotations

import os
import select
import signal
import threading
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from imgcluster.tasks import run_job


def main(descriptor: int) -> None:
    """Serve on a socket: a task comes first, then jobs; an outcome goes back for each."""
    # Ctrl-C reaches every process of a terminal; the parent decides what becomes of the current file
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with suppress(OSError):
        # when memory runs out, the kernel should kill a worker, which costs one file, rather than the run
        Path("/proc/self/oom_score_adj").write_text("500")
    threading.Thread(target=_end_with_parent, args=(descriptor,), daemon=True).start()
    with Connection(descriptor) as parent, suppress(EOFError, BrokenPipeError, ConnectionResetError):
        task = parent.recv()
        task.import_function()
        parent.send(None)
        while True:
            outcome = run_job(task, parent.recv())
            parent.send(outcome)
            if outcome.unsound:
                # a library was loaded in part; a new process has another try
                return


def _end_with_parent(descriptor: int) -> None:
    """End this process when the other end of the socket closes, even in the middle of a job."""
    hangup = select.poll()
    hangup.register(descriptor, 0)
    while True:
        for _, event in hangup.poll():
            if event & (select.POLLHUP | select.POLLERR | select.POLLNVAL):
                os._exit(1)
