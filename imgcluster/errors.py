"""The package's own exceptions and warnings.

Values and shapes raise ValueError, wrong kinds raise TypeError; the rest stands in this tree (NotFittedError is a
ValueError and an AttributeError, as in scikit-learn)::

    ImgclusterError
    ├── ImageReadError       a file is missing, is no image, or is damaged
    ├── PaletteReadError     a palette file is missing, or a line of it is no colour
    ├── ImageWriteError      an output cannot be written, or its format cannot hold the picture
    └── KernelError          a forced kernel backend or instruction set is not available
    NotFittedError           a clusterer was asked for what only a fit can tell

    UserWarning
    ├── ConversionWarning    reading a picture lost something (alpha, frames, bit depth, colour profile)
    └── ConvergenceWarning   a fit stopped before it converged
"""


class ImgclusterError(Exception):
    """Base of every error of the package that is not a plain ValueError or TypeError."""


class ImageReadError(ImgclusterError):
    """A picture cannot be read: missing, not an image, truncated, too large."""


class PaletteReadError(ImgclusterError):
    """A palette file cannot be read: missing, of an unknown kind, or with a line that is no colour."""


class ImageWriteError(ImgclusterError):
    """A picture cannot be written: folder missing, no permission, disk full, unfit format."""


class KernelError(ImgclusterError):
    """The kernels or the instruction set asked for by an environment variable are not available."""


class NotFittedError(ValueError, AttributeError):
    """A clusterer was asked for what only a fit can tell."""


class ConversionWarning(UserWarning):
    """Something of the picture was lost on the way in, and the message says what."""


class ConvergenceWarning(UserWarning):
    """The fit stopped at max_iter before it converged."""
