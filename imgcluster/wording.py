"""Counts, sizes, untrusted names, and what happened, as people read them on a terminal and on a page."""

from __future__ import annotations

import errno
from collections.abc import Iterator

LOSSES = {
    "alpha": "transparency (put on a background)",
    "partial-alpha": "partial transparency (pixels are clear or opaque)",
    "frames": "frames after the first",
    "depth": "depth of more than 8 bits",
    "profile": "a color profile that cannot be used (taken as sRGB)",
    "orientation": "EXIF data that cannot be read (taken as upright)",
    "hdr": "brightness above white (HDR)",
    "damage": "damaged parts of the file (a wrong checksum, or no end marker)",
    "icc": "ICC profile",
    "exif": "EXIF",
    "xmp": "XMP",
    "iptc": "IPTC",
    "dpi": "resolution (DPI)",
    "text": "text",
}
"""The words for each `Loss`, by its value."""

REASONS = {
    "done-before": "done before",
    "given-twice": "given twice",
    "exists": "{output} exists; {force} overwrites it",
    "changed-since": "{output} exists, made by an earlier run and changed since; {force} overwrites it",
    "other-parameters": "{output} exists, made with other parameters or by another version; {force} overwrites it",
    "other-content": "{output} exists, made from other content; {force} overwrites it",
    "would-grow": "kept as it is: {after} quantized, not less than its {before}",
    "interrupted": "not done, because the run was interrupted",
    "stopped": "not done, because {why}",
    "not-read": "ignored: {format} is not read; {way_out}",
    "is-input": "its output {output} is an input of this run; choose another name or folder",
    "not-in-place": "{format} holds no palette and cannot be replaced by one; without {in_place} it becomes a PNG, "
    "called as {name} says",
    "is-taken": "{output} is already the output of {owner}; choose another name",
    "is-folder": "it is a folder; name it as an input",
    "not-a-file": "it is a pipe or a device, not a file; copy what it holds to a file",
    "unreadable": "{problem}",
    "unwritable": "{problem}",
    "bad-value": "{problem}",
    "out-of-reach": "{problem}",
    "timeout": "it took longer than {seconds} s; allow more with {timeout}",
    "max-memory": "it needs about {megabytes} MB, more than {max_memory} allows; allow {enough}",
    "installation": "{problem}",
    "no-memory": "not enough memory for a picture of this size; use fewer workers or scale it down first",
    "worker-died": "its worker process {how}",
    "unexpected": "unexpected {problem}; {debug}please report it",
}
"""The words for each `Reason`, by its code. {force}, {timeout}, {max_memory}, {in_place}, {name} and
{debug} are parameters, or flags."""


_OF_THE_SYSTEM = {
    errno.ENOSPC: "no space left on the device",
    errno.EDQUOT: "the disk quota is used up",
    errno.ENOMEM: "not enough memory",
    errno.EMFILE: "too many open files in this process",
    errno.ENFILE: "too many open files on this machine",
    errno.EACCES: "no permission",
    errno.EPERM: "no permission",
}
_OF_THE_CALLER = (errno.EINVAL, errno.EOVERFLOW, errno.EDOM, errno.ERANGE, errno.EILSEQ)
_LOADING = "<frozen importlib"
_LOADING_WAY_OUT = "check the disk, or install it again"


def system_text(error: BaseException) -> str:
    """Return what the system says about a call that failed, in one line."""
    words = _OF_THE_SYSTEM.get(getattr(error, "errno", None) or 0)
    return words or " ".join(str(getattr(error, "strerror", None) or error).split()) or type(error).__name__


def is_of_system(error: BaseException) -> bool:
    """Check whether a call to the system failed for a reason other than its values, which may come from a file."""
    return isinstance(error, OSError) and error.errno is not None and error.errno not in _OF_THE_CALLER


def is_of_loading(error: BaseException) -> bool:
    """Check whether a module could not be loaded, which may happen late, where it is first needed."""
    return any(isinstance(cause, ImportError) or _is_of_importing(cause) for cause in _causes(error))


def loading_text(error: BaseException) -> str:
    """Return why a module could not be loaded, in one line with the way out."""
    own = str(error)
    if "pip install" in own and "\n" not in own:
        return own
    cause = [cause for cause in _causes(error) if isinstance(cause, ImportError | OSError)][-1]
    file = getattr(cause, "filename", None)
    where = f" ({file})" if isinstance(cause, OSError) and file else ""
    return f"cannot load a library of this installation: {system_text(cause)}{where}; {_LOADING_WAY_OUT}"


def fault_text(error: BaseException) -> str:
    """Return in one line what is wrong with the system or the installation; empty if the error shows neither."""
    if is_of_loading(error):
        return loading_text(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{printable(str(error.filename))}: {system_text(error)}" if error.filename else system_text(error)
    if isinstance(error, RuntimeError) and "start new thread" in str(error):
        return "no more threads can be started; use fewer, or raise the limit with ulimit -u"
    if isinstance(error, SystemError) and "without exception set" in str(error):
        return "a library failed without telling why, as happens when memory runs out; close other programs"
    return ""


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it was raised from."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__


def _is_of_importing(error: BaseException) -> bool:
    """Check whether an error of the system was raised while a module was loaded."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return isinstance(error, OSError) and trace is not None and trace.tb_frame.f_code.co_filename.startswith(_LOADING)


def printable(text: str) -> str:
    """Escape control characters, line ends and other invisible characters of a text."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def size_text(n_bytes: int) -> str:
    """Format a file size as people read it: 512 B, 1.2 kB, 165 kB, 3.4 MB."""
    if n_bytes < 1000:
        return f"{n_bytes} B"
    size = n_bytes / 1000
    for unit in ("kB", "MB"):
        if size < 999.5:
            return f"{size:.1f} {unit}" if size < 9.95 else f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def count_text(count: int, noun: str) -> str:
    """Format a count with its noun: 1 color, 62,151 colors."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
