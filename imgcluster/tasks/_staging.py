"""Remote files as files of this machine, for the duration of a job."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from imgcluster.errors import ImageReadError
from imgcluster.facts import Reason
from imgcluster.files import download, is_url, shown, upload


@dataclass(frozen=True)
class Stage:
    """A source and outputs on this machine, and the files they represent."""

    source: str
    outputs: Mapping[str, str]
    names: Mapping[str, str]  # of the files they represent, by path

    def deliver(self) -> None:
        """Put the outputs in their places, the picture last: its presence means completeness."""
        for kind in sorted(self.outputs, key=lambda kind: kind == "picture"):
            # the original is only there if it was kept, and the picture then is not
            if (path := self.outputs[kind]) in self.names and Path(path).exists():
                upload(path, self.names[path])

    def renamed(self, reason: Reason | None) -> Reason | None:
        """Return a reason that names the files that the local ones represent."""
        if reason is None:
            return None
        return replace(reason, values={key: self._renamed(text) for key, text in reason.values.items()})

    def _renamed(self, text: str) -> str:
        for path, name in self.names.items():
            text = text.replace(path, shown(name))
        return text


def needs_stage(source: str, outputs: Iterable[str]) -> bool:
    """Check whether any of the files of a job is elsewhere."""
    return any(map(is_url, (source, *outputs)))


def folders_touched(source: str, outputs: Collection[str]) -> set[str]:
    """Return the folders of this machine in which a job that is killed leaves temporary files."""
    folders = {os.path.dirname(path) or os.curdir for path in outputs if not is_url(path)}  # noqa: PTH120
    return folders | ({_temporary_folder()} if needs_stage(source, outputs) else set())


@contextmanager
def staged(source: str, outputs: Mapping[str, str]) -> Iterator[Stage]:
    """Fetch the source if it is a URL, give outputs by URL a local place, and remove all of it at the end.

    The folder is named as temporary files are, so that what a killed process left is recognized and removed.
    """
    folder = Path(_temporary_folder(), f".imgcluster-{os.getpid()}-{secrets.token_hex(4)}.tmp")
    folder.mkdir(mode=0o700)
    try:
        names = {str(folder / _name(kind, url)): url for kind, url in outputs.items() if is_url(url)}
        places = {url: path for path, url in names.items()}
        here = {kind: places.get(path, path) for kind, path in outputs.items()}
        if is_url(source):
            # annotations name the picture
            copy = str(folder / "source" / _own_name(source))
            Path(copy).parent.mkdir()
            names[copy] = source
            _fetch(source, copy)
            source = copy
        yield Stage(source, here, names)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _fetch(url: str, path: str) -> None:
    """Download a file, or report why that fails as for a file of this machine."""
    try:
        download(url, path)
    except FileNotFoundError as error:
        raise ImageReadError(shown(url), "no such file", "check the name") from error
    except PermissionError as error:
        raise ImageReadError(shown(url), "no permission", "check the credentials") from error


def _name(kind: str, url: str) -> str:
    """Return a name that every disk can hold, with the ending that shows what is in the file."""
    ending = os.path.splitext(url)[1]  # noqa: PTH122
    return kind + (ending if re.fullmatch(r"\.[A-Za-z0-9]{1,8}", ending) else "")


def _own_name(url: str) -> str:
    """Return the name of a file by URL, if every disk can hold it."""
    name = url.rsplit("/", 1)[-1]
    return name if re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9_ .-]{0,99}", name) else _name("source", url)


def _temporary_folder() -> str:
    """Return the folder of this machine for temporary files; most jobs need none."""
    import tempfile

    return tempfile.gettempdir()
