"""Files by URL, such as s3://bucket/photos/a.jpg: the one place that knows fsspec, which it imports when it is needed.

What this package does with such files is little: see what is there, fetch, put, and keep small files of its own. On
object stores a file appears as a whole when it is put. On other file systems it is put beside and moved, so that there,
too, nobody sees half of one. file:// and local:// are plain paths, for which this machine knows more than fsspec does.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from imgcluster._replacing import TEMPORARY, shown, write_error
from imgcluster.errors import ImageReadError, ImageWriteError

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

FileId: TypeAlias = tuple[int, int] | str

NO_FILE = "no such file; check the name"
NO_PERMISSION = "no permission; change the mode of its folder"
_NOT_ALLOWED = "no permission; check the credentials"

# one letter is a drive of Windows
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://(.*)", re.DOTALL)
_PLAIN = ("file", "local")
_ALIASES = {"s3a": "s3", "gcs": "gs", "az": "abfs", "abfss": "abfs"}
# where a put appears as a whole, and one listing tells of all below
_OBJECT_STORES = {"s3", "gs", "abfs", "oss", "oci", "memory"}
# what tells one content from another, in listings and for a single file alike; the surest first
_SUMS = ("ETag", "etag", "md5Hash", "md5", "checksum")
_TIMES = ("mtime", "LastModified", "last_modified", "updated", "modified", "created")
_FEW = 8  # requests that are cheaper than a listing of their folder


@dataclass(frozen=True, slots=True)
class FileStatus:
    """What is known of a file without opening it.

    Attributes
    ----------
    size : int
        In bytes.
    stamp : int
        Differs when the content does: the time of change in nanoseconds, or what stands for an ETag and the like.
    kind : {"file", "folder", "other"}
        What it is.
    identity : tuple or str
        Tells it from every other, however it is named.
    """

    size: int
    stamp: int
    kind: Literal["file", "folder", "other"]
    identity: FileId


def is_url(path: str) -> bool:
    """Tell whether a text is the URL of a file or folder, and not a path."""
    return "://" in path and _URL.match(path) is not None


def plain(path: str) -> str:
    """Return a path or URL as it is used here: file:///x as /x, other URLs without a slash at the end."""
    found = _URL.match(path) if "://" in path else None
    if found is None:
        return path
    scheme, rest = found[1].lower(), found[2]
    return rest if scheme in _PLAIN else f"{scheme}://{rest.rstrip('/')}"


def place(path: str) -> str:
    """Return one spelling for every way to write a path or URL."""
    if not is_url(path):
        return os.path.abspath(path)  # noqa: PTH100 (resolve() would follow links)
    scheme, _, rest = path.partition("://")
    rest = rest.rstrip("/")
    return f"{_family(path)}://{rest.lstrip('/') if scheme == 'memory' else rest}"


def whole(path: str) -> str:
    """Return a path that holds in any folder; a URL does."""
    return path if is_url(path) else os.path.abspath(path)  # noqa: PTH100


def join(folder: str, name: str) -> str:
    """Return the path or URL of what is below a folder."""
    if is_url(folder):
        return f"{folder}{'' if folder.endswith('/') else '/'}{name}"
    return os.path.join(folder, name)  # noqa: PTH118


def belongs_to_process(path: str) -> bool:
    """Tell whether only the process that wrote a file sees it."""
    return is_url(path) and _family(path) == "memory"


def status(path: str) -> FileStatus:
    """Look at a file or folder.

    Parameters
    ----------
    path : str
        Path or URL.

    Returns
    -------
    FileStatus

    Raises
    ------
    FileNotFoundError, PermissionError
        If it is not there, or may not be looked at.
    OSError
        If the system refuses for another reason.
    ImageReadError
        If its file system cannot be reached: no package for it, no credentials, no network.

    Examples
    --------
    >>> from imgcluster.storage import status
    >>> status(".").kind
    'folder'
    """
    if not is_url(path):
        return _local(os.stat(path))  # noqa: PTH116 (half the time)
    with _reading(path) as files:
        return _status_of(files.info(path), place(path))


def exists(path: str) -> bool:
    """Tell whether something is there."""
    with suppress(OSError, ValueError):
        status(path)
        return True
    return False


def statuses(urls: Iterable[str]) -> dict[str, FileStatus | str]:
    """Look at files and folders by URL, or say what is wrong with one; many of one folder cost one listing."""
    found: dict[str, FileStatus | str] = {}
    urls = list(dict.fromkeys(urls))
    sizes = Counter(os.path.dirname(url) for url in urls)  # noqa: PTH120
    for folder in [folder for folder, size in sizes.items() if size > _FEW and not folder.endswith(":")]:
        with suppress(FileNotFoundError):
            there = {file.identity: file for _, file in listing(folder, recursive=False)}
            found.update({url: there[place(url)] for url in urls if place(url) in there})
    for url in urls:
        if url not in found:
            try:
                found[url] = status(url)
            except FileNotFoundError:
                found[url] = NO_FILE
            except PermissionError:
                found[url] = _NOT_ALLOWED
    return found


def listing(url: str, *, recursive: bool) -> list[tuple[str, FileStatus]]:
    """List the files of a folder: their paths below it.

    Parameters
    ----------
    url : str
        URL of the folder.
    recursive : bool
        Whether those of folders below are meant, too.

    Returns
    -------
    list of tuples of str and FileStatus

    Raises
    ------
    FileNotFoundError
        If it is not there.
    ImageReadError
        If it may not be listed, or its file system cannot be reached.

    Notes
    -----
    On object stores this takes one request a thousand files, or one a folder where `recursive` is false.
    """
    try:
        with _reading(url) as files:
            root = files._strip_protocol(url)
            if recursive and _family(url) in _OBJECT_STORES:
                details = [*files.find(url, detail=True).values()]
            else:
                details = list(_walk(files, root, recursive=recursive))
    except PermissionError as error:
        raise ImageReadError(f"cannot list {shown(url)}: {_NOT_ALLOWED}") from error
    below = [(detail["name"][len(root) + 1 :], detail) for detail in details if detail["name"].startswith(f"{root}/")]
    return [(name, _status_of(detail, place(join(url, name)))) for name, detail in below]


def read_bytes(url: str) -> bytes:
    """Read a whole file; raises as `status` does."""
    with _reading(url) as files:
        data: bytes = files.cat_file(url)
        return data


def download(url: str, path: str) -> None:
    """Copy a file to this machine; raises as `status` does."""
    with _reading(url) as files:
        files.get_file(url, path)


def upload(path: str, url: str) -> None:
    """Put a file of this machine in a place, where it appears as a whole; raises ImageWriteError."""
    with _writing(url) as files:
        if belongs_to_process(url):
            files.pipe_file(url, Path(path).read_bytes())
        else:
            _put(files, url, lambda target: files.put_file(path, target))


def write(url: str, data: bytes) -> None:
    """Write a small file, which appears as a whole; raises ImageWriteError."""
    with _writing(url) as files:
        _put(files, url, lambda target: files.pipe_file(target, data))


def create(url: str, data: bytes) -> bool:
    """Write a small file where there is none, and tell whether that was so; raises ImageWriteError."""
    with _writing(url) as files:
        _make_folder_of(files, url)
        try:
            files.pipe_file(url, data, mode="create")
        except FileExistsError:
            return False
        except (TypeError, ValueError, NotImplementedError, OSError) as error:
            if isinstance(error, OSError) and "implement" not in str(error):
                raise
            # this file system cannot tell and write in one go
            if files.exists(url):
                return False
            files.pipe_file(url, data)
        return True


def remove(url: str) -> None:
    """Remove a file that may be there; raises ImageWriteError."""
    with _writing(url) as files, suppress(FileNotFoundError):
        files.rm_file(url)


def remove_temporaries(folder: str) -> None:
    """Remove what killed processes left below a folder into which nobody else writes."""
    if _family(folder) not in _OBJECT_STORES:
        with suppress(OSError, ImageReadError, ImageWriteError):
            for name, _ in listing(folder, recursive=True):
                if TEMPORARY.fullmatch(name.rpartition("/")[2]):
                    remove(join(folder, name))


def _family(url: str) -> str:
    """Return the protocol of a URL, one name for those that are of the same file system."""
    scheme = url.partition("://")[0]
    return _ALIASES.get(scheme, scheme)


def _put(files: AbstractFileSystem, url: str, write_to: Callable[[str], object]) -> None:
    """Have a file written in its place, or beside and moved where it would be seen in the making."""
    if _family(url) in _OBJECT_STORES:
        write_to(url)
        return
    _make_folder_of(files, url)
    temporary = f"{url.rpartition('/')[0]}/.imgcluster-{os.getpid()}-{secrets.token_hex(4)}.tmp"
    try:
        write_to(temporary)
        files.mv(temporary, url)
    except BaseException:
        with suppress(Exception):
            files.rm_file(temporary)
        raise


def _make_folder_of(files: AbstractFileSystem, url: str) -> None:
    """Make the folder of a file; object stores have none, and there a bucket would be made."""
    if _family(url) not in _OBJECT_STORES:
        files.makedirs(url.rpartition("/")[0], exist_ok=True)


def _walk(files: AbstractFileSystem, folder: str, *, recursive: bool) -> Iterator[dict[str, Any]]:
    """Yield the files of a folder, and of those below that are no links; an error in one is not passed over."""
    waiting = [folder]
    while waiting:
        folder = waiting.pop()
        for detail in files.ls(folder, detail=True):
            if detail["type"] == "file":
                yield detail
            elif recursive and detail["name"].rstrip("/") != folder and not detail.get("islink"):
                waiting.append(detail["name"].rstrip("/"))


def _local(found: os.stat_result) -> FileStatus:
    """Return what the system knows of a file on this machine."""
    is_file, is_folder = stat.S_ISREG(found.st_mode), stat.S_ISDIR(found.st_mode)
    kind: Literal["file", "folder", "other"] = "file" if is_file else "folder" if is_folder else "other"
    return FileStatus(found.st_size, found.st_mtime_ns, kind, (found.st_dev, found.st_ino))


def _status_of(detail: Mapping[str, Any], identity: str) -> FileStatus:
    """Return what a file system told of a file."""
    kind: Literal["file", "folder", "other"] = "file" if detail["type"] == "file" else "other"
    if detail["type"] == "directory":
        kind = "folder"
    return FileStatus(int(detail.get("size") or 0), _stamp(detail), kind, identity)


def _stamp(detail: Mapping[str, Any]) -> int:
    """Return a number for what tells one content from another; where nothing does, one that is new each time."""
    for key in (*_SUMS, *_TIMES):
        if value := detail.get(key):
            # a listing has seconds where a single file has a date
            text = str(value.timestamp() if isinstance(value, datetime) else value)
            return int.from_bytes(hashlib.sha256(text.encode()).digest()[:7])
    return secrets.randbits(56)


@contextmanager
def _reading(url: str) -> Iterator[AbstractFileSystem]:
    """Yield the file system of a URL; what goes wrong in the block is told in one line."""
    try:
        files = _file_system(url)
        # what was listed before may be gone
        files.invalidate_cache()
        yield files
    except ImageReadError:
        raise
    except FileNotFoundError as error:
        raise FileNotFoundError(errno.ENOENT, "no such file or bucket", url) from error
    except PermissionError as error:
        raise PermissionError(errno.EACCES, "no permission", url) from error
    except Exception as error:
        raise ImageReadError(f"cannot read {shown(url)}: {_why(url, error)}") from error


@contextmanager
def _writing(url: str) -> Iterator[AbstractFileSystem]:
    """Yield the file system of a URL; what goes wrong in the block is told in one line."""
    try:
        yield _file_system(url)
    except FileNotFoundError as error:
        raise ImageWriteError(f"cannot write {shown(url)}: no such folder or bucket; make it first") from error
    except PermissionError as error:
        raise ImageWriteError(f"cannot write {shown(url)}: {_NOT_ALLOWED}") from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise write_error(url, error) from error
        raise ImageWriteError(f"cannot write {shown(url)}: {_why(url, error)}") from error
    except ImageReadError as error:
        raise ImageWriteError(str(error)) from error
    except Exception as error:
        raise ImageWriteError(f"cannot write {shown(url)}: {_why(url, error)}") from error


def _file_system(url: str) -> AbstractFileSystem:
    """Return the file system of a URL, as fsspec is set up for it."""
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        way_out = "pip install 'imgcluster[cloud]'"
        raise ImageReadError(f"{shown(url)} needs fsspec, which is not installed; {way_out}") from error
    # protocol and host alone: it would take :: in a name for a chain of URLs
    scheme, _, rest = url.partition("://")
    files: AbstractFileSystem = url_to_fs(f"{scheme}://{rest.partition('/')[0]}")[0]
    return files


def _why(url: str, error: Exception) -> str:
    """Say in one line what a file system said, and what to do about it."""
    said = " ".join(str(error).split())[:300] or type(error).__name__
    name, scheme = type(error).__name__, url.partition("://")[0]
    if isinstance(error, ImportError):
        return f"{said}; {scheme}:// needs a package of its own beside fsspec"
    if "Protocol not known" in said:
        return f"{scheme}:// is unknown; s3://, gs://, abfs:// and others of fsspec are known"
    if "Credential" in name or "credentials" in said.lower():
        return f"{said}; give credentials as the tools of {scheme}:// take them"
    if isinstance(error, ConnectionError | TimeoutError) or re.search("Connect|Endpoint|Timeout|gaierror", name):
        return f"{said}; check the network and the address"
    return f"{said}; check the name and the storage"
