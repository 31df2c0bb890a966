"""What a run would do, file by file, before it does anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from imgcluster.batch._inputs import Found
from imgcluster.batch._names import folds_names, output_stems
from imgcluster.batch.state import Made, Record, State
from imgcluster.files import NO_FILE, NO_PERMISSION, FileId, FileStatus, is_url, join, listing, place, shown, status
from imgcluster.tasks import DONE_BEFORE, Task, can_compare, folders_touched


@dataclass(frozen=True)
class PlannedFile:
    """What a run would do with one input.

    Attributes
    ----------
    input : str
        The file as it was found.
    outputs : tuple of str
        The files that hold its result: the picture first.
    action : {"make", "check", "skip", "fail"}
        Make the outputs; or compare the content with that they were made from, for the file has been touched, and make
        them if it differs; or do nothing; or fail.
    reason : str
        Why it is skipped or fails, or would be if the content differs.
    """

    input: str
    outputs: tuple[str, ...] = ()
    action: str = "make"
    reason: str = ""
    size: int = 0
    mtime_ns: int = 0
    record: Record | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Plan:
    """What a run would do: all inputs in their order, and the groups of inputs whose outputs would be of one name.

    Attributes
    ----------
    files : tuple of PlannedFile
        Each input once.
    collisions : tuple of tuples of str
        Inputs whose outputs would have had one name, or names that some file systems take for one; in this plan
        all of them have longer names, with the extension of the input.
    output_dir : str
        The folder of the outputs.
    empty_folders : tuple of str
        Inputs that are folders in which no picture was found.
    passed_over : dict of str to int
        Folders of outputs of earlier runs that were found among the inputs, and how many pictures of theirs are left
        out for that.
    """

    files: tuple[PlannedFile, ...]
    collisions: tuple[tuple[str, ...], ...]
    output_dir: str
    empty_folders: tuple[str, ...] = ()
    passed_over: Mapping[str, int] = field(default_factory=dict)


def make_plan(found: Sequence[Found], task: Task, output_dir: str, state: State, *, force: bool) -> Plan:
    """Decide what to do with each of the files found, without writing anything."""
    ours = {join(place(output_dir), path) for path in state.all_outputs()}
    # in a folder that holds both, what an earlier run made is no input
    found = [file for file in found if file.named or not ours or place(file.path) not in ours]
    sound = [file for file in found if not file.problem and not file.repeated]
    endings = list(task.endings.values())
    stems, groups = output_stems(sound, endings, folds_names(output_dir))
    statuses = {file.path: file.status or _status(file.path) for file in sound}
    ids = {s.identity for s in statuses.values() if isinstance(s, FileStatus)}
    there = _all_below(output_dir, stems) if is_url(output_dir) else None
    planner = _Planner(state, output_dir, task.fingerprint(), endings, ids, there, force, task.compares)
    decided = {
        file.path: planner.decide(file.path, stem, statuses[file.path]) for file, stem in zip(sound, stems, strict=True)
    }
    files = [decided[file.path] if not file.problem and not file.repeated else _without_work(file) for file in found]
    collisions = tuple(tuple(sound[i].path for i in group) for group in groups)
    return Plan(tuple(files), collisions, output_dir)


@dataclass(frozen=True)
class _Planner:
    """What decides about one file."""

    state: State
    output_dir: str
    fingerprint: str
    endings: Sequence[str]
    inputs: set[FileId]
    listed: Mapping[str, FileStatus] | None  # the folder of outputs, where a file costs a request
    force: bool
    compares: bool

    def decide(self, path: str, stem: str, status: FileStatus | str) -> PlannedFile:
        """Decide about one file."""
        outputs = tuple(join(self.output_dir, stem + ending) for ending in self.endings)
        if isinstance(status, str):
            return PlannedFile(path, (), "fail", status)
        if status.kind == "folder":
            return PlannedFile(path, (), "fail", "it is a folder; name it as an input")
        if status.kind == "other":
            return PlannedFile(path, (), "fail", "it is no regular file; copy it to one")
        planned = PlannedFile(path, outputs, size=status.size, mtime_ns=status.stamp)
        there = [self._status_of(output) for output in outputs]
        record = self.state.record_of(stem + self.endings[0])
        known = [record.outputs.get(stem + ending) if record else None for ending in self.endings]
        is_same = record is not None and (record.size, record.mtime_ns) == (status.size, status.stamp)
        refusal = self._refusal(outputs, there, known, record, is_same=is_same)
        if record is not None and record.fingerprint == self.fingerprint and all(map(self._is_intact, there, known)):
            planned = replace(planned, record=record)
            if is_same:
                if self.compares and not refusal.startswith("its output") and _lacks_comparison(planned, record):
                    # to the same bytes, but for the figure
                    return replace(planned, record=None)
                return replace(planned, action="skip", reason=DONE_BEFORE)
            return replace(planned, action="check", reason=refusal)
        if refusal.startswith("its output"):
            return replace(planned, action="fail", reason=refusal)
        return replace(planned, action="skip" if refusal else "make", reason=refusal)

    def _status_of(self, output: str) -> FileStatus | str:
        """Look at an output, or where it would be."""
        return _status(output) if self.listed is None else self.listed.get(place(output), NO_FILE)

    def _is_intact(self, found: FileStatus | str, known: Made | None) -> bool:
        """Tell whether an output is as a run left it; one that was only copied is, unless it may be made again."""
        if isinstance(found, str) or found.kind != "file" or known is None or found.size != known.size:
            return False
        return not self.force or known.stamp in (0, found.stamp)

    def _refusal(
        self,
        outputs: Sequence[str],
        there: Sequence[FileStatus | str],
        known: Sequence[Made | None],
        record: Record | None,
        *,
        is_same: bool,
    ) -> str:
        """Say why the outputs may not be written; an empty text when they may."""
        is_started = outputs[0][len(join(self.output_dir, "")) :] in self.state.started
        for output, found, made in zip(outputs, there, known, strict=True):
            if isinstance(found, str):
                continue
            if found.identity in self.inputs:
                return f"its output {shown(output)} is an input of this run; choose another folder"
            difference = self._difference(found, made, record, is_same=is_same)
            if difference is not None and not self.force and not is_started:
                return f"{shown(output)} exists{difference}; force overwrites it"
        return ""

    def _difference(self, found: FileStatus, made: Made | None, record: Record | None, *, is_same: bool) -> str | None:
        """Say how an output that is there differs from the one wanted; None when it does not."""
        if made is None or record is None:
            return ""
        if not self._is_intact(found, made):
            return ", made by an earlier run and changed since"
        if record.fingerprint != self.fingerprint:
            return ", made with other parameters or by another version"
        return None if is_same else ", made from other content"


def _lacks_comparison(file: PlannedFile, record: Record) -> bool:
    """Tell whether nobody has measured what a shared palette costs a picture, and that can be done."""
    before = record.to_result()
    n_pixels = (before.width or 0) * (before.height or 0)
    return before.own_psnr is None and can_compare(n_pixels, file.input, file.outputs[0])


def _without_work(file: Found) -> PlannedFile:
    """Plan what cannot be done or need not be."""
    if file.problem:
        return PlannedFile(file.path, (), "fail", file.problem)
    return PlannedFile(file.path, (), "skip", "given twice")


def _all_below(folder: str, stems: Sequence[str]) -> dict[str, FileStatus]:
    """List the files below a URL, as deep as outputs go, by their places."""
    try:
        files = listing(folder, recursive=any("/" in stem for stem in stems))
    except FileNotFoundError:
        return {}
    return {place(join(folder, name)): file for name, file in files}


def _status(path: str) -> FileStatus | str:
    """Look at a file, or say in one line why that fails."""
    try:
        return status(path)
    except (FileNotFoundError, NotADirectoryError):
        return NO_FILE
    except PermissionError:
        return NO_PERMISSION
    except (OSError, ValueError) as error:
        return f"{getattr(error, 'strerror', None) or error}; check the name"


def folders_of(plan: Plan) -> set[str]:
    """Return the folders of this machine in which a run of the plan leaves temporary files when it is killed."""
    return folders_touched("", [join(plan.output_dir, "")]).union(
        *(folders_touched(file.input, file.outputs) for file in plan.files)
    )
