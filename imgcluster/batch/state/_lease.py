"""One run at a time in a folder of outputs by URL, where no kernel can hold a lock."""

from __future__ import annotations

import json
import os
import secrets
import socket
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from imgcluster.errors import FolderBusyError, ImageReadError, ImageWriteError
from imgcluster.files import create, is_running, join, read_bytes, remove, write

_NAME = ".imgcluster-state.lock"
_RENEW_SECONDS = 20.0
_DEAD_SECONDS = 120.0
_SETTLE_SECONDS = 1.0  # in which another run that saw the same dead holder may have replaced it, too
_ATTEMPTS = 5


@dataclass(frozen=True)
class _Holder:
    """Who holds a lease, and when it was last renewed."""

    host: str
    space: str  # in which the process id is valid: containers may share the name of their host
    pid: int
    token: str
    time: float

    @classmethod
    def me(cls, token: str) -> _Holder:
        """Return this process as the holder, renewed now."""
        return cls(socket.gethostname(), _process_space(), os.getpid(), token, time.time())

    @property
    def is_here(self) -> bool:
        """Check whether it is a process of this machine."""
        return (self.host, self.space) == (socket.gethostname(), _process_space())

    @property
    def is_dead(self) -> bool:
        """Check whether the holder will not write any more."""
        if self.is_here and self.pid != os.getpid() and not is_running(self.pid):
            return True
        return time.time() - self.time > _DEAD_SECONDS

    def to_bytes(self) -> bytes:
        """Return it as JSON."""
        return json.dumps(asdict(self)).encode()


class FolderLease:
    """The right to write into a folder by URL, for as long as it is renewed.

    It is an object in the folder, created where there is none. A thread renews it; one that is not renewed for two
    minutes, or whose process on this machine has ended, is taken over. A run that was suspended for that long finds at
    the next renewal that it has lost the lease.
    """

    def __init__(self, folder: str) -> None:
        self._folder, self._url = folder, join(folder, _NAME)
        self._token = ""
        self.lost = ""
        self._ended = threading.Event()
        token = secrets.token_hex(8)
        self._take(token)
        self._token = token
        self._renewal = threading.Thread(target=self._renew, daemon=True)
        self._renewal.start()

    def release(self) -> None:
        """Let others write; a second call does nothing."""
        if not self._token:
            return
        self._ended.set()
        self._renewal.join()
        with suppress(ImageReadError, ImageWriteError, OSError):
            holder = self._holder()
            if holder is not None and holder.token == self._token:
                remove(self._url)
        self._token = ""

    def _take(self, token: str) -> None:
        """Create the object, or raise FolderBusyError with its holder."""
        for _ in range(_ATTEMPTS):
            if create(self._url, _Holder.me(token).to_bytes()):
                holder = self._holder()
                if holder is not None and holder.token == token:
                    return
            else:
                holder = self._holder()
            if holder is None:
                continue  # it has just been released
            if not holder.is_dead:
                raise FolderBusyError(self._folder, holder.pid, "" if holder.is_here else holder.host)
            remove(self._url)
            if create(self._url, _Holder.me(token).to_bytes()):
                time.sleep(_SETTLE_SECONDS)
                holder = self._holder()
                if holder is not None and holder.token == token:
                    return
        raise FolderBusyError(self._folder, None)

    def _renew(self) -> None:
        """Renew the lease until it is released, or lost."""
        renewed = time.monotonic()
        while not self._ended.wait(_RENEW_SECONDS):
            try:
                holder = self._holder()
                if holder is None or holder.token != self._token:
                    self.lost = f"another run took {self._folder} over while this one was suspended"
                    return
                write(self._url, _Holder.me(self._token).to_bytes())
                renewed = time.monotonic()
            except (ImageReadError, ImageWriteError, OSError) as error:
                if time.monotonic() - renewed > _DEAD_SECONDS - _RENEW_SECONDS:
                    self.lost = f"{self._folder} cannot be held: {error}"
                    return

    def _holder(self) -> _Holder | None:
        """Read who holds the lease: None if nobody does, and a holder long dead if that cannot be read."""
        try:
            data = read_bytes(self._url)
        except FileNotFoundError:
            return None
        try:
            found = json.loads(data)
            host, space, token = (str(found[key]) for key in ("host", "space", "token"))
            return _Holder(host, space, int(found["pid"]), token, float(found["time"]))
        except (ValueError, TypeError, LookupError):
            return _Holder("", "", 0, "", 0.0)


def _process_space() -> str:
    """Return an identifier shared by the processes of one machine, or of one container."""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {os.stat('/proc/self/ns/pid').st_ino}"  # noqa: PTH116
    return ""
