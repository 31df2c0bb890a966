"""Replacing a file as a whole: readers find the old file or the new one, never half of one."""

import errno
import hashlib
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import BinaryIO

from imgcluster.errors import ImageWriteError
from imgcluster.wording import is_of_loading, loading_text, system_text

_LONGEST = 500  # characters of a name in a message: the bytes of a picture are not a name
TEMPORARY = re.compile(r"\.imgcluster-([0-9]{1,9})-([0-9a-f]{4})?[0-9a-f]{8}\.tmp")  # process, machine
_NO_SYNC = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP)  # of file systems that cannot
_WAY_OUT = {
    errno.ENOENT: "the folder does not exist; make it first or write elsewhere",
    errno.ENOTDIR: "a part of the path is a file, not a folder; write elsewhere",
    errno.EISDIR: "it is a folder; give a file name inside it",
    errno.EACCES: "no permission for the file or its folder; write elsewhere",
    errno.EPERM: "no permission for the file or its folder; write elsewhere",
    errno.EROFS: "the file system is read-only; write elsewhere",
    errno.ENOSPC: "no space left on the device; free some or write elsewhere",
    errno.EDQUOT: "the disk quota is used up; free some space or write elsewhere",
    errno.EMFILE: "too many open files in this process; raise the limit with ulimit -n",
    errno.ENOMEM: "not enough memory; close other programs",
    errno.EIO: "Input/output error: the device fails; write elsewhere",
    errno.EFBIG: "the file would be larger than the system allows; write elsewhere",
}


@contextmanager
def replacing(path: str | bytes | os.PathLike[str], *, for_long: bool = False) -> Iterator[BinaryIO]:
    """Yield a binary file that takes the place of `path` when the block ends, and vanishes when it fails.

    Parameters
    ----------
    path : str, bytes or os.PathLike
        The file to write. A symbolic link is followed; a device or pipe is written to directly.
    for_long : bool, default False
        Whether the file is written over a long time, in which the process may well be killed. Its temporary file has
        then the same name in every run, so that the next run clears away what the last one left.

    Yields
    ------
    BinaryIO
        A new file named ``.imgcluster-PID-XXXX.tmp`` in the folder of `path`.

    Raises
    ------
    ImageWriteError
        When the file cannot be written (no folder, no permission, disk full); the old file is left as it was.

    Notes
    -----
    The new file is synced to the disk before it is renamed, and its folder afterwards: when the power fails, too, there
    is the old file or the new one. A process that is killed leaves the old file and its temporary one, which goes with
    the next file that any process of this machine writes in that folder.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     with replacing(f"{folder}/note.bin") as stream:
    ...         _ = stream.write(b"whole")
    ...     Path(folder, "note.bin").read_bytes()
    b'whole'
    """
    path = Path(name_of(path))
    try:
        old = _status(path)
        if old is not None and not stat.S_ISREG(old.st_mode):
            # a rename would replace /dev/null with a plain file
            with path.open("wb") as stream:
                yield stream
            return
        # and it would replace a link rather than the file that the link points to
        with _beside(Path(os.path.realpath(path)), old, for_long) as stream:
            yield stream
    except OSError as error:
        raise write_error(path, error) from error


@contextmanager
def replacing_path(path: str | bytes | os.PathLike[str]) -> Iterator[Path]:
    """Yield the path of a file to make, which takes the place of `path` when the block ends: see `replacing`.

    It is for programs that open files by name, and may need others beside it, such as databases: it has the name of
    the target, in a new folder beside it that is gone afterwards.
    """
    final = Path(os.path.realpath(name_of(path)))
    try:
        old = _status(final)
        if old is not None and not os.access(final, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        if old is not None and not stat.S_ISREG(old.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        _clear_once(final.parent)
        folder = final.with_name(f".imgcluster-{_own_mark()}.tmp")
        folder.mkdir()
        try:
            temporary = folder / final.name
            yield temporary
            with temporary.open("rb+") as stream:
                if old is not None:
                    _take_over(stream.fileno(), old)
                _sync(stream.fileno())
            temporary.replace(final)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        _sync_folder(final.parent)
    except OSError as error:
        raise write_error(path, error) from error


def deliver(pieces: Iterable[bytes | memoryview], target: str | bytes | os.PathLike[str] | BinaryIO) -> None:
    """Write the bytes to a file, as a whole or not at all, or to an open file."""
    if isinstance(target, str | bytes | os.PathLike):
        with replacing(target) as stream:
            stream.writelines(pieces)
        return
    try:
        for piece in pieces:
            data = memoryview(piece)
            while data:
                # an unbuffered stdout may accept only a part
                data = data[target.write(data) or len(data) :]
        if hasattr(target, "flush"):
            target.flush()
    except OSError as error:
        raise write_error(target, error) from error


def make_folder_of(path: str | os.PathLike[str]) -> None:
    """Make the folder of an output when it is missing."""
    folder = Path(path).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = "a file is in the way" if isinstance(error, FileExistsError | NotADirectoryError) else system_text(error)
        raise ImageWriteError(shown(path), f"cannot make its folder: {why}", "choose another folder") from error


def remove_leftovers(folder: str | os.PathLike[str], pid: int | None = None, *, machine: str | None = None) -> None:
    """Remove the files and folders that ended processes of this machine left in a folder: those of one, or of all.

    With the mark of a machine only files that bear it go: others may be written by the processes of another one.
    """
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            found = TEMPORARY.fullmatch(entry.name)
            if not found or (machine is not None and found[2] != machine):
                continue
            if int(found[1]) == pid or (pid is None and not is_running(int(found[1]))):
                with suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        shutil.rmtree(entry.path)
                    else:
                        Path(entry.path).unlink()


def write_error(target: object, error: BaseException) -> ImageWriteError:
    """Turn an error of the system or an encoder in writing `target` into one line with a way out."""
    if is_of_loading(error):
        return ImageWriteError(shown(target), loading_text(error))
    way_out = _WAY_OUT.get(getattr(error, "errno", None) or 0, f"{system_text(error)}; write elsewhere")
    return ImageWriteError(shown(target), f"{way_out}")


def name_of(path: object, parameter: str = "path") -> str:
    """Return the name of a file as a text, or raise TypeError for what is none."""
    if not isinstance(path, str | bytes | os.PathLike):
        raise TypeError(f"{parameter} must be the name of a file, got {type(path).__name__}")
    return os.fsdecode(path)


def shown(file: object) -> str:
    """Name a path or a file object in one printable line."""
    if isinstance(file, str | bytes | os.PathLike):
        name = os.fsdecode(file)
    else:
        # the name of an open descriptor is its number
        given = getattr(file, "name", None)
        name = given if isinstance(given, str) and given else "<file object>"
    name = name if len(name) <= _LONGEST else f"{name[:_LONGEST]}..."
    return name if name.isprintable() and name else ascii(name)


@contextmanager
def _beside(final: Path, old: os.stat_result | None, for_long: bool) -> Iterator[BinaryIO]:
    """Yield a temporary file in the folder of `final`, then rename it, or remove it on any exception."""
    # a rename would ignore the write protection that an ordinary open() respects
    if old is not None and not os.access(final, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    mark = hashlib.sha256(os.fsencode(final)).hexdigest()[:8] if for_long else _own_mark()
    temporary = final.with_name(f".imgcluster-{mark}.tmp")
    if for_long:
        temporary.unlink(missing_ok=True)
    _clear_once(final.parent)
    # the kernel applies the umask here; tempfile would give 0600
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o666)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            if old is not None:
                _take_over(stream.fileno(), old)
            yield stream
            stream.flush()
            _sync(stream.fileno())
        temporary.replace(final)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(final.parent)


def _sync(descriptor: int) -> None:
    """Wait until a file is on the disk; not all file systems can tell."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise


def _sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk; Windows does not open folders."""
    if os.name == "nt":
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:  # a folder that may be written to, but not listed
        return
    try:
        _sync(descriptor)
    finally:
        os.close(descriptor)


@cache
def _clear_once(folder: Path) -> None:
    """Remove what killed processes of this machine left, at the first file that this process writes in a folder."""
    remove_leftovers(folder, machine=_machine())


def _own_mark() -> str:
    """Return a mark of this process, which shows whether what bears it is still being written."""
    return f"{os.getpid()}-{_machine()}{secrets.token_hex(4)}"


@cache
def _machine() -> str:
    """Return a mark of this machine: a folder may be shared with others, whose processes run under the same numbers."""
    name = os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "")
    return hashlib.sha256(name.encode()).hexdigest()[:4]


def _take_over(descriptor: int, old: os.stat_result) -> None:
    """Give the new file the owner and the mode bits of the old one, as far as the system allows."""
    with suppress(OSError):
        os.fchown(descriptor, old.st_uid, old.st_gid)
    with suppress(OSError):
        # after the owner: changing that clears the set-user bits
        os.fchmod(descriptor, stat.S_IMODE(old.st_mode))


def _status(path: Path) -> os.stat_result | None:
    """Return the stat of a file, or None if it does not exist."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def is_running(pid: int) -> bool:
    """Check whether another process with that id is running; this one does not count, as it is not writing."""
    if pid in (0, os.getpid()):
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    with suppress(OSError, IndexError):
        # a process that has ended keeps its id until its parent reads its status, and init may take seconds to do so
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return True
