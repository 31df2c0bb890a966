"""How far an image is from its original, and how well superpixels fit a picture and the contours that people drew.

The superpixel scores follow the definitions of Stutz, Hermans, Leibe (2018). Superpixels S_j and ground-truth regions
G_i are label maps: (height, width) arrays of whole numbers, or segmentations, which have one. Negative labels (outside
a mask) are left out, with N pixels left, as if the picture ended there. Gaps in the numbering do not matter. Labels are
taken as given: a label in two pieces is one superpixel. To count every piece as a superpixel, as the benchmark of that
paper does, split them first, as with ``skimage.measure.label``. With several annotators, take the mean of the scores
against each.

A picture of 481 x 321 pixels takes 1-3 ms a score.
"""

from typing import TYPE_CHECKING

from imgcluster.doors import door

if TYPE_CHECKING:
    from imgcluster.metrics._contours import boundary_precision, boundary_recall
    from imgcluster.metrics._differences import delta_e_2000, squared_error, ssim
    from imgcluster.metrics._images import psnr_from_mse
    from imgcluster.metrics._overlaps import achievable_segmentation_accuracy, undersegmentation_error
    from imgcluster.metrics._shapes import compactness, explained_variation

__all__ = [
    "achievable_segmentation_accuracy",
    "boundary_precision",
    "boundary_recall",
    "compactness",
    "delta_e_2000",
    "explained_variation",
    "psnr_from_mse",
    "squared_error",
    "ssim",
    "undersegmentation_error",
]

if not TYPE_CHECKING:
    __getattr__ = door(
        __name__,
        {
            "_contours": ("boundary_precision", "boundary_recall"),
            "_differences": ("delta_e_2000", "squared_error", "ssim"),
            "_images": ("psnr_from_mse",),
            "_overlaps": ("achievable_segmentation_accuracy", "undersegmentation_error"),
            "_shapes": ("compactness", "explained_variation"),
        },
    )
