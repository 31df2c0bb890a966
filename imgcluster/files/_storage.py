"""Files by URL, through fsspec: seen, fetched, put and removed, with errors in one line."""

from __future__ import annotations

import errno
import os
import re
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imgcluster.errors import ImageReadError, ImageWriteError
from imgcluster.files._replacing import TEMPORARY, shown, write_error
from imgcluster.files._status import FileStatus, listed_status, local_status
from imgcluster.files._urls import OBJECT_STORES, belongs_to_process, family, is_url, join, place

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

NO_FILE = "no such file; check the name"
NO_PERMISSION = "no permission; change the mode of its folder"
_NOT_ALLOWED = "no permission; check the credentials"

_FEW = 8  # requests that are cheaper than a listing of their folder


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
        If it does not exist, or there is no permission.
    OSError
        If it fails for another reason.
    ImageReadError
        If its file system cannot be reached: no package for it, no credentials, no network.

    Examples
    --------
    >>> from imgcluster.files import status
    >>> status(".").kind
    'folder'
    """
    if not is_url(path):
        return local_status(os.stat(path))  # noqa: PTH116 (half the time)
    with _reading(path) as files:
        return listed_status(files.info(path), place(path))


def may_exist(path: str) -> bool:
    """Check whether something exists, as far as that can be determined."""
    try:
        status(path)
    except (OSError, ValueError):
        return False
    except ImageReadError:
        return True
    return True


def statuses(urls: Iterable[str]) -> dict[str, FileStatus | str]:
    """Return the status of files and folders by URL, or the error of each; many in one folder cost one listing."""
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
        Whether to include the files of subfolders.

    Returns
    -------
    list of tuples of str and FileStatus

    Raises
    ------
    FileNotFoundError
        If it does not exist.
    ImageReadError
        If it cannot be listed, or its file system cannot be reached.

    Notes
    -----
    On object stores this takes one request per thousand files, or one per folder if `recursive` is false.
    """
    try:
        with _reading(url) as files:
            root = files._strip_protocol(url)
            if recursive and family(url) in OBJECT_STORES:
                details = [*files.find(url, detail=True).values()]
            else:
                details = list(_walk(files, root, recursive=recursive))
    except PermissionError as error:
        raise ImageReadError(shown(url), _NOT_ALLOWED) from error
    below = [(detail["name"][len(root) + 1 :], detail) for detail in details if detail["name"].startswith(f"{root}/")]
    return [(name, listed_status(detail, place(join(url, name)))) for name, detail in below]


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
    """Write a small file unless it exists, and return whether it was written; raises ImageWriteError."""
    with _writing(url) as files:
        _make_folder_of(files, url)
        try:
            files.pipe_file(url, data, mode="create")
        except FileExistsError:
            return False
        except (TypeError, ValueError, NotImplementedError, OSError) as error:
            if isinstance(error, OSError) and "implement" not in str(error):
                raise
            # this file system cannot check and write in one step
            if files.exists(url):
                return False
            files.pipe_file(url, data)
        return True


def remove(url: str) -> None:
    """Remove a file if it exists; raises ImageWriteError."""
    with _writing(url) as files, suppress(FileNotFoundError):
        files.rm_file(url)


def remove_temporaries(folder: str) -> None:
    """Remove what killed processes left below a folder into which nobody else writes."""
    if family(folder) not in OBJECT_STORES:
        with suppress(OSError, ImageReadError, ImageWriteError):
            for name, _ in listing(folder, recursive=True):
                if TEMPORARY.fullmatch(name.rpartition("/")[2]):
                    remove(join(folder, name))


def _put(files: AbstractFileSystem, url: str, write_to: Callable[[str], object]) -> None:
    """Have a file written in place, or beside it and moved if readers could see it half written."""
    if family(url) in OBJECT_STORES:
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
    """Make the folder of a file; not on object stores, where that would create a bucket."""
    if family(url) not in OBJECT_STORES:
        files.makedirs(url.rpartition("/")[0], exist_ok=True)


def _walk(files: AbstractFileSystem, folder: str, *, recursive: bool) -> Iterator[dict[str, Any]]:
    """Yield the files of a folder and of its subfolders that are not links; an error in one is not ignored."""
    waiting = [folder]
    while waiting:
        folder = waiting.pop()
        for detail in files.ls(folder, detail=True):
            if detail["type"] == "file":
                yield detail
            elif recursive and detail["name"].rstrip("/") != folder and not detail.get("islink"):
                waiting.append(detail["name"].rstrip("/"))


@contextmanager
def _reading(url: str) -> Iterator[AbstractFileSystem]:
    """Yield the file system of a URL; an error in the block is reported in one line."""
    try:
        files = _file_system(url)
        # the cached listing may be out of date
        files.invalidate_cache()
        yield files
    except ImageReadError:
        raise
    except FileNotFoundError as error:
        raise FileNotFoundError(errno.ENOENT, "no such file or bucket", url) from error
    except PermissionError as error:
        raise PermissionError(errno.EACCES, "no permission", url) from error
    except Exception as error:
        raise ImageReadError(shown(url), _why(url, error)) from error


@contextmanager
def _writing(url: str) -> Iterator[AbstractFileSystem]:
    """Yield the file system of a URL; an error in the block is reported in one line."""
    try:
        yield _file_system(url)
    except FileNotFoundError as error:
        raise ImageWriteError(shown(url), "no such folder or bucket", "make it first") from error
    except PermissionError as error:
        raise ImageWriteError(shown(url), _NOT_ALLOWED) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise write_error(url, error) from error
        raise ImageWriteError(shown(url), _why(url, error)) from error
    except ImageReadError as error:
        raise ImageWriteError(error.name, error.problem, error.way_out) from error
    except Exception as error:
        raise ImageWriteError(shown(url), _why(url, error)) from error


def _file_system(url: str) -> AbstractFileSystem:
    """Return the file system of a URL, as fsspec is configured for it."""
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        way_out = "pip install 'imgcluster[cloud]'"
        raise ImageReadError(shown(url), "it needs fsspec, which is not installed", way_out) from error
    # protocol and host alone: it would take :: in a name for a chain of URLs
    scheme, _, rest = url.partition("://")
    files: AbstractFileSystem = url_to_fs(f"{scheme}://{rest.partition('/')[0]}")[0]
    return files


def _why(url: str, error: Exception) -> str:
    """Return the problem that a file system reported, and the way out, in one line."""
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
