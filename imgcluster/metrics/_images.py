"""How far an image is from its original."""

from __future__ import annotations

import math

from imgcluster.parameters import check_real


def psnr_from_mse(mse: float) -> float:
    """Return the peak signal-to-noise ratio of 8-bit RGB.

    PSNR = 10 log10(255^2 / (mse / 3)), where mse is the squared RGB distance summed over the three channels and
    averaged over the pixels.

    Parameters
    ----------
    mse : float
        Not negative.

    Returns
    -------
    float
        In dB; infinite for mse = 0.

    Examples
    --------
    >>> from imgcluster import metrics
    >>> round(metrics.psnr_from_mse(195.075), 6)
    30.0
    """
    mse = check_real("mse", mse)
    if mse == math.inf:
        return -math.inf
    return 10 * math.log10(255**2 / (mse / 3)) if mse > 0 else math.inf
