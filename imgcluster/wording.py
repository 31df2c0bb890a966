"""Counts, sizes, untrusted names, and what happened, as people read them on a terminal and on a page."""

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
    "is-input": "its output {output} is an input of this run; choose another name or folder",
    "not-in-place": "{format} holds no palette and cannot be replaced by one; without {in_place} it becomes a PNG, "
    "called as {name} says",
    "is-taken": "{output} is already the output of {owner}; choose another name",
    "is-folder": "it is a folder; name it as an input",
    "not-a-file": "it is not a regular file; copy it to one",
    "unreadable": "{problem}",
    "unwritable": "{problem}",
    "bad-value": "{problem}",
    "out-of-reach": "{problem}",
    "timeout": "it took longer than {seconds} s; allow more with {timeout}",
    "max-memory": "it needs about {megabytes} MB, more than {max_memory} allows; allow more",
    "no-memory": "not enough memory for a picture of this size; use fewer workers or scale it down first",
    "worker-died": "its worker process {how}",
    "unexpected": "unexpected {problem}; {debug}please report it",
}
"""The words for each `Reason`, by its code. {force}, {timeout}, {max_memory}, {in_place}, {name} and
{debug} are parameters, or flags."""


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
