"""A run over one picture or many: what it prints, and how it ends."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from imgcluster.cli._codes import BUSY, INTERRUPTED, NOTHING_MATCHED, OUT_OF_REACH, SKIPPED
from imgcluster.cli._console import Console, count_text, print_error, printable, write_stdout
from imgcluster.cli._progress import Progress
from imgcluster.cli._run_options import RunOptions, check_run
from imgcluster.cli._tally import Tally, ignored
from imgcluster.cli._targets import check_writable, same_place
from imgcluster.errors import FolderBusyError
from imgcluster.files import STREAM, make_folder_of
from imgcluster.tasks import NO_PICTURE

if TYPE_CHECKING:
    from imgcluster.batch import FolderRun, Manifest, Plan
    from imgcluster.tasks import FileResult


@dataclass(frozen=True, eq=False, repr=False)
class Run:
    """What is done to which inputs, and what else is asked for."""

    task: str
    inputs: Sequence[str]
    parameters: Mapping[str, Any]
    wish: RunOptions
    console: Console
    style: str | None = None

    @property
    def arguments(self) -> dict[str, Any]:
        """Return the parameters of the library that planning and running share."""
        wish = self.wish
        # takes twice the time: only if it will be shown
        own_psnr = wish.report is not None and self.parameters.get("palette") is not None
        output = wish.output
        if output is None and wish.output_dir is None and STREAM in self.inputs and self.style != NO_PICTURE:
            output = STREAM
        return (
            wish.searching
            | wish.placing
            | {
                "task": self.task,
                "parameters": self.parameters,
                "output": output,
                "output_dir": wish.output_dir or "outputs",
                "format": wish.format or "png",
                "style": self.style,
                "extras": wish.extras,
                "own_psnr": own_psnr,
            }
        )

    def go(self) -> int:
        """Carry out or plan the run, and return the exit code."""
        _check_side_files(self.wish)
        _report_kernels(self.console)
        try:
            return _plan(self) if self.wish.dry_run else _run(self)
        except FolderBusyError as error:
            print_error(str(error))
            return BUSY


def make_run(
    task: str,
    inputs: Sequence[str],
    parameters: Mapping[str, Any],
    wish: RunOptions,
    console: Console,
    *,
    style: str | None = None,
) -> Run:
    """Check what is asked for, before any file is read."""
    check_run(inputs, wish, f"imgcluster {task} photo.jpg", draws=style != NO_PICTURE)
    # the same name twice is one input
    return Run(task, list(dict.fromkeys(inputs)), parameters, wish, console, style)


def _check_side_files(wish: RunOptions) -> None:
    """Reject to overwrite a file that is not a manifest or report of an earlier run."""
    for option, path in (("manifest", wish.manifest), ("report", wish.report)):
        if path is not None and Path(path).exists() and not wish.force and not _is_ours(option, path):
            raise click.UsageError(
                f"--{option} {path} exists and is not a {option}; -f overwrites it, or choose another name"
            )


def _is_ours(option: str, path: str) -> bool:
    """Check whether a file is a manifest or report of an earlier run."""
    if option == "manifest":
        from imgcluster.batch import is_manifest

        return is_manifest(path)
    from imgcluster.report import is_report

    return is_report(path)


def _report_kernels(console: Console) -> None:
    """Report what computes if ``-v`` is given; a missing backend is an error here, once for all inputs."""
    from imgcluster import kernels

    console.detail(f"kernels {kernels.backend()}, instruction set {kernels.isa()}")


def _started(run: Run) -> "FolderRun":
    """Plan the run and start its workers."""
    from imgcluster.batch import process_folder

    wish = run.wish
    return process_folder(
        run.inputs,
        **run.arguments,
        n_jobs=wish.n_jobs or wish.n_threads,
        max_pixels=wish.max_pixels,
        max_memory=wish.max_memory,
        scratch=wish.scratch,
        timeout=wish.timeout,
        executor=wish.executor,
        fail_fast=wish.fail_fast,
    )


def _run(run: Run) -> int:
    """Carry out the run."""
    wish, console = run.wish, run.console
    tally = Tally(run.inputs, run.task, wish.report, wish.n_jobs)
    with ExitStack() as stack:
        files = stack.enter_context(_started(run))
        if not files.plan.files:
            _report_ignored(files.plan, console)
            for result in ignored(files.plan):
                _print_result(result, wish)
            return nothing_matched(run.inputs, wish)
        _check_apart(files.plan, wish)
        manifest = _open_manifest(wish, stack)
        _report_oddities(files.plan, wish, console)
        code = _follow(files, tally, manifest, run)
    if not code:
        try:
            code = tally.write_report(files.plan)
        except KeyboardInterrupt:
            console.say(f"{wish.report}: not written")
            code = INTERRUPTED
        _sum_up(files, tally, run)
        is_strict_failure = wish.strict and _report_strictly(files.plan, tally)
        if code or tally.counts["failed"] or files.stopped or is_strict_failure:
            return code or (OUT_OF_REACH if tally.counts["out of reach"] == tally.counts["failed"] > 0 else 1)
        return SKIPPED if _nothing_made(tally, run) else 0
    # whoever interrupts a run wants to know at once what is done; the report may take long
    _sum_up(files, tally, run, interrupted=True)
    if wish.report is not None:
        _report_interrupted(files.plan, tally, wish.report, console)
    return code


def _nothing_made(tally: Tally, run: Run) -> bool:
    """Check whether the one file that was asked for was not written: it exists, or would not be smaller."""
    if tally.counts["not allowed"] and run.wish.output is not None:
        return True
    return bool(tally.counts["kept"]) and not run.wish.keeps(run.inputs) and tally.n_files == 1


def _open_manifest(wish: RunOptions, stack: ExitStack) -> "Manifest | None":
    """Open the manifest, and make sure that the report can be written as well, before long work begins."""
    if wish.report is not None:
        check_writable(wish.report)
    if wish.manifest is None:
        return None
    from imgcluster.batch import Manifest

    check_writable(wish.manifest)
    make_folder_of(wish.manifest)
    return stack.enter_context(Manifest(wish.manifest))


def _sum_up(files: "FolderRun", tally: Tally, run: Run, *, interrupted: bool = False) -> None:
    """Report what became of all files, and why the rest were not started."""
    console = run.console
    if losses := tally.losses():
        name = f"{tally.only_input}: " if tally.only_input else ""
        console.warn(f"{name}not kept: {losses}{'' if console.verbose or name else '; -v and --manifest name them'}")
    if tally.n_files > 1 or interrupted or run.wish.keeps(run.inputs):
        prefix, tail = ("interrupted: ", "; run the same command to resume") if interrupted else ("", "")
        console.say(f"{prefix}{tally.summary()}{tail}")
    if files.stopped:
        print_error(f"stopped early: {files.stopped}; run the same command to resume")


def _report_strictly(plan: "Plan", tally: Tally) -> bool:
    """Report what --strict treats as a failure, and return whether there was any."""
    skipped, empty = tally.counts["not allowed"], len(plan.empty_folders)
    existing = tally.counts["outputs not written"]
    found = [
        f"{count_text(skipped, 'file')} skipped" if skipped else "",
        f"{count_text(existing, 'existing output')} not overwritten" if existing else "",
        f"lost {losses}" if (losses := tally.losses()) else "",
        f"{count_text(empty, 'folder')} without pictures" if empty else "",
        *(f"{count_text(n, f'{title} file')} ignored" for title, n in plan.ignored.items()),
    ]
    if any(found):
        print_error(f"--strict: {', '.join(filter(None, found))}")
    return any(found)


def _report_interrupted(plan: "Plan", tally: Tally, report: str, console: Console) -> None:
    """Write the report of an interrupted run, unless that is interrupted as well."""
    console.say(f"writing {report}; Ctrl-C leaves it out")
    try:
        tally.write_report(plan)
    except (KeyboardInterrupt, SystemExit):
        console.say(f"{report}: not written")


def _follow(files: "FolderRun", tally: Tally, manifest: "Manifest | None", run: Run) -> int:
    """Take the results as they come; returns the exit code of an interrupted run, else 0."""

    def take(result: "FileResult") -> None:
        tally.add(result)
        if manifest is not None:
            manifest.write(result)
        _print_result(result, run.wish)

    for result in ignored(files.plan):
        take(result)
    try:
        with Progress(files, len(files.plan.files), run.console, bar=run.wish.keeps(run.inputs)) as progress:
            for result in files:
                take(result)
                progress.tell(result)
    except (KeyboardInterrupt, SystemExit) as end:
        files.close()
        for result in tally.left(files.plan):
            take(result)
        return end.code if isinstance(end, SystemExit) and isinstance(end.code, int) else INTERRUPTED
    return 0


def _print_result(result: "FileResult", wish: RunOptions) -> None:
    """Print a result as a line of JSON, if that was asked for."""
    if wish.as_json:
        write_stdout(f"{json.dumps(result.to_dict())}\n".encode())


def _plan(run: Run) -> int:
    """Print what a run would do on stdout: it is the data that was asked for."""
    from imgcluster.batch import plan_folder

    plan = plan_folder(run.inputs, **run.arguments)
    if not plan.files:
        _report_ignored(plan, Console())
        return nothing_matched(run.inputs, run.wish)
    _check_apart(plan, run.wish)
    counts: Counter[str] = Counter()
    lines = []
    for file in plan.files:
        counts[file.action] += 1
        if run.wish.as_json:
            code, text = (None, "") if file.reason is None else (file.reason.code.value, str(file.reason))
            row = {"input": file.input, "action": file.action, "outputs": file.outputs, "reason": code, "text": text}
            lines.append(json.dumps(row))
            continue
        reason = "" if file.reason is None else f"  ({file.reason.in_flags()})"
        outputs = f" -> {', '.join(file.outputs)}" if file.outputs else ""
        lines.append(printable(f"{file.action:5}  {file.input}{outputs}{reason}"))
    write_stdout("".join(f"{line}\n" for line in lines).encode(errors="backslashreplace"))
    _report_oddities(plan, run.wish, Console())
    Console().say(", ".join(f"{action} {counts[action]:,}" for action in ("make", "check", "skip", "fail")))
    return 1 if counts["fail"] else 0


def _report_oddities(plan: "Plan", wish: RunOptions, console: Console) -> None:
    """Name the inputs without pictures, and those whose outputs need longer names because their names collide."""
    for path, n in plan.left_out.items():
        console.say(f"{path}: skipped {count_text(n, 'picture')} made by earlier runs; name them to take them")
    for path in plan.empty_folders:
        console.say(f"{path}: no pictures in it; {_hint([path], wish)}")
    _report_ignored(plan, console)
    for group in plan.collisions:
        console.say(f"same name: {', '.join(group)}; the outputs have longer names, which tell them apart")


def _report_ignored(plan: "Plan", console: Console) -> None:
    """Count the pictures of formats that are not read, with the way out."""
    if not plan.ignored:
        return
    reasons = [result.reason.values for result in ignored(plan) if result.reason is not None]
    for title, way_out in {values["format"]: values["way_out"] for values in reasons}.items():
        console.warn(f"{count_text(plan.ignored[title], f'{title} file')} ignored; {way_out}")


def _check_apart(plan: "Plan", wish: RunOptions) -> None:
    """Reject a manifest or report in place of an input or output."""
    for option, path in (("manifest", wish.manifest), ("report", wish.report)):
        if path is not None and any(
            same_place(path, other) for file in plan.files for other in (file.input, *file.outputs)
        ):
            raise click.UsageError(f"--{option} {path} is an input or output of this run; choose another name")


def nothing_matched(inputs: Sequence[str], wish: RunOptions) -> int:
    """Report that there is nothing to do, and what to try; return the exit code."""
    where = ", ".join([*inputs, *([f"the list {wish.files_from}"] if wish.files_from else [])])
    print_error(f"no pictures in {where}; {_hint(inputs, wish)}")
    return NOTHING_MATCHED


def _hint(inputs: Sequence[str], wish: RunOptions) -> str:
    """Suggest what may find pictures where there were none."""
    if wish.include or wish.exclude:
        return "look at --include and --exclude"
    if not inputs:
        return "a list holds the name of a file in each line"
    return "name other files or folders" if wish.recursive else "-r looks into subfolders"
