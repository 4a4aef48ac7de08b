"""Ion images clipped and compared as METASPACE does, under the names of its client."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from metaspace import _native

if TYPE_CHECKING:
    import pandas as pd


def clip_hotspots(img: NDArray[Any]) -> NDArray[Any]:
    """Clip an image at the 99 % quantile of its visible pixels, as METASPACE's website shows it.

    Parameters
    ----------
    img : ndarray, shape (height, width)
        Intensities. Those above a 256th of the largest are visible.

    Returns
    -------
    ndarray
        The same shape.

    Examples
    --------
    >>> import numpy as np
    >>> from metaspace.image_processing import clip_hotspots
    >>> float(clip_hotspots(np.array([[0.0, 1.0, 2.0, 100.0]])).max().round(2))
    98.04
    """
    lowest_visible = np.max(img) / 256
    if not lowest_visible > 0:
        return img
    threshold = np.quantile(img[img > lowest_visible], 0.99)
    clipped: NDArray[Any] = np.clip(img, None, threshold)
    return clipped


def colocalization(img_a: NDArray[Any], img_b: NDArray[Any]) -> float:
    """Compare two images by the cosine of what is above their medians, median-filtered.

    Parameters
    ----------
    img_a, img_b : ndarray, shape (height, width)
        Intensities, 0 or more.

    Returns
    -------
    float
        0 for images that have nothing in common, to 1 for images that are alike.

    Raises
    ------
    ColocalizationError
        An intensity is negative or not finite.
    """
    return float(_scores([img_a, img_b])[0, 1])


def colocalization_matrix(
    images: Sequence[NDArray[Any]], labels: Sequence[Any] | None = None
) -> NDArray[np.float32] | pd.DataFrame:
    """Compare all pairs of images; see `colocalization`.

    Parameters
    ----------
    images : list of ndarray, each of shape (height, width)
        Intensities, 0 or more.
    labels : list
        Names of rows and columns.

    Returns
    -------
    ndarray of float32, shape (n, n), or DataFrame if there are labels

    Raises
    ------
    ColocalizationError
        An intensity is negative or not finite.
    """
    scores = _scores(images)
    if labels is None:
        return scores
    import pandas as pd

    return pd.DataFrame(scores, index=list(labels), columns=list(labels))


def _scores(images: Sequence[NDArray[Any]]) -> NDArray[np.float32]:
    if len(images) == 0:
        return np.ones((0, 0), dtype=np.float32)
    scores = _native.colocalization_matrix(np.stack(images).astype(np.float32))
    return np.ones((1, 1), dtype=np.float32) if len(images) == 1 else scores
