"""Distinguishing URLs from paths, and joining and comparing both."""

from __future__ import annotations

import os
import re
from urllib.parse import unquote

# a single letter is a Windows drive
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://(.*)", re.DOTALL)
_PLAIN = ("file", "local")
_ALIASES = {"s3a": "s3", "gcs": "gs", "az": "abfs", "abfss": "abfs"}
# where a put appears as a whole, and one listing covers everything below
OBJECT_STORES = {"s3", "gs", "abfs", "oss", "oci", "memory"}


def is_url(path: str) -> bool:
    """Check whether a text is the URL of a file or folder rather than a path."""
    return "://" in path and _URL.match(path) is not None


def plain(path: str) -> str:
    """Return a path or URL as it is used here: file:///x as /x, other URLs without a slash at the end."""
    found = _URL.match(path) if "://" in path else None
    if found is None:
        return path
    scheme, rest = found[1].lower(), found[2]
    if scheme not in _PLAIN:
        return f"{scheme}://{rest.rstrip('/')}"
    # as file managers write it, unless a file is really called that
    return rest if os.path.lexists(rest) else unquote(rest)


def place(path: str) -> str:
    """Return one spelling for every way to write a path or URL."""
    if not is_url(path):
        return os.path.abspath(path)  # noqa: PTH100 (resolve() would follow links)
    scheme, _, rest = path.partition("://")
    rest = rest.rstrip("/")
    return f"{family(path)}://{rest.lstrip('/') if scheme == 'memory' else rest}"


def whole(path: str) -> str:
    """Return a path that holds in any folder; a URL does."""
    return path if is_url(path) else os.path.abspath(path)  # noqa: PTH100


def join(folder: str, name: str) -> str:
    """Return the path or URL of what is below a folder."""
    if is_url(folder):
        return f"{folder}{'' if folder.endswith('/') else '/'}{name}"
    return os.path.join(folder, name)  # noqa: PTH118


def belongs_to_process(path: str) -> bool:
    """Check whether only the process that wrote a file sees it."""
    return is_url(path) and family(path) == "memory"


def family(url: str) -> str:
    """Return the protocol of a URL, one name for those that are of the same file system."""
    scheme = url.partition("://")[0]
    return _ALIASES.get(scheme, scheme)
