"""How pictures are written, and what becomes of their originals: chosen once for a run."""

from __future__ import annotations

from dataclasses import dataclass

ORIGINAL = "original"
"""The kind of output that is a copy of the input, in place of a picture that would be larger."""

STAYS = ""
"""The place of an original that is kept where it is, without a copy."""


@dataclass(frozen=True)
class Writing:
    """How pictures are written, and what becomes of their originals.

    Attributes
    ----------
    skip_if_larger : bool
        Whether the original is kept if the picture would not be smaller.
    strip : bool
        Whether metadata is left out.
    optimize : int
        How much is tried for a small PNG, 0 to 3.
    preserve : bool
        Whether outputs get the time of change and the mode of the input.
    in_place : bool
        Whether pictures replace their originals.
    backup : bool
        Whether an original that is replaced is kept beside its picture, as NAME~.
    """

    skip_if_larger: bool = False
    strip: bool = False
    optimize: int = 1
    preserve: bool = False
    in_place: bool = False
    backup: bool = False

    def __post_init__(self) -> None:
        if self.optimize != 1:
            from imgcluster.picture import check_encoding

            check_encoding(0, self.optimize, None)

    @property
    def of_bytes(self) -> tuple[bool, bool, int]:
        """Return what the bytes of the outputs depend on."""
        return self.skip_if_larger, self.strip, self.optimize
