"""What became of one file of a folder: what runs yield, manifests list and reports show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

STATUSES = ("done", "skipped", "failed")

DONE_BEFORE = "done before"
"""Why a file is skipped that an earlier run made."""

NOT_DONE = "not done, because "
"""How the reason begins why a file is skipped that this run should have made, and the next will."""


@dataclass(frozen=True)
class FileResult:
    """What became of one input.

    Attributes
    ----------
    input : str
        The file as it was found; bytes that are no UTF-8 stand as surrogates (``os.fsencode`` gives them back).
    status : {"done", "skipped", "failed"}
        Skipped are inputs that need no work (done before, given twice), those with an output that may not be
        overwritten, and those that a run that stops did not begin.
    reason : str
        Why it was skipped or failed, in one line; empty when done.
    outputs : tuple of str
        Files that hold the result, also where they were made before.
    width, height : int or None
        Size of the picture in pixels, upright.
    bytes_before, bytes_after : int or None
        Size of the input, and of its outputs together.
    n_colors, n_segments : int or None
        Colors of the palette; segments or superpixels.
    psnr : float or None
        In dB, infinite when lossless.
    own_psnr : float or None
        In dB, with a palette of its own, where a shared one was used; of pictures of up to 33 megapixels.
    milliseconds : float or None
        Time spent on this file.
    hash : str or None
        SHA-256 of the input's content, in hex.
    dropped : tuple of str
        Metadata that was not kept, such as "EXIF", "ICC profile", "alpha", "frames".
    palette : tuple of str
        Colors as "#rrggbb", where there is a palette of at most 256.

    Examples
    --------
    >>> from imgcluster.tasks import FileResult
    >>> result = FileResult("a.png", "done", outputs=("outputs/a-quantized.png",))
    >>> FileResult.from_dict(result.to_dict()) == result
    True
    """

    input: str
    status: str
    reason: str = ""
    outputs: tuple[str, ...] = ()
    width: int | None = None
    height: int | None = None
    bytes_before: int | None = None
    bytes_after: int | None = None
    n_colors: int | None = None
    n_segments: int | None = None
    psnr: float | None = None
    own_psnr: float | None = None
    milliseconds: float | None = None
    hash: str | None = None
    dropped: tuple[str, ...] = ()
    palette: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON takes them: tuples are lists, an infinite PSNR is the text "inf".

        Returns
        -------
        dict
        """
        # dataclasses.asdict copies each of 256 colors: 1 ms
        found = dict(vars(self))
        for name in ("outputs", "dropped", "palette"):
            found[name] = list(found[name])
        for name in ("psnr", "own_psnr"):
            # JSON has no infinity, and null says that there is no figure
            if found[name] == float("inf"):
                found[name] = "inf"
        return found

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> FileResult:
        """Build a result from what `to_dict` returned; names that are not known are left out.

        Parameters
        ----------
        values : mapping

        Returns
        -------
        FileResult
        """
        known = {field.name: values[field.name] for field in fields(cls) if field.name in values}
        for name in ("outputs", "dropped", "palette"):
            known[name] = tuple(known.get(name) or ())
        for name in ("psnr", "own_psnr"):
            known[name] = None if known.get(name) is None else float(known[name])
        return cls(**known)
