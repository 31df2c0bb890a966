"""Finding the inputs: files, folders and lists of files -> paths and URLs, in natural order, each once."""

from __future__ import annotations

import codecs
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TypeAlias

from imgcluster.batch.state import State, is_journal
from imgcluster.errors import ImageReadError, ImageWriteError
from imgcluster.files import FileId, FileStatus, is_url, join, listing, place, plain, statuses
from imgcluster.picture import HEAD, format_of_head, is_readable, left_out_by_ending
from imgcluster.wording import system_text

AnyPath: TypeAlias = str | bytes | os.PathLike[str]

_PARENT = os.pardir + os.sep


@dataclass(frozen=True)
class Found:
    """An input: its path or URL, the folder its outputs go to below that of all outputs, and what is wrong with it."""

    path: str
    folder: str = ""
    problem: str = ""
    repeated: bool = False
    named: bool = True  # by the user, and not found in a folder
    status: FileStatus | str | None = None  # of a URL, or why it is unknown: a listing returns it for all at once


@dataclass
class Search:
    """What to look for in folders, and which folders have been walked or must not be."""

    recursive: bool = False
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    walked: set[FileId] = field(default_factory=set)
    empty: list[str] = field(default_factory=list)  # those of the named folders that hold no picture
    left_out: dict[str, int] = field(
        default_factory=dict
    )  # folders of earlier runs: how many pictures these made there
    ignored: dict[str, list[str]] = field(default_factory=dict)  # formats that are not read, and the files found

    def __post_init__(self) -> None:
        self._include = [_Glob(pattern) for pattern in self.include]
        self._exclude = [_Glob(pattern) for pattern in self.exclude]

    def find(self, inputs: Iterable[AnyPath], files_from: AnyPath | BinaryIO | None = None) -> list[Found]:
        """Find all pictures; a file that is found in two ways counts once, as part of the outermost folder."""
        given = [plain(os.fsdecode(path)) for path in inputs]
        listed = [plain(path) for path in (() if files_from is None else _read_list(files_from))]
        at = statuses(path for path in (*given, *listed) if is_url(path))
        folders = {place(path): path for path in reversed(given) if _names_folder(path, at)}
        contents: dict[str, list[Found]] = {}
        owned: set[str] = set()
        for root in sorted(folders, key=lambda root: (len(root), root)):
            # as cp does: the names of several folders tell their files apart
            prefix = os.path.basename(root) if len(folders) > 1 else ""  # noqa: PTH119 (of URLs, too)
            n_walked = len(self.walked)
            walk = self._walk_url if is_url(root) else self._walk
            files = sorted(walk(folders[root], prefix), key=lambda file: natural_key(file.path))
            contents[root] = [file for file in files if place(file.path) not in owned]
            owned.update(place(file.path) for file in contents[root])
            # a folder that was walked as part of another, or must not be walked, does not count as empty
            if not contents[root] and (len(self.walked) > n_walked or (is_url(root) and not files)):
                self.empty.append(folders[root])
        self.empty.sort(key=given.index)
        found: list[Found] = []
        seen: set[str] = set()
        for path in given:
            where = place(path)
            if where in folders:
                found += contents.pop(where, ())
            elif where not in owned:
                found.append(Found(path, repeated=where in seen, status=at.get(path)))
                seen.add(where)
        for path in listed:
            if (where := place(path)) not in owned and where not in seen:
                found.append(Found(path, _folder_of_listed(path), status=at.get(path)))
                seen.add(where)
        return found

    def _walk(self, root: str, prefix: str) -> Iterator[Found]:
        """Walk a folder: real folders before linked ones, no folder twice, so that link loops terminate."""
        waiting, linked, journals = [""], list[str](), list[str]()
        files: list[Found] = []
        top = os.path.realpath(root)
        while waiting or linked:
            if not waiting:
                linked.sort(key=natural_key)
                waiting.append(linked.pop(0))
            folder = waiting.pop()
            where = Path(root, folder) if folder else Path(root)
            try:
                status = where.stat()
                if (status.st_dev, status.st_ino) in self.walked:
                    continue
                self.walked.add((status.st_dev, status.st_ino))
                with os.scandir(where) as listing:
                    entries = list(listing)
            except OSError as error:
                problem = f"cannot list this folder: {system_text(error)}; change its mode or leave it out"
                files.append(Found(str(where), problem=problem))
                continue
            for entry in entries:
                path = f"{folder}/{entry.name}" if folder else entry.name
                if is_journal(entry.name):
                    journals.append(str(where))
                if entry.name.startswith(".") or _matches(self._exclude, path):
                    continue
                if _is_folder(entry):
                    # a link to a folder above would add files that nobody named
                    if self.recursive and not (entry.is_symlink() and _is_within(top, os.path.realpath(entry.path))):
                        (linked if entry.is_symlink() else waiting).append(path)
                elif not self._is_named_as_wanted(path):
                    self._note_ignored(root, path)
                else:
                    mirrored = "/".join(part for part in (prefix, folder) if part)
                    files.append(Found(os.path.join(root, path), mirrored, named=False))  # noqa: PTH118 (keeps ./)
        return iter(self._without_outputs(files, journals))

    def _without_outputs(self, files: list[Found], journals: list[str]) -> list[Found]:
        """Leave out what earlier runs made if there are other pictures as well: those are the intended inputs."""
        made: dict[str, str] = {}
        for folder in journals:
            # nothing is known about one that cannot be read
            with suppress(ImageReadError, ImageWriteError):
                made.update({join(place(folder), path): folder for path in State(folder).all_outputs()})
        left = [file for file in files if place(file.path) not in made]
        if not left:
            return files
        for file in files:
            if (where := made.get(place(file.path))) is not None:
                self.left_out[where] = self.left_out.get(where, 0) + 1
        return left

    def _walk_url(self, root: str, prefix: str) -> Iterator[Found]:
        """Walk a folder by its URL, in one listing of all below it."""
        try:
            below = listing(root, recursive=self.recursive)
        except (FileNotFoundError, ImageReadError) as error:
            yield Found(root, problem=system_text(error))
            return
        above = join(place(root), "")
        barred = tuple(f"{at}/" for at in self.walked if isinstance(at, str) and at.startswith(above))
        passed: dict[str, bool] = {}  # whether what is below a folder counts
        files: list[Found] = []
        for path, status in below:
            folder = path.rpartition("/")[0]
            if folder not in passed:
                passed[folder] = self._passes(folder)
            name = path[len(folder) :].lstrip("/")
            hidden = name.startswith(".") or _matches(self._exclude, path)
            if passed[folder] and not hidden and not self._is_named_as_wanted(path):
                self._note_ignored(root, path)
            elif passed[folder] and not hidden:
                where = join(root, path)
                if not place(where).startswith(barred):
                    mirrored = "/".join(part for part in (prefix, *folder.split("/")) if part not in ("", ".."))
                    files.append(Found(where, mirrored, named=False, status=status))
        kept = {path.rpartition("/")[0] for path, _ in below if is_journal(path.rpartition("/")[2])}
        journals = [join(root, folder) if folder else root for folder in kept]
        # not the subfolders of folders that are left out: each costs requests
        journals = [folder for folder in journals if not join(place(folder), "").startswith(barred)]
        yield from self._without_outputs(files, journals)

    def _passes(self, folder: str) -> bool:
        """Check whether a folder below a URL is walked: neither it nor one above it is hidden or excluded."""
        parts = folder.split("/")
        above = ("/".join(parts[: i + 1]) for i in range(len(parts)))
        return not any(part.startswith(".") for part in parts) and not any(_matches(self._exclude, p) for p in above)

    def _note_ignored(self, root: str, path: str) -> None:
        """Note a file that was not taken if it is a picture that was asked for, of a format that is not read."""
        format = left_out_by_ending(os.path.splitext(path)[1])  # noqa: PTH122
        if format is not None and (not self._include or _matches(self._include, path)):
            self.ignored.setdefault(format.title, []).append(join(root, path))

    def _is_named_as_wanted(self, path: str) -> bool:
        """Check whether a file, a broken link or a pipe has the name of a picture that was asked for: all count."""
        if not is_readable(os.path.splitext(path)[1]):  # noqa: PTH122 (four times as fast)
            return False
        return not self._include or _matches(self._include, path)


def is_folder(path: str) -> bool:
    """Check whether an input is a folder; a URL is, unless it has the name of a picture: asking costs time."""
    if is_url(path := plain(path)):
        return not is_readable(os.path.splitext(path)[1])  # noqa: PTH122
    return Path(path).is_dir()


def natural_key(path: str) -> tuple[list[list[str | int]], str]:
    """Return the key that sorts img2 before img10, folder by folder."""
    parts = path.casefold().split("/")
    return [[int(t) if i % 2 else t for i, t in enumerate(re.split(r"([0-9]+)", part))] for part in parts], path


class _Glob:
    """A pattern: one without a slash is for names, one with slashes for paths below the folder; ** is any depth."""

    def __init__(self, pattern: str) -> None:
        pattern = pattern.removesuffix("/")
        self._whole = "/" in pattern
        self._regex = re.compile(_regex_of(pattern.removeprefix("/")), re.DOTALL)

    def matches(self, path: str) -> bool:
        return bool(self._regex.fullmatch(path if self._whole else path.rpartition("/")[2]))


def _matches(globs: list[_Glob], path: str) -> bool:
    """Check whether any pattern matches."""
    return any(glob.matches(path) for glob in globs)


def _regex_of(pattern: str) -> str:
    """Translate a glob; the standard library does from Python 3.13 on."""
    pieces = re.split(r"(\*\*/|\*\*|\*|\?|\[[!^]?\]?[^\]]*\])", pattern)
    special = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "".join(
        special.get(piece) or (_class(piece) if i % 2 else re.escape(piece)) for i, piece in enumerate(pieces)
    )


def _class(piece: str) -> str:
    """Translate a glob's set of characters."""
    negated = piece[1] in "!^"
    members = piece[2 if negated else 1 : -1].replace("\\", r"\\").replace("[", r"\[").replace("]", r"\]")
    members = re.sub(r"([&~|])", r"\\\1", members)
    try:
        re.compile(f"[{members}]")
    except re.error:
        # such as [z-a]: no character is in it, so it is taken literally
        return re.escape(piece)
    return f"[{'^' if negated else ''}{members}]"


def _read_list(source: AnyPath | BinaryIO) -> list[str]:
    """Read a list of files, one per line or as ``find -print0`` writes it; - is standard input."""
    if isinstance(source, str | bytes | os.PathLike):
        name = os.fsdecode(source)
        try:
            data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        except (OSError, ValueError) as error:
            raise ImageReadError(f"the list {name!a}", system_text(error), "check the name") from error
    else:
        name, data = "given", source.read()
    if not isinstance(data, bytes):
        raise TypeError(f"files_from must be a path or a binary file, got one that gives {type(data).__name__}")
    data = data.removeprefix(codecs.BOM_UTF8)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ImageReadError(f"the list {name!a}", "it is UTF-16 text", "save it as UTF-8")
    # what begins like a BMP or PNM file may be a name
    if (kind := format_of_head(data[:HEAD])) is not None and kind.sure:
        raise ImageReadError(f"the list {name!a}", f"it is a {kind.name} picture", "name it among the inputs")
    if b"\0" in data:
        lines = data.split(b"\0")
    else:
        # written on Windows, unless a file really has that name
        lines = [line if os.path.lexists(line) else line.removesuffix(b"\r") for line in data.split(b"\n")]
    return [os.fsdecode(line) for line in lines if line]


def _folder_of_listed(path: str) -> str:
    """Mirror the folders of a list as they are written, in full if they begin at the root or lead upwards."""
    if is_url(path):
        # to an object store, what would lead upwards is a name like any other
        parts = path.partition("://")[2].split("/")[:-1]
        return "/".join(part for part in parts if part not in ("", ".", ".."))
    written = os.path.normpath(path)
    if Path(written).is_absolute() or written.startswith(_PARENT):
        written = place(path).lstrip(os.sep)
    return os.path.dirname(written)  # noqa: PTH120 ("" and not ".")


def _is_within(path: str, folder: str) -> bool:
    """Check whether a path is that of a folder, or of something below it."""
    return path == folder or path.startswith(os.path.join(folder, ""))  # noqa: PTH118


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Check whether an entry is a folder; a link that leads to itself is not."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _names_folder(path: str, at: Mapping[str, FileStatus | str]) -> bool:
    """Check whether an input is a folder."""
    status = at.get(path)
    return Path(path).is_dir() if status is None else isinstance(status, FileStatus) and status.kind == "folder"
