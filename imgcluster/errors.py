"""The package's own exceptions and warnings.

Values and shapes raise ValueError, wrong kinds raise TypeError; the rest stands in this tree (NotFittedError is a
ValueError and an AttributeError, as in scikit-learn)::

    ImgclusterError
    ├── ImageReadError       a file is missing, is no image, or is damaged
    │   └── NoPictureError   of many files none is a picture that can be read
    ├── PaletteReadError     a palette file is missing, or a line of it is no color
    ├── ImageWriteError      an output cannot be written, or its format cannot hold the picture
    ├── FolderBusyError      another run is writing into the folder of outputs
    ├── WorkerError          worker processes do not start
    │   └── SchedulerError   a Dask scheduler cannot be reached, or its workers cannot work
    └── KernelError          a forced kernel backend or instruction set is not available
    NotFittedError           a clusterer was asked for what only a fit can tell

    UserWarning
    ├── ConversionWarning    reading a picture lost something (alpha, frames, bit depth, color profile)
    └── ConvergenceWarning   a fit stopped before it converged
"""


class ImgclusterError(Exception):
    """Base of every error of the package that is not a plain ValueError or TypeError."""


class ImageReadError(ImgclusterError):
    """A picture cannot be read: missing, not an image, truncated, too large."""


class NoPictureError(ImageReadError):
    """Of the inputs of a palette none is a picture that can be read, or there are none."""


class PaletteReadError(ImgclusterError):
    """A palette file cannot be read: missing, of an unknown kind, or with a line that is no color."""


class ImageWriteError(ImgclusterError):
    """A picture cannot be written: folder missing, no permission, disk full, unfit format."""


class FolderBusyError(ImgclusterError):
    """Another run is writing into the folder of outputs.

    Attributes
    ----------
    folder : str
        The folder.
    pid : int or None
        The process id of that run, None where it cannot be told.
    host : str
        The machine that it runs on, empty for this one.
    """

    def __init__(self, folder: str, pid: int | None, host: str = "") -> None:
        self.folder, self.pid, self.host = folder, pid, host
        holder = "another run" if pid is None else f"process {pid}"
        where = f" on {host}" if host else ""
        super().__init__(f"{folder!a} is being written by {holder}{where}; wait for it or choose another folder")

    def __reduce__(self) -> tuple[type["FolderBusyError"], tuple[str, int | None, str]]:
        return FolderBusyError, (self.folder, self.pid, self.host)


class WorkerError(ImgclusterError):
    """Worker processes do not start: no memory or no processes left, or a broken installation."""


class SchedulerError(WorkerError):
    """A Dask scheduler cannot be reached, has no workers, was lost in the middle, or Dask is not installed."""


class KernelError(ImgclusterError):
    """The kernels or the instruction set asked for by an environment variable are not available."""


class NotFittedError(ValueError, AttributeError):
    """A clusterer was asked for what only a fit can tell."""


class ConversionWarning(UserWarning):
    """Something of the picture was lost on the way in, and the message says what."""


class ConvergenceWarning(UserWarning):
    """The fit stopped at max_iter before it converged."""
