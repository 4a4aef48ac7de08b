"""A dataset: pixels, spectra, and images of any m/z."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from metaspace import _native
from metaspace._options import PathLike, as_json
from metaspace._progress import Progress, Shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Mass tolerance in ppm where none is given, as of `metaspace extract`.
PPM = 3.0


class Spectrum(NamedTuple):
    """A spectrum.

    Attributes
    ----------
    mzs : ndarray of float64, shape (n,)
        m/z in Th, ascending.
    intensities : ndarray, shape (n,)
        Intensity of each, above 0: float32 of a pixel, float64 of a mean.
    """

    mzs: NDArray[np.float64]
    intensities: NDArray[np.floating]


class Dataset:
    """An imzML file with its ibd.

    Profile spectra are read as the peaks that are picked from them.

    Parameters
    ----------
    imzml : path
        The imzML file, or ``s3://BUCKET/KEY``.
    ibd : path
        The ibd, where it is not beside the imzML.
    polarity : str
        ``"positive"`` or ``"negative"``, where the file has spectra of both, or does not say.
    z : int
        Plane of a dataset that has several.
    duplicates : str
        ``"sum"``, ``"mean"`` or ``"first"`` of several spectra at one pixel.
    mobility_min, mobility_max : float
        Ion mobilities of the points to look at, in the unit of the file; by default all, added up.
    ignore_uuid, verify : bool
        Read an ibd of another UUID; compare the ibd with its checksum.
    assume_centroid : bool
        Take the spectra for centroids whatever they look like.
    snr, peak_by : float, str
        How peaks are picked from profile spectra.

    Raises
    ------
    ImzmlError
        The imzML or the ibd is wrong.

    Examples
    --------
    >>> import metaspace as ms
    >>> tissue = ms.simulate("tissue", width=24, height=18, progress=False)
    >>> dataset = ms.Dataset(tissue.imzml)
    >>> dataset.shape, dataset.polarity
    ((18, 24), 'positive')
    >>> dataset.image(885.5499, ppm=5).shape
    (18, 24)
    >>> mzs, intensities = dataset.spectrum(x=12, y=9)
    >>> bool((mzs[1:] > mzs[:-1]).all())
    True
    """

    def __init__(
        self,
        imzml: PathLike,
        *,
        ibd: PathLike | None = None,
        polarity: str | None = None,
        z: int | None = None,
        duplicates: str | None = None,
        mobility_min: float | None = None,
        mobility_max: float | None = None,
        ignore_uuid: bool = False,
        verify: bool = False,
        assume_centroid: bool = False,
        snr: float | None = None,
        peak_by: str | None = None,
    ) -> None:
        options = as_json(
            {
                "ibd": ibd,
                "polarity": polarity,
                "z": z,
                "duplicates": duplicates,
                "mobility_min": mobility_min,
                "mobility_max": mobility_max,
                "ignore_uuid": ignore_uuid,
                "verify": verify,
                "assume_centroid": assume_centroid,
                "snr": snr,
                "peak_by": peak_by,
            }
        )
        self._native = _native.Dataset(os.fspath(imzml), options)

    def __repr__(self) -> str:
        height, width = self.shape
        return f"<metaspace.Dataset {self.imzml}: {width} × {height} pixels>"

    @property
    def imzml(self) -> str:
        """Name of the imzML file."""
        return self._native.imzml

    @property
    def ibd(self) -> str:
        """Name of the ibd file."""
        return self._native.ibd

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of an image, in pixels."""
        return self._native.shape

    @property
    def n_pixels(self) -> int:
        """Pixels that have a spectrum."""
        return self._native.n_pixels

    @property
    def n_spectra(self) -> int:
        """Spectra that are read."""
        return self._native.n_spectra

    @property
    def polarity(self) -> str | None:
        """``"positive"``, ``"negative"``, or `None` where it is not known."""
        return self._native.polarity

    @property
    def pixel_size(self) -> tuple[float, float] | None:
        """Width and height of a pixel in µm; `None` where the file does not say."""
        return self._native.pixel_size

    @property
    def is_profile(self) -> bool:
        """Whether the spectra are profiles, from which peaks are picked."""
        return self._native.is_profile

    @property
    def pixels(self) -> NDArray[np.uint32]:
        """Column and row of each pixel that has a spectrum, from 0, in raster order; shape (n, 2)."""
        return self._native.pixels()

    @property
    def measured(self) -> NDArray[np.bool_]:
        """Where there is a spectrum; shape (height, width)."""
        return self._native.measured()

    def spectrum(self, x: int, y: int) -> Spectrum:
        """Read the spectrum at column `x` and row `y`, from 0; several there are merged.

        Raises
        ------
        OptionError
            No spectrum lies there.
        """
        return Spectrum(*self._native.spectrum(x, y))

    def mean_spectrum(self) -> Spectrum:
        """Compute the mean of all spectra, in bins of a 16,384th of a doubling of m/z."""
        mzs, intensities, _ = self._native.mean_spectrum()
        return Spectrum(mzs, intensities)

    def image(self, mz: float, ppm: float = PPM) -> NDArray[np.float32]:
        """Draw the image of an m/z.

        Parameters
        ----------
        mz : float
            m/z in Th.
        ppm : float
            Tolerance to each side.

        Returns
        -------
        ndarray of float32, shape (height, width)
            The sum of the peaks within the window; NaN where there is no spectrum.
        """
        image: NDArray[np.float32] = self.images([mz], ppm)[0]
        return image

    def images(
        self,
        mzs: Sequence[float],
        ppm: float = PPM,
        *,
        threads: int | None = None,
        progress: Progress = False,
    ) -> NDArray[np.float32]:
        """Draw the images of several m/z; the spectra are read once for all of them.

        Returns
        -------
        ndarray of float32, shape (n, height, width)
            NaN where there is no spectrum.
        """
        with Shown(progress) as shown:
            values = [float(mz) for mz in mzs]
            return self._native.images(values, float(ppm), threads, shown.callback)
