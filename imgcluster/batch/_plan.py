"""What a run would do, file by file, before it does anything."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from imgcluster.batch._inputs import Found
from imgcluster.batch._names import Naming, fold, folds_names, output_stems
from imgcluster.batch._patterns import check_apart
from imgcluster.batch.state import Record, State
from imgcluster.facts import Code, Reason
from imgcluster.files import (
    NO_FILE,
    NO_PERMISSION,
    STREAM,
    FileId,
    FileStatus,
    is_url,
    join,
    listing,
    place,
    shown,
    status,
)
from imgcluster.picture import format_of_ending
from imgcluster.tasks import STAYS, Task, can_compare, folders_touched
from imgcluster.wording import system_text

# outputs that exist but were made from something else: new ones beside them would not match
_OF_SOMETHING_ELSE = (Code.CHANGED_SINCE, Code.OTHER_PARAMETERS, Code.OTHER_CONTENT)


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
        Make outputs; or compare the content with what they were made from, because the file was touched, and make
        what is missing if it is the same; or do nothing; or fail.
    reason : Reason or None
        Why it is skipped or fails, or would be if the content differs.
    wanted : mapping of str to str
        The outputs to make, by kind.
    kept : tuple of str
        Its other outputs, which exist and stay as they are.
    name : str
        The part for it in the names of its files.
    picture : str
        The place of its picture, even if the original is kept in another one; of its first output if it is not drawn.
    original : str or None
        Where the original is copied if the picture would be larger; empty if it stays where it is, None if it is
        never kept.
    """

    input: str
    outputs: tuple[str, ...] = ()
    action: str = "make"
    reason: Reason | None = None
    wanted: Mapping[str, str] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    name: str = ""
    picture: str = ""
    original: str | None = None
    size: int = 0
    mtime_ns: int = 0
    record: Record | None = field(default=None, repr=False)

    @property
    def text(self) -> str:
        """Why it is skipped or fails, in words; empty when it is to be made."""
        return "" if self.reason is None else str(self.reason)


@dataclass(frozen=True)
class Plan:
    """What a run would do: all inputs in their order, and the groups of inputs whose outputs would share a name.

    Attributes
    ----------
    files : tuple of PlannedFile
        Each input once.
    collisions : tuple of tuples of str
        Inputs whose outputs would have the same name, or names that some file systems take for the same; in this plan
        they have longer names, with the extension of the input, but for one that keeps its own name (`{name}.png`).
    output_dir : str
        The folder of the outputs.
    empty_folders : tuple of str
        Inputs that are folders in which no picture was found.
    left_out : dict of str to int
        Folders of outputs of earlier runs that were found among the inputs, and how many of their pictures are left
        out for that reason.
    ignored : dict of str to int
        Formats of pictures that are not read, such as DNG, and how many files of them were found in folders.
    ignored_files : tuple of str
        These files.
    """

    files: tuple[PlannedFile, ...]
    collisions: tuple[tuple[str, ...], ...]
    output_dir: str
    empty_folders: tuple[str, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    ignored: Mapping[str, int] = field(default_factory=dict)
    ignored_files: tuple[str, ...] = ()


def make_plan(found: Sequence[Found], task: Task, naming: Naming, state: State, *, force: bool) -> Plan:
    """Decide what to do with each of the files found, without writing anything."""
    output_dir = naming.output_dir
    ours = {join(place(output_dir), path) for path in state.all_outputs()}
    # in a folder that holds both, what an earlier run made is not an input
    found = [file for file in found if file.named or not ours or place(file.path) not in ours]
    sound = [file for file in found if not file.problem and not file.repeated]
    stems, groups = output_stems(sound, naming.longest_ending, folds_names(output_dir), naming.own_ending)
    statuses = {file.path: file.status or _status(file.path) for file in sound}
    beside = {path for stem in stems for path in task.files_read(stem)}
    ids = {s.identity for s in (*statuses.values(), *map(_status, beside)) if isinstance(s, FileStatus)}
    there = _all_below(output_dir, stems) if is_url(output_dir) else None
    if naming.pattern is not None:
        pictures = [(f.path, naming.outputs(f, stem)["picture"]) for f, stem in zip(sound, stems, strict=True)]
        check_apart(naming.pattern, pictures, fold)
    planner = _Planner(state, task, naming, ids, there, force)
    decided = {
        file.path: planner.decide(file, stem, statuses[file.path]) for file, stem in zip(sound, stems, strict=True)
    }
    files = [decided[file.path] if not file.problem and not file.repeated else _without_work(file) for file in found]
    # in place, outputs have the names of their inputs, whatever their stems
    collisions = () if task.writing.in_place else tuple(tuple(sound[i].path for i in group) for group in groups)
    return Plan(tuple(files), collisions, output_dir)


class _Planner:
    """Decides about one file after the other."""

    def __init__(
        self,
        state: State,
        task: Task,
        naming: Naming,
        inputs: set[FileId],
        listed: Mapping[str, FileStatus] | None,
        force: bool,
    ) -> None:
        self._state, self._task, self._naming, self._inputs, self._force = state, task, naming, inputs, force
        self._listed = listed  # the folder of outputs, if each file costs a request
        self._fingerprint = task.fingerprint() if state.is_kept else ""
        self._started = state.started_outputs()
        self._owners: dict[str, tuple[str, str]] = {}

    def decide(self, file: Found, stem: str, status: FileStatus | str) -> PlannedFile:
        """Decide about one file."""
        path = file.path
        if path == STREAM:
            status = FileStatus(0, 0, "file", STREAM)
        if (problem := _problem(status)) is not None or isinstance(status, str):
            return PlannedFile(path, (), "fail", problem)
        outputs = self._naming.outputs(file, stem)
        first = next(iter(outputs.values()))
        planned = PlannedFile(
            path,
            tuple(outputs.values()),
            name=stem,
            picture=first,
            original=self._naming.original(path, first),
            size=status.size,
            mtime_ns=status.stamp,
            wanted=outputs,
        )
        for kind, output in outputs.items():
            owner = self._owners.setdefault(place(output), (path, kind))
            if owner != (path, kind) and output != STREAM:
                taken = Reason(Code.IS_TAKEN, {"output": shown(output), "owner": shown(owner[0])})
                return replace(planned, action="fail", reason=taken)
        if (unfit := _unfit(planned.picture, in_place=self._task.writing.in_place)) is not None:
            # what was found in a folder was not meant
            return replace(planned, outputs=(), action="fail" if file.named else "skip", reason=unfit, wanted={})
        return planned if self._task.writing.in_place else self._with_outputs(planned, status)

    def _with_outputs(self, planned: PlannedFile, status: FileStatus) -> PlannedFile:
        """Decide about one file by what exists under the names of its outputs."""
        record = self._state.record_of(self._below(planned.outputs[0])) if self._state.is_kept else None
        is_same = record is not None and (record.size, record.mtime_ns) == (status.size, status.stamp)
        original = planned.original
        if original:
            found = self._verdict(original, record, is_same=is_same)
            if record is not None and found is not None and self._is_held(planned, record):
                action = "check" if found.code is Code.OTHER_CONTENT else "skip"
                known = record if found.code in (Code.OTHER_CONTENT, Code.DONE_BEFORE) else None
                return replace(planned, outputs=(original,), action=action, reason=found, wanted={}, record=known)
            # what is there is an input, or is not ours
            if original not in planned.wanted.values() and found is not None:
                planned = replace(planned, original=STAYS)
        verdicts = {kind: self._verdict(path, record, is_same=is_same) for kind, path in planned.wanted.items()}
        reasons = [reason for reason in verdicts.values() if reason is not None]
        codes = {reason.code for reason in reasons}
        if Code.IS_INPUT in codes:
            return replace(planned, action="fail", reason=next(r for r in reasons if r.code is Code.IS_INPUT))
        missing = {kind: path for kind, path in planned.wanted.items() if verdicts[kind] is None}
        if not missing and codes == {Code.DONE_BEFORE}:
            # to the same bytes, only to get the figure
            lacks = self._task.compares and record is not None and self._lacks_comparison(planned, record)
            return planned if lacks else replace(planned, action="skip", reason=reasons[0], record=record)
        if codes == {Code.OTHER_CONTENT}:
            # a touch or a copy changes the time but not the content
            return replace(planned, action="check", reason=reasons[0], record=record, wanted=missing)
        other = next((r for r in reasons if r.code in _OF_SOMETHING_ELSE), None)
        kept = {path: r for kind, path in planned.wanted.items() if (r := verdicts[kind]) and r.code is Code.EXISTS}
        if other is not None or not missing:
            return replace(planned, action="skip", reason=other or next(iter(kept.values())))
        return replace(planned, wanted=missing, kept=tuple(kept))

    def _verdict(self, output: str, record: Record | None, *, is_same: bool) -> Reason | None:
        """Return why an output is not to be made, or None if it is."""
        if output == STREAM:
            return None
        found = _status(output) if self._listed is None else self._listed.get(place(output), NO_FILE)
        if isinstance(found, str):
            return None
        values = {"output": shown(output)}
        if found.identity in self._inputs:
            return Reason(Code.IS_INPUT, values)
        if self._force or (self._state.is_kept and self._below(output) in self._started):
            return None
        made = record.outputs.get(self._below(output)) if record is not None else None
        if record is None or made is None:
            return Reason(Code.EXISTS, values)
        # as far as its size shows: copying changes its time
        if (found.kind, found.size) != ("file", made):
            return Reason(Code.CHANGED_SINCE, values)
        if record.fingerprint != self._fingerprint:
            return Reason(Code.OTHER_PARAMETERS, values)
        return Reason(Code.DONE_BEFORE) if is_same else Reason(Code.OTHER_CONTENT, values)

    def _is_held(self, planned: PlannedFile, record: Record) -> bool:
        """Check whether an earlier run kept the original in a place of its own, and so made no picture."""
        original = self._below(planned.original or "")
        return original in record.outputs and self._below(planned.picture) not in record.outputs

    def _below(self, output: str) -> str:
        """Return an output as a path below the folder."""
        return output[len(join(self._naming.output_dir, "")) :]

    def _lacks_comparison(self, file: PlannedFile, record: Record) -> bool:
        """Check whether what a shared palette costs a picture can be measured and has not been yet."""
        before = record.to_result()
        n_pixels = (before.width or 0) * (before.height or 0)
        return before.own_psnr is None and can_compare(self._task, n_pixels, file.input, file.outputs[0])


def _unfit(picture: str, *, in_place: bool) -> Reason | None:
    """Return why a picture cannot be written under its name, which may be that of its original, or None if it can."""
    if picture == STREAM:
        return None
    format = format_of_ending(os.path.splitext(picture)[1])  # noqa: PTH122
    if format is not None and format.write is None:
        code = Code.NOT_IN_PLACE if in_place else Code.UNWRITABLE
        return Reason(code, {"format": format.title} if in_place else {"problem": format.read_only_because})
    return None


def _problem(status: FileStatus | str) -> Reason | None:
    """Return why an input cannot be read, as far as that is known without opening it."""
    if isinstance(status, str):
        return Reason(Code.UNREADABLE, {"problem": status})
    if status.kind == "folder":
        return Reason(Code.IS_FOLDER)
    return Reason(Code.NOT_A_FILE) if status.kind == "other" else None


def _without_work(file: Found) -> PlannedFile:
    """Plan a file that cannot be processed or need not be."""
    if file.problem:
        return PlannedFile(file.path, (), "fail", Reason(Code.UNREADABLE, {"problem": file.problem}))
    return PlannedFile(file.path, (), "skip", Reason(Code.GIVEN_TWICE))


def _all_below(folder: str, stems: Sequence[str]) -> dict[str, FileStatus]:
    """List the files below a URL, as deep as outputs go, by their paths."""
    try:
        files = listing(folder, recursive=any("/" in stem for stem in stems))
    except FileNotFoundError:
        return {}
    return {place(join(folder, name)): file for name, file in files}


def _status(path: str) -> FileStatus | str:
    """Return the status of a file, or why that fails in one line."""
    try:
        return status(path)
    except (FileNotFoundError, NotADirectoryError):
        return NO_FILE
    except PermissionError:
        return NO_PERMISSION
    except (OSError, ValueError) as error:
        return f"{system_text(error)}; check the name and the device"


def folders_of(plan: Plan) -> set[str]:
    """Return the folders of this machine in which a run of the plan leaves temporary files when it is killed."""
    return folders_touched("", [join(plan.output_dir, "")]).union(
        *(folders_touched(file.input, file.outputs) for file in plan.files)
    )
