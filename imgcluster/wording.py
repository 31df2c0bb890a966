"""Counts, sizes, and names that nobody may trust, as people read them on a terminal and on a page."""


def printable(text: str) -> str:
    """Escape control characters, line ends and other invisible characters of a text."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def size_text(n_bytes: int) -> str:
    """Write a file size as people read it: 512 B, 1.2 kB, 165 kB, 3.4 MB."""
    if n_bytes < 1000:
        return f"{n_bytes} B"
    size = n_bytes / 1000
    for unit in ("kB", "MB"):
        if size < 999.5:
            return f"{size:.1f} {unit}" if size < 9.95 else f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def count_text(count: int, noun: str) -> str:
    """Write a count with its noun: 1 color, 62,151 colors."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
