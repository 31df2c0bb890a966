"""Runs over folders: what they say, and how they end."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from imgcluster.cli._console import Console, count_text, print_error, printable, write_stdout
from imgcluster.cli._folder_options import FolderOptions
from imgcluster.cli._progress import Progress, in_flags
from imgcluster.cli._tally import Tally
from imgcluster.cli._targets import check_writable, make_folder_of, same_place
from imgcluster.errors import FolderBusyError
from imgcluster.tasks import NOT_DONE, FileResult

if TYPE_CHECKING:
    from imgcluster.batch import FolderRun, Manifest, Plan

NOTHING_MATCHED = 3
BUSY = 75  # EX_TEMPFAIL of sysexits.h: try again later
INTERRUPTED = 130


@dataclass(frozen=True)
class FolderTask:
    """What is done to every file, as the library takes it."""

    name: str
    output_dir: str | None
    force: bool
    parameters: Mapping[str, Any]
    format: str = "png"
    style: str | None = None
    extras: Mapping[str, str] = field(default_factory=dict)

    def arguments(self, folder: FolderOptions) -> dict[str, Any]:
        """Return the parameters that planning and running share."""
        names = ("parameters", "format", "style", "extras", "force")
        found = {"task": self.name, "output_dir": self.output_dir or "outputs"} | {n: getattr(self, n) for n in names}
        # twice the time: only for those who will see it
        own_psnr = folder.report is not None and self.parameters.get("palette") is not None
        return found | folder.searching | {"own_psnr": own_psnr}


def run_folder(
    inputs: Sequence[str],
    task: FolderTask,
    folder: FolderOptions,
    console: Console,
    *,
    n_threads: int | None = None,
    as_json: bool = False,
) -> int:
    """Do or plan a run over folders, and return the exit code."""
    # the same name twice is one input
    inputs = list(dict.fromkeys(inputs))
    _check_side_files(folder, task)
    try:
        if folder.dry_run:
            return _plan(inputs, task, folder, as_json=as_json)
        return _run(inputs, task, folder, console, n_threads, as_json=as_json)
    except FolderBusyError as error:
        print_error(str(error))
        return BUSY


def _check_side_files(folder: FolderOptions, task: FolderTask) -> None:
    """Refuse to overwrite a file that is no manifest or report of an earlier run."""
    from imgcluster.batch import is_manifest
    from imgcluster.report import is_report

    for option, path, is_ours in (("manifest", folder.manifest, is_manifest), ("report", folder.report, is_report)):
        if path is not None and Path(path).exists() and not task.force and not is_ours(path):
            raise click.UsageError(f"--{option} {path} exists and is none; -f overwrites it, or choose another name")


def _run(
    inputs: Sequence[str],
    task: FolderTask,
    folder: FolderOptions,
    console: Console,
    n_threads: int | None,
    *,
    as_json: bool,
) -> int:
    """Do the run."""
    from imgcluster.batch import Manifest, process_folder

    tally = Tally(inputs, task.name, folder.report, folder.n_jobs)
    with ExitStack() as stack:
        run = stack.enter_context(
            process_folder(
                inputs,
                **task.arguments(folder),
                n_jobs=folder.n_jobs or n_threads,
                max_memory=folder.max_memory,
                timeout=folder.timeout,
                executor=folder.executor,
                fail_fast=folder.fail_fast,
            )
        )
        if not run.plan.files:
            return nothing_matched(inputs, folder)
        _check_apart(run.plan, folder)
        manifest = None
        if folder.report is not None:
            check_writable(folder.report)
        if folder.manifest is not None:
            check_writable(folder.manifest)
            make_folder_of(folder.manifest)
            manifest = stack.enter_context(Manifest(folder.manifest))
        _tell_oddities(run.plan, folder, console)
        code = _follow(run, tally, manifest, console, as_json=as_json)
    if not code:
        code = tally.write_report(run.plan)
        _sum_up(run, tally, console)
        is_strict_failure = folder.strict and _tell_strictly(run.plan, tally)
        return code or (1 if tally.counts["failed"] or run.stopped or is_strict_failure else 0)
    # who interrupts wants to know at once what is done; the report may take long
    _sum_up(run, tally, console, "interrupted: ")
    if folder.report is not None:
        _report_interrupted(run.plan, tally, folder.report, console)
    return code


def _sum_up(run: "FolderRun", tally: Tally, console: Console, prefix: str = "") -> None:
    """Say what became of all files, and why the rest was not begun."""
    if losses := tally.losses():
        console.warn(f"not kept: {losses}{'' if console.verbose else '; -v and --manifest name them'}")
    console.say(f"{prefix}{tally.summary()}{prefix and '; the same command goes on from here'}")
    if run.stopped:
        print_error(f"stopped early: {run.stopped}; the same command goes on from here")


def _tell_strictly(plan: "Plan", tally: Tally) -> bool:
    """Say what --strict makes a failure of, and tell whether there is any of it."""
    refused, empty = tally.counts["refused"], len(plan.empty_folders)
    found = [
        f"{count_text(refused, 'file')} skipped" if refused else "",
        f"lost {losses}" if (losses := tally.losses()) else "",
        f"{count_text(empty, 'folder')} without pictures" if empty else "",
    ]
    if any(found):
        print_error(f"--strict: {', '.join(filter(None, found))}")
    return any(found)


def _report_interrupted(plan: "Plan", tally: Tally, report: str, console: Console) -> None:
    """Write the report of an interrupted run, unless that is interrupted, too."""
    console.say(f"writing {report}; Ctrl-C leaves it out")
    try:
        tally.write_report(plan)
    except (KeyboardInterrupt, SystemExit):
        console.say(f"{report}: not written")


def _follow(run: "FolderRun", tally: Tally, manifest: "Manifest | None", console: Console, *, as_json: bool) -> int:
    """Take the results as they come; returns the exit code of an interrupted run, else 0."""

    def take(result: FileResult) -> None:
        tally.add(result)
        if manifest is not None:
            manifest.write(result)
        if as_json:
            write_stdout(f"{json.dumps(result.to_dict())}\n".encode())

    try:
        with Progress(run, len(run.plan.files), console) as progress:
            for result in run:
                take(result)
                progress.tell(result)
    except (KeyboardInterrupt, SystemExit) as end:
        run.close()
        for file in run.plan.files:
            if file.input not in tally.told:
                take(FileResult(file.input, "skipped", f"{NOT_DONE}the run was interrupted"))
        return end.code if isinstance(end, SystemExit) and isinstance(end.code, int) else INTERRUPTED
    return 0


def _plan(inputs: Sequence[str], task: FolderTask, folder: FolderOptions, *, as_json: bool) -> int:
    """Print what a run would do, on stdout: it is the data that was asked for."""
    from imgcluster.batch import plan_folder

    plan = plan_folder(inputs, **task.arguments(folder))
    if not plan.files:
        return nothing_matched(inputs, folder)
    _check_apart(plan, folder)
    counts: Counter[str] = Counter()
    lines = []
    for file in plan.files:
        counts[file.action] += 1
        if as_json:
            row = {"input": file.input, "action": file.action, "outputs": file.outputs, "reason": file.reason}
            lines.append(json.dumps(row))
            continue
        reason = in_flags(file.reason)
        outputs = f" -> {', '.join(file.outputs)}" if file.outputs else ""
        lines.append(printable(f"{file.action:5}  {file.input}{outputs}{reason and f'  ({reason})'}"))
    write_stdout("".join(f"{line}\n" for line in lines).encode(errors="backslashreplace"))
    _tell_oddities(plan, folder, Console())
    Console().say(", ".join(f"{action} {counts[action]:,}" for action in ("make", "check", "skip", "fail")))
    return 1 if counts["fail"] else 0


def _tell_oddities(plan: "Plan", folder: FolderOptions, console: Console) -> None:
    """Name the inputs that hold nothing, and those whose outputs have longer names for being of one name."""
    for path, n in plan.passed_over.items():
        console.say(f"{path}: {count_text(n, 'picture')} made by earlier runs passed over; name them to take them")
    for path in plan.empty_folders:
        console.say(f"{path}: no pictures in it; {_hint([path], folder)}")
    for group in plan.collisions:
        console.say(f"same name: {', '.join(group)}; the outputs have longer names, which tell them apart")


def _check_apart(plan: "Plan", folder: FolderOptions) -> None:
    """Refuse a manifest or report in the place of an input or output."""
    for option, path in (("manifest", folder.manifest), ("report", folder.report)):
        if path is not None and any(
            same_place(path, other) for file in plan.files for other in (file.input, *file.outputs)
        ):
            raise click.UsageError(f"--{option} {path} is an input or output of this run; choose another name")


def nothing_matched(inputs: Sequence[str], folder: FolderOptions) -> int:
    """Say that there is nothing to do, and what to try."""
    where = ", ".join([*inputs, *([f"the list {folder.files_from}"] if folder.files_from else [])])
    print_error(f"no pictures in {where}; {_hint(inputs, folder)}")
    return NOTHING_MATCHED


def _hint(inputs: Sequence[str], folder: FolderOptions) -> str:
    """Say what may find pictures where there were none."""
    if folder.include or folder.exclude:
        return "look at --include and --exclude"
    if not inputs:
        return "a list holds the name of a file in each line"
    return "name other files or folders" if folder.recursive else "-r looks into subfolders"
