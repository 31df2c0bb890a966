"""Responsibilities as pictures: one gray mask a cluster."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from imgcluster.cli._targets import make_folder_of
from imgcluster.errors import ImageWriteError

if TYPE_CHECKING:
    from imgcluster.quantization import Quantized


@dataclass(frozen=True)
class Masks:
    """A folder for masks: NAME-mask-000.png and so on, white where a pixel belongs to the cluster entirely."""

    folder: str
    force: bool

    def check(self, name: str) -> None:
        """Refuse to overwrite masks without force, before any work."""
        first = self._target(name, 0)
        if first.exists() and not self.force:
            raise ImageWriteError(f"the mask {first} exists; -f overwrites it, or choose another --soft-masks")

    def write(self, result: "Quantized", name: str) -> None:
        """Write a mask for each palette entry."""
        from imgcluster.picture import write_image

        make_folder_of(str(self._target(name, 0)))
        for k in range(len(result.palette)):
            write_image((255 * result.responsibilities(k) + 0.5).astype("uint8"), self._target(name, k))

    def _target(self, name: str, k: int) -> Path:
        return Path(self.folder) / f"{name}-mask-{k:03d}.png"
