"""What happened, as values: what a picture lost, and why a file was skipped or failed. The words are in `wording`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from imgcluster.wording import LOSSES, REASONS, printable


class Loss(Enum):
    """What a picture holds and a result does not keep; the values appear in manifests and JSON."""

    ALPHA = "alpha"
    PARTIAL_ALPHA = "partial-alpha"
    FRAMES = "frames"
    DEPTH = "depth"
    PROFILE = "profile"
    ORIENTATION = "orientation"
    HDR = "hdr"
    DAMAGE = "damage"
    ICC = "icc"
    EXIF = "exif"
    XMP = "xmp"
    IPTC = "iptc"
    DPI = "dpi"
    TEXT = "text"

    def __str__(self) -> str:
        return LOSSES[self.value]

    def __lt__(self, other: Loss) -> bool:
        return _ORDER[self] < _ORDER[other]


_ORDER = {loss: i for i, loss in enumerate(Loss)}

OF_THE_PIXELS = frozenset(
    {
        Loss.ALPHA,
        Loss.PARTIAL_ALPHA,
        Loss.FRAMES,
        Loss.DEPTH,
        Loss.PROFILE,
        Loss.ORIENTATION,
        Loss.HDR,
        Loss.DAMAGE,
    }
)
"""What changes how the picture looks; the rest is metadata."""


def losses_text(losses: Iterable[Loss]) -> str:
    """List losses in words, in the order of `Loss`."""
    return ", ".join(str(loss) for loss in sorted(set(losses)))


class Code(Enum):
    """Why a file was skipped, kept as it is, or failed; the values appear in manifests and JSON."""

    # skipped
    DONE_BEFORE = "done-before"
    GIVEN_TWICE = "given-twice"
    EXISTS = "exists"
    CHANGED_SINCE = "changed-since"
    OTHER_PARAMETERS = "other-parameters"
    OTHER_CONTENT = "other-content"
    WOULD_GROW = "would-grow"
    INTERRUPTED = "interrupted"
    STOPPED = "stopped"
    NOT_READ = "not-read"
    # failed
    IS_INPUT = "is-input"
    NOT_IN_PLACE = "not-in-place"
    IS_TAKEN = "is-taken"
    IS_FOLDER = "is-folder"
    NOT_A_FILE = "not-a-file"
    UNREADABLE = "unreadable"
    UNWRITABLE = "unwritable"
    BAD_VALUE = "bad-value"
    OUT_OF_REACH = "out-of-reach"
    TIMEOUT = "timeout"
    MAX_MEMORY = "max-memory"
    NO_MEMORY = "no-memory"
    INSTALLATION = "installation"
    WORKER_DIED = "worker-died"
    UNEXPECTED = "unexpected"


NOT_BEGUN = frozenset({Code.INTERRUPTED, Code.STOPPED})
"""The reasons for skipping files that this run should have made, and the next one will."""


@dataclass(frozen=True)
class Reason:
    """Why a file was skipped or failed: a code, and the values in its words.

    Attributes
    ----------
    code : Code
    values : mapping of str to str
        What the words mention, such as the output that exists.

    Examples
    --------
    >>> from imgcluster.facts import Code, Reason
    >>> reason = Reason(Code.EXISTS, {"output": "a.png"})
    >>> str(reason)
    'a.png exists; force (-f) overwrites it'
    >>> reason.in_flags()
    'a.png exists; -f overwrites it'
    """

    code: Code
    values: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self._worded(
            force="force (-f)",
            timeout="timeout (--timeout)",
            max_memory="max_memory (--max-memory)",
            in_place="in_place (--in-place)",
            name="name (--name)",
            debug="",
        )

    def in_flags(self) -> str:
        """Return the words for the command line: flags instead of parameters."""
        return self._worded(
            force="-f",
            timeout="--timeout",
            max_memory="--max-memory",
            in_place="--in-place",
            name="--name",
            debug="--debug shows where it happened, ",
        )

    def _worded(self, **parameters: str) -> str:
        values = {name: printable(value) for name, value in self.values.items()}
        return REASONS[self.code.value].format(**parameters, **values)

    def __hash__(self) -> int:
        return hash((self.code, tuple(sorted(self.values.items()))))
