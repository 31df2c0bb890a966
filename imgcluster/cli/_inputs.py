"""Input after input: what became of each, and the exit code of all."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TypeVar

from imgcluster.cli._codes import DONE, FAILED, SKIPPED
from imgcluster.cli._console import Console, print_error, print_traceback, write_stdout
from imgcluster.cli._targets import SkippedError, Targets
from imgcluster.files import STREAM


@dataclass(frozen=True)
class Outcome:
    """What became of one input; the fields are those of a line of ``--json``."""

    input: str
    output: str | None
    status: str
    reason: str | None = None


AnyOutcome = TypeVar("AnyOutcome", bound=Outcome)


def process_inputs(
    inputs: Sequence[str],
    work: Callable[[str, str], AnyOutcome],
    targets: Targets,
    console: Console,
    *,
    outcome_type: type[AnyOutcome],
    report: Callable[[AnyOutcome], None] | None,
) -> int:
    """Do the work on each input and its displayed name, report what became of it, and return the exit code."""
    counts: Counter[str] = Counter()
    for source in inputs:
        outcome = _attempt(source, work, targets, console, outcome_type)
        counts[outcome.status] += 1
        if report is not None:
            report(outcome)
    if len(inputs) > 1:
        console.say(", ".join(f"{status} {counts[status]}" for status in ("done", "skipped", "failed")))
    if counts["failed"]:
        return FAILED
    return SKIPPED if counts["skipped"] and targets.is_one else DONE


def print_json(outcome: Outcome) -> None:
    """Print an outcome as a line of JSON."""
    write_stdout(f"{json.dumps(asdict(outcome))}\n".encode())


def name_of(source: str) -> str:
    """Return the displayed name of an input."""
    return "stdin" if source == STREAM else source or "''"


def report_failure(source: str, error: Exception, console: Console) -> str:
    """Report why an input failed, with the traceback if ``--debug`` is given, and return the reason."""
    from imgcluster.tasks import reason_of

    reason = reason_of(error, source).in_flags()
    print_error(f"{name_of(source)}: {reason}")
    if console.debug:
        print_traceback()
    return reason


def _attempt(
    source: str,
    work: Callable[[str, str], AnyOutcome],
    targets: Targets,
    console: Console,
    outcome_type: type[AnyOutcome],
) -> AnyOutcome:
    """Process one input; an error ends only this input."""
    name = name_of(source)
    try:
        with console.showing_warnings():
            return work(source, name)
    except SkippedError as skipped:
        console.say(f"{name}: skipped, {skipped}")
        return outcome_type(source, targets.name_for(source), "skipped", str(skipped))
    except BrokenPipeError:
        raise
    except Exception as error:
        return outcome_type(source, None, "failed", report_failure(source, error, console))
