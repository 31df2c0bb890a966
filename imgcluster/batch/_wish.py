"""What a call over many pictures asks for: inputs, outputs, and whether what was done is kept for the next run."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, BinaryIO

from imgcluster.batch._inputs import AnyPath, Found, Search, is_folder
from imgcluster.batch._names import Naming
from imgcluster.batch._patterns import check_pattern
from imgcluster.batch._plan import Plan, make_plan
from imgcluster.batch.state import State, has_journal
from imgcluster.files import STREAM, FileId, is_url, place, plain, status
from imgcluster.tasks import MASKS, NO_PICTURE, Task, Writing, make_task


def make(
    task: str,
    parameters: Mapping[str, Any] | None,
    format: str,
    style: str | None,
    extras: Mapping[str, str] | None,
    own_psnr: bool,
    output: AnyPath | None,
    inputs: AnyPath | Iterable[AnyPath],
    name: str | None,
) -> Task:
    """Create the task, in the format that the name of the output chooses."""
    ending = "" if output is None else os.path.splitext(os.fsdecode(output))[1]  # noqa: PTH122
    names = inputs if isinstance(inputs, list | tuple) else [inputs]
    # what is wrong with a parameter is reported once in any case, where there is only one file
    single = len(names) == 1 and isinstance(names[0], str) and not is_folder(names[0])
    if name is not None:
        ending = os.path.splitext(check_pattern(name))[1]  # noqa: PTH122
        ending = "" if ending == ".{ext}" else ending
    return make_task(
        task, parameters, format=ending or format, style=style, extras=extras, own_psnr=own_psnr, tried=not single
    )


class Wish:
    """What is asked for: inputs, outputs, and whether what was done is kept for the next run."""

    def __init__(
        self,
        inputs: AnyPath | Iterable[AnyPath],
        files_from: AnyPath | BinaryIO | None,
        task: Task,
        output_dir: AnyPath,
        output: AnyPath | None,
        *,
        recursive: bool,
        force: bool,
        resume: bool | None,
        skip_if_larger: bool | None,
        name: str | None,
        writing: Writing,
    ) -> None:
        self.names, self.folder = input_names(inputs, files_from), _output_folder(output_dir)
        self._force = force
        named = any(is_folder(os.fsdecode(name)) for name in self.names)
        has_folders = recursive or files_from is not None or named
        self.is_large = has_folders if resume is None else resume
        # pictures in place are not in the folder of outputs, whose journal would not find them
        self.keeps = self.is_large and not writing.in_place
        skips = skip_if_larger
        if skips is None:
            skips = _skips_by_default(task) and (self.is_large or writing.in_place)
        if skips and (task.name != "quantize" or MASKS in task.extras):
            what = "masks" if MASKS in task.extras else task.name
            raise ValueError(f"skip_if_larger is for pictures of few colors alone, got {what}; leave one out")
        self.task = replace(task, writing=replace(writing, skip_if_larger=skips))
        _check_places(self.task, self.names, output, name, resume)
        copies = (self.is_large or len(self.names) > 1) and not writing.in_place
        named_output = None if output is None else os.fsdecode(output)
        self._naming = Naming(self.task, self.folder, named_output, copies, name)
        if resume is None and not writing.in_place and output is None and task.fits_any_input:
            # what is made again must not be mistaken for what the journal knows
            self.keeps |= has_journal(self.folder)
        if output is not None and (len(self.names) > 1 or has_folders):
            raise ValueError("output is for a single input; name a folder as output_dir for several")
        if self.keeps and (output is not None or not task.fits_any_input):
            raise ValueError("names of outputs and masks are for single files; give endings for folders")

    def plan(self, found: Sequence[Found]) -> tuple[State, Plan]:
        """Read what was done, and plan what remains to be done."""
        state = State(self.folder if self.keeps else None)
        return state, make_plan(found, self.task, self._naming, state, force=self._force)


def _check_places(
    task: Task, inputs: list[AnyPath], output: AnyPath | None, name: str | None, resume: bool | None
) -> None:
    """Reject wishes for places of pictures that contradict each other."""
    writing = task.writing
    if task.style == NO_PICTURE and (name is not None or output not in (None, STREAM)):
        which = "output" if name is None else "name"
        raise ValueError(f"{which} names the picture, and style {NO_PICTURE!r} draws none; leave one out")
    if name is not None:
        check_pattern(name)
        if output is not None or writing.in_place:
            raise ValueError(f"name excludes {'in_place' if writing.in_place else 'output'}; leave one out")
    if writing.backup and not writing.in_place:
        raise ValueError("backup is for in_place, which alone replaces originals; leave it out")
    if not (writing.in_place or writing.preserve):
        return
    what = "in_place" if writing.in_place else "preserve"
    if any(is_url(os.fsdecode(path)) for path in inputs):
        raise ValueError(f"{what} is for files of this machine, got a URL; leave it out")
    if writing.in_place and (output is not None or resume or STREAM in inputs or task.name != "quantize"):
        given = {"output": output is not None, "resume": resume, "standard input": STREAM in inputs}
        other = next((other for other, is_so in given.items() if is_so), task.name)
        raise ValueError(f"in_place replaces pictures by ones of few colors, got {other} with it; leave one out")


def _skips_by_default(task: Task) -> bool:
    """Check whether the original of a file may stand for its picture: not if its colors or ground were prescribed."""
    prescribed = any(task.parameters.get(name) is not None for name in ("palette", "background", "lock"))
    return task.name == "quantize" and not prescribed and MASKS not in task.extras


def find(search: Search, names: list[AnyPath], files_from: AnyPath | BinaryIO | None, folder: str) -> list[Found]:
    """Find the inputs, without walking the folder of outputs unless it is among the inputs."""
    outputs = _identity(folder)
    if outputs is not None and not any(outputs == _identity(plain(os.fsdecode(name))) for name in names):
        search.walked.add(outputs)
    return search.find(names, files_from)


def _identity(folder: str) -> FileId | None:
    """Return what identifies a folder, or None if it does not exist."""
    if is_url(folder):
        return place(folder)
    with suppress(OSError, ValueError):
        found = status(folder)
        return found.identity if found.kind == "folder" else None
    return None


def choose_search(recursive: bool, include: str | Iterable[str], exclude: str | Iterable[str]) -> Search:
    """Return what to look for; a single glob counts as one."""
    wanted, unwanted = ((globs,) if isinstance(globs, str) else tuple(globs) for globs in (include, exclude))
    return Search(recursive, wanted, unwanted)


def _output_folder(output_dir: AnyPath) -> str:
    """Return the folder of the outputs as text."""
    folder = plain(os.fsdecode(output_dir))
    if not folder:
        raise ValueError("output_dir must name a folder, got ''; use . for the current one")
    return folder


def input_names(inputs: AnyPath | Iterable[AnyPath], files_from: AnyPath | BinaryIO | None) -> list[AnyPath]:
    """Return the inputs as a list; a single path counts as one."""
    if not isinstance(inputs, str | bytes | os.PathLike | Iterable):
        raise TypeError(f"inputs must be a path or paths, got {type(inputs).__name__}")
    names = [inputs] if isinstance(inputs, str | bytes | os.PathLike) else list(inputs)
    for name in names:
        if not isinstance(name, str | bytes | os.PathLike):
            raise TypeError(f"inputs must be a path or paths, got {type(name).__name__}; see read_image for arrays")
        if not os.fspath(name):
            raise ValueError("inputs must name files or folders, got ''; use . for the current folder")
    if not names and files_from is None:
        raise ValueError("inputs must name at least one file or folder, got none; or give a list by files_from")
    return names
