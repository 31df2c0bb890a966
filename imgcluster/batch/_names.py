"""Names of outputs: short if that distinguishes the inputs, longer if not, the same in every run."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from imgcluster.batch._inputs import Found
from imgcluster.batch._patterns import expanded, number_of
from imgcluster.files import STREAM, is_url, join, place
from imgcluster.tasks import MASKS, NAME, NO_PICTURE, STAYS, Task, is_ending

_LONGEST = 255  # bytes of a name on every file system in use, but for a few with less

SHORT, WITH_EXTENSION, WITH_MARK = range(3)


@dataclass(frozen=True)
class Naming:
    """Where the outputs of an input go.

    Parameters
    ----------
    task : Task
    output_dir : str
        Folder of the outputs, by path or URL.
    output : str or None
        The output of a single input, if it was named; - is standard output.
    copies : bool
        Whether an original that is kept is copied to where its picture would be, so that all outputs are there.
    pattern : str or None
        What the names of pictures are made by; see `expanded`.
    """

    task: Task
    output_dir: str
    output: str | None = None
    copies: bool = False
    pattern: str | None = None

    @property
    def own_ending(self) -> str:
        """Return the ending of inputs whose outputs may have the very same name; empty if there are none."""
        return "" if self.pattern is None or not is_ending(ending := self.pattern.removeprefix(NAME)) else ending

    @property
    def longest_ending(self) -> int:
        """Return the length of the longest ending, in characters."""
        extras = (f"-{self._word(kind)}{value}" for kind, value in self.task.extras.items() if is_ending(value))
        return max(map(len, (self.task.ending, *extras)))

    def outputs(self, file: Found, stem: str) -> dict[str, str]:
        """Return the outputs of the input that belongs to a stem, by kind, the picture first if there is one."""
        picture = {} if self.task.style == NO_PICTURE else {"picture": self._picture(file, stem)}
        return picture | {kind: self._extra(kind, stem) for kind in self.task.extras}

    def _picture(self, file: Found, stem: str) -> str:
        """Return the name of the picture of an input."""
        if self.task.writing.in_place:
            return file.path
        if self.output is not None:
            return self.output
        if self.pattern is None:
            return join(self.output_dir, stem + self.task.ending)
        k = number_of(self.task.parameters, "256" if self.task.name == "quantize" else "")
        return join(self.output_dir, expanded(self.pattern, file.path, stem, file.folder, k))

    def original(self, path: str, picture: str) -> str | None:
        """Return where an input goes whose picture would be larger; see `PlannedFile`."""
        if not self.task.writing.skip_if_larger:
            return None
        if picture == STREAM:
            return STREAM
        if not self.copies:
            return STAYS
        stem = os.path.splitext(picture)[0]  # noqa: PTH122
        # a picture named photo.jpg.png stands for photo.jpg
        is_whole = os.path.basename(stem) == os.path.basename(path)  # noqa: PTH119
        return stem if is_whole else stem + os.path.splitext(path)[1]  # noqa: PTH122

    def _word(self, kind: str) -> str:
        """Return what stands in the name of a file for its kind: GeoJSON is polygons, if these have another ending."""
        extras = self.task.extras
        return "polygons" if kind == "geojson" and extras.get("polygons") != extras[kind] else kind

    def _extra(self, kind: str, stem: str) -> str:
        """Return the name of a file that is written beside the picture."""
        value = self.task.extras[kind]
        if kind == MASKS:
            return os.path.join(value, f"{stem}-mask-000.png")  # noqa: PTH118
        if is_ending(value):
            return join(self.output_dir, f"{stem}-{self._word(kind)}{value}")
        return value.replace(NAME, stem)


def output_stems(
    files: Sequence[Found], longest_ending: int, folds: bool, own_ending: str = ""
) -> tuple[list[str], list[list[int]]]:
    """Return the path of each file's outputs without their endings, and the groups of files whose names collide.

    Names that collide keep their extension, but for the one file that has the ending of outputs already; those that
    still do, because the files have the same name in different folders, get a mark of their path. The names depend on
    the set of files, not on their order.
    """
    room = _LONGEST - longest_ending
    levels = [SHORT] * len(files)
    stems = [_stem(file, SHORT, room) for file in files]
    together: dict[int, set[int]] = {}

    def longer(group: list[int]) -> list[int]:
        """Return which files of a group need a longer name."""
        if any(levels[i] > SHORT for i in group):
            return group
        own = [i for i in group if own_ending and files[i].path.lower().endswith(own_ending)]
        return [i for i in group if i not in own] if len(own) == 1 else group

    def raise_to(level: int, key: Callable[[str], str]) -> bool:
        """Give every file that collides a longer name."""
        colliding = _groups(stems, key)
        for group in colliding:
            joined = set(group).union(*(together.get(i, ()) for i in group))
            together.update(dict.fromkeys(joined, joined))
        raised = [i for group in colliding for i in longer(group) if levels[i] < level]
        for i in raised:
            levels[i] = level
            stems[i] = _stem(files[i], level, room)
        return bool(raised)

    # a longer name may be the short one of a third file
    while raise_to(WITH_EXTENSION, fold):
        pass
    # a case-sensitive file system holds both
    raise_to(WITH_MARK, fold if folds else str)
    return stems, sorted({min(group): sorted(group) for group in together.values()}.values())


def name_inputs(inputs: Sequence[str], ending: str) -> dict[str, str]:
    """Return the part for each input in the names of its outputs, which end in `ending`."""
    files = [Found(path) for path in dict.fromkeys(inputs)]
    stems, _ = output_stems(files, len(ending), folds=True)
    return {file.path: stem for file, stem in zip(files, stems, strict=True)}


def fold(name: str) -> str:
    """Return a key equal for names that some file system takes for the same: by case, or by composed characters."""
    if name.isascii():
        return name.lower()
    import unicodedata

    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())


def folds_names(folder: str) -> bool:
    """Check whether the file system of a folder, or of the nearest existing one above it, ignores case."""
    if is_url(folder):
        return folder.startswith("smb://")
    nearest = Path(os.path.abspath(folder))  # noqa: PTH100 (resolve() would follow links)
    for path in (nearest, *nearest.parents):
        swapped = path.with_name(path.name.swapcase()) if path.name else path
        if swapped != path and path.exists():
            try:
                return swapped.samefile(path)
            except OSError:
                return False
    return sys.platform == "darwin"


def _stem(file: Found, level: int, room: int) -> str:
    """Return the folder and the name of an output, without its ending."""
    if file.path == STREAM:
        return "stdin"
    path = file.path if is_url(file.path) else os.path.normpath(file.path)
    name = os.path.basename(path)  # noqa: PTH119 (a third of the time)
    stem, extension = os.path.splitext(name)  # noqa: PTH122
    tail = extension if level >= WITH_EXTENSION else ""
    if level == WITH_MARK:
        tail += f"-{_mark(place(file.path))}"
    return os.path.join(file.folder, _shortened(stem, tail, room))  # noqa: PTH118


def _shortened(stem: str, tail: str, room: int) -> str:
    """Join stem and tail; a name that is too long is cut, with a mark of the whole stem in place of the rest."""
    if len(os.fsencode(stem + tail)) <= room:
        return stem + tail
    mark = f"~{_mark(stem)}"
    if len(os.fsencode(tail)) > room // 2:
        tail = f"~{_mark(tail)}"
    while len(os.fsencode(stem + mark + tail)) > room:
        stem = stem[:-1]
    return stem + mark + tail


def _mark(text: str) -> str:
    """Return a hash of a text in eight characters."""
    return hashlib.sha256(os.fsencode(text)).hexdigest()[:8]


def _groups(stems: Sequence[str], key: Callable[[str], str]) -> list[list[int]]:
    """Return the positions of stems with equal keys, if there are several."""
    found: dict[str, list[int]] = {}
    for i, stem in enumerate(stems):
        found.setdefault(key(stem), []).append(i)
    return [group for group in found.values() if len(group) > 1]
