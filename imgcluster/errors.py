"""The package's own exceptions and warnings.

Values and shapes raise ValueError, wrong kinds raise TypeError; the rest is in this tree (NotFittedError is a
ValueError and an AttributeError, as in scikit-learn)::

    ImgclusterError
    ├── FileError            something is wrong with a file: name, problem, way out
    │   ├── ImageReadError       a file is missing, is not an image, or is damaged
    │   │   └── NoPictureError   no file among many is a readable picture
    │   ├── PaletteReadError     a palette file is missing, or a line of it is not a color
    │   └── ImageWriteError      an output cannot be written, or its format cannot hold the picture
    ├── TargetError          a quality or size that was asked for cannot be reached
    ├── FolderBusyError      another run is writing into the folder of outputs
    ├── WorkerError          worker processes do not start
    │   └── SchedulerError   a Dask scheduler cannot be reached, or its workers cannot work
    └── KernelError          a forced kernel backend or instruction set is not available
    NotFittedError           a clusterer was asked for a result before it was fitted

    UserWarning
    ├── ConversionWarning    the work was done, but not quite as requested
    │   └── LossWarning          reading a picture lost something (alpha, frames, color profile)
    └── ConvergenceWarning   a fit stopped before it converged
"""

from __future__ import annotations

from typing import ClassVar


class ImgclusterError(Exception):
    """Base of every error of the package that is not a plain ValueError or TypeError."""


class TargetError(ImgclusterError):
    """A quality, PSNR or number of bytes that was asked for cannot be reached; the message names the best that can."""


class FileError(ImgclusterError):
    """Something is wrong with a file.

    Parameters
    ----------
    name : str
        The file, as messages name it.
    problem : str
        What is wrong with it.
    way_out : str
        What to do about it; may be empty.

    Examples
    --------
    >>> from imgcluster.errors import ImageReadError
    >>> error = ImageReadError("a.png", "it is empty (0 bytes)", "get a fresh copy")
    >>> str(error)
    'cannot read a.png: it is empty (0 bytes); get a fresh copy'
    >>> error.problem
    'it is empty (0 bytes)'
    """

    deed: ClassVar[str] = "cannot use"

    def __init__(self, name: str, problem: str, way_out: str = "") -> None:
        # all of them: exceptions are pickled by their arguments
        super().__init__(name, problem, way_out)
        self.name, self.problem, self.way_out = name, problem, way_out

    def __str__(self) -> str:
        return f"{self.deed} {self.name}: {self.without_name}"

    @property
    def without_name(self) -> str:
        """The problem and the way out, for lines that begin with the name of the file."""
        return f"{self.problem}; {self.way_out}" if self.way_out else self.problem


class ImageReadError(FileError):
    """A picture cannot be read: missing, not an image, truncated, too large."""

    deed = "cannot read"


class NoPictureError(ImageReadError):
    """There are no inputs for a palette, or no picture among them can be read."""

    deed = "cannot count"


class PaletteReadError(FileError):
    """A palette file cannot be read: missing, of an unknown kind, or with a line that is not a color."""

    deed = "cannot read"


class ImageWriteError(FileError):
    """A picture cannot be written: folder missing, no permission, disk full, unsuitable format."""

    deed = "cannot write"


class FolderBusyError(ImgclusterError):
    """Another run is writing into the folder of outputs.

    Attributes
    ----------
    folder : str
        The folder.
    pid : int or None
        The process id of that run, None if it is not known.
    host : str
        The machine that it runs on, empty for this one.
    """

    def __init__(self, folder: str, pid: int | None, host: str = "") -> None:
        self.folder, self.pid, self.host = folder, pid, host
        holder = "another run" if pid is None else f"process {pid}"
        where = f" on {host}" if host else ""
        super().__init__(f"{folder!a} is being written by {holder}{where}; wait for it or choose another folder")

    def __reduce__(self) -> tuple[type[FolderBusyError], tuple[str, int | None, str]]:
        return FolderBusyError, (self.folder, self.pid, self.host)


class WorkerError(ImgclusterError):
    """Worker processes do not start: no memory or no processes left, or a broken installation."""


class SchedulerError(WorkerError):
    """A Dask scheduler cannot be reached, has no workers, was lost in the middle, or Dask is not installed."""


class KernelError(ImgclusterError):
    """The kernels or the instruction set asked for by an environment variable are not available."""


class NotFittedError(ValueError, AttributeError):
    """A clusterer was asked for a result before it was fitted."""


class ConversionWarning(UserWarning):
    """The work was done, but not quite as requested; the message says what differs."""


class LossWarning(ConversionWarning):
    """Reading a picture lost something visible: transparency, frames, the colors of a profile."""


class ConvergenceWarning(UserWarning):
    """The fit stopped at max_iter before it converged."""
