"""A results folder: annotations, images, regions, and which ions lie together."""

from __future__ import annotations

import json
import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from metaspace import _native
from metaspace._options import OneOrMore, PathLike, as_list
from metaspace._progress import Progress, Shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from anndata import AnnData
    from numpy.typing import NDArray
    from spatialdata import SpatialData

#: FDR up to which ions are taken where none is said.
FDR = 0.1


class OpticalImage(NamedTuple):
    """An optical image of the section."""

    #: Name of the file that it came from.
    name: str
    #: Height × width × 3.
    pixels: NDArray[np.uint8]
    #: 3 × 3, from (column, row, 1) of `pixels` to those of the ion images.
    placement: NDArray[np.float64]


class Results:
    """A results folder that `annotate` or the command ``metaspace annotate`` wrote.

    Tables are read when they are asked for; an image is read from its place in its file.

    Parameters
    ----------
    location : path
        The folder, or ``s3://BUCKET/KEY``, whose files are fetched to a temporary folder first.

    Raises
    ------
    ResultsError
        It is no results folder, or of another version.

    Examples
    --------
    >>> import metaspace as ms
    >>> tissue = ms.simulate("tissue", width=24, height=18, progress=False)
    >>> results = ms.annotate(tissue.imzml, out="results", progress=False)
    >>> best = results.select(fdr=0.1, order="-msm")
    >>> results.image(best["ion"][0]).shape
    (18, 24)
    >>> results.images(fdr=0.1).shape == (len(results.select(fdr=0.1)), 18, 24)
    True
    """

    def __init__(self, location: PathLike) -> None:
        self._native = _native.Results(os.fspath(location))

    def __repr__(self) -> str:
        height, width = self.shape
        return f"<metaspace.Results {self.location}: {width} × {height} pixels>"

    @property
    def location(self) -> str:
        """Where the results are, as it was given."""
        return self._native.location

    @property
    def folder(self) -> Path:
        """The folder of this machine that is read."""
        return Path(self._native.folder)

    @cached_property
    def record(self) -> dict[str, Any]:
        """``run.json``: options, settings, inputs, counts, warnings, times."""
        record: dict[str, Any] = json.loads(self._native.record)
        return record

    @property
    def name(self) -> str:
        """What the dataset is called: the imzML file without its extension."""
        return Path(str(self.record["dataset"]["imzml"])).stem

    @property
    def databases(self) -> list[str]:
        """Names of the molecule tables."""
        return [table["name"] for table in self.record["databases"]]

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of an image, in pixels."""
        return self._native.shape

    def table(self, name: str) -> _native.Table:
        """Read a table of the folder by the name of its file without ``.parquet``."""
        return self._native.table(name)

    @property
    def annotations(self) -> _native.Table:
        """All annotations, whatever their FDR; the columns are those of ``annotations.parquet``.

        Any library that reads Arrow takes the table without a copy: ``polars.DataFrame(table)``,
        ``pyarrow.table(table)``, ``duckdb.from_arrow(pyarrow.table(table))``.
        """
        return self.table("annotations")

    @property
    def pixels(self) -> _native.Table:
        """Position, ion current and number of peaks of each pixel that has a spectrum."""
        return self.table("pixels")

    @property
    def mean_spectrum(self) -> _native.Table:
        """The mean of all spectra."""
        return self.table("mean_spectrum")

    def select(
        self,
        *,
        fdr: float | None = None,
        database: str | None = None,
        text: str | None = None,
        adduct: str | None = None,
        molecule_class: str | None = None,
        mz_min: float | None = None,
        mz_max: float | None = None,
        msm_min: float | None = None,
        on_sample: bool = False,
        order: str | None = None,
    ) -> _native.Table:
        """Select annotations.

        Parameters
        ----------
        fdr : float
            Highest FDR, 0 to 1.
        database, adduct, molecule_class : str
            Molecule table, adduct, and class of one of its molecules.
        text : str
            What the ion, or the name or identifier of a molecule contains.
        mz_min, mz_max : float
            Lowest and highest m/z in Th.
        msm_min : float
            Lowest metabolite-signal match, 0 to 1.
        on_sample : bool
            Leave out what lies off the tissue or may be the matrix.
        order : str
            A column such as ``"mz"``, or ``"-msm"`` from the largest; by default as in the folder.

        Returns
        -------
        Table
            Columns as `annotations`.

        Raises
        ------
        OptionError
            The order is none.
        """
        rows = self._rows(
            fdr, database, text, adduct, molecule_class, mz_min, mz_max, msm_min, on_sample, order
        )
        return self._native.rows_of("annotations", rows)

    def _rows(
        self,
        fdr: float | None = None,
        database: str | None = None,
        text: str | None = None,
        adduct: str | None = None,
        molecule_class: str | None = None,
        mz_min: float | None = None,
        mz_max: float | None = None,
        msm_min: float | None = None,
        on_sample: bool = False,
        order: str | None = None,
    ) -> list[int]:
        return self._native.select(
            fdr, database, text, adduct, molecule_class, mz_min, mz_max, msm_min, on_sample, order
        )

    def image(
        self, ion: str, adduct: str | None = None, *, isotope: int = 0
    ) -> NDArray[np.float32]:
        """Read an ion image.

        Parameters
        ----------
        ion : str
            A formula, with `adduct`; or the ion, ``"C42H82NO8P+K+"``; or a molecule, ``"PI 38:4"``.
        adduct : str
            Adduct such as ``"+K"``.
        isotope : int
            Place of the isotopic peak by m/z, from 0.

        Returns
        -------
        ndarray of float32, shape (height, width)
            Intensities; 0 where there is no signal, NaN where there is no spectrum.

        Raises
        ------
        UnknownIonError
            No annotation is called so, or its pattern has no such isotope.
        """
        name = ion if adduct is None else f"{ion} {adduct}"
        image = self._native.image(self._native.find(name), isotope)
        if image is None:
            from metaspace.errors import UnknownIonError

            raise UnknownIonError(f"`{name}` has no image of isotope {isotope}")
        return image

    def images(
        self, fdr: float | None = FDR, *, database: str | None = None, isotope: int = 0
    ) -> NDArray[np.float32]:
        """Read the images of all annotations up to an FDR.

        Returns
        -------
        ndarray of float32, shape (n, height, width)
            In the order of ``select(fdr=fdr, database=database)``; NaN where there is no spectrum.
        """
        return self._native.images(self._rows(fdr, database), isotope)

    @property
    def tic(self) -> NDArray[np.float64]:
        """Total ion current; shape (height, width), NaN where there is no spectrum."""
        return self._native.tic()

    @property
    def measured(self) -> NDArray[np.bool_]:
        """Where there is a spectrum; shape (height, width)."""
        return self._native.measured()

    @property
    def regions(self) -> dict[str, NDArray[np.bool_]]:
        """Regions that were drawn in the viewer, by name; each of shape (height, width)."""
        return self._native.regions()

    def colocalization(
        self,
        ion: str,
        *,
        fdr: float = FDR,
        measure: str | None = None,
        n_best: int | None = None,
        min_score: float | None = None,
        preset: str = "default",
        normalize: str = "none",
    ) -> _native.Table:
        """Find the ions that lie where one lies.

        Parameters
        ----------
        ion : str
            As in `image`.
        fdr : float
            FDR, 0 to 1, up to which ions are compared.
        measure : str
            Such as ``"median_thresholded_cosine"``, the default, ``"cosine"`` or ``"pearson"``.
        n_best : int
            Partners at most; by default 20.
        min_score : float
            Least score of a partner; by default 0.3.
        preset : str
            ``"default"``, or ``"metaspace"`` for images of 8 bits as the METASPACE engine compares.
        normalize : str
            By what intensities are divided: ``"none"``, ``"tic"``, ``"rms"``, ``"ion=PI 38:4"`` or
            ``"mz=885.55"``; an m/z needs kept peaks.

        Returns
        -------
        Table
            ``ion``, ``score``, ``fdr`` and ``moleculeNames``, best first.

        Raises
        ------
        UnknownIonError, ColocalizationError
        """
        return self._native.partners(
            ion, fdr, measure, _is_metaspace(preset), n_best, min_score, normalize
        )

    def colocalization_matrix(
        self,
        *,
        fdr: float = FDR,
        measure: str | None = None,
        preset: str = "default",
        normalize: str = "none",
    ) -> tuple[list[str], NDArray[np.float32]]:
        """Compare all pairs of ions up to an FDR; the parameters are those of `colocalization`.

        Returns
        -------
        ions : list of str
            The ions, best first.
        scores : ndarray of float32, shape (n, n)
        """
        return self._native.pair_scores(fdr, measure, _is_metaspace(preset), normalize)

    def figure(
        self,
        out: PathLike,
        *,
        ion: OneOrMore = None,
        fdr: float | None = None,
        n_best: int | None = None,
        composite: bool = False,
        one_scale: bool = False,
        columns: int | None = None,
        width_mm: float | None = None,
        dpi: float | None = None,
        title: str | None = None,
        colormap: str | None = None,
        scale: str | None = None,
        hotspot: float | None = None,
        normalize: str = "none",
        pixel_size: float | None = None,
        region: OneOrMore = None,
        spectrum: bool = False,
        optical: str | None = None,
        opacity: float | None = None,
        force: bool = False,
    ) -> list[str]:
        """Draw a figure for a paper, as ``metaspace figure`` does.

        Parameters
        ----------
        out : path
            The file, which ends in ``.svg``, ``.pdf`` or ``.png``.
        ion : str or list of str
            Ions or molecules; by default the best.
        fdr : float
            Of the best, those up to this FDR; by default 0.1.
        n_best : int
            How many of the best; by default 12.
        composite : bool
            All in one picture, each in a colour.
        one_scale : bool
            The same colours for the same intensity in all images.
        columns : int
            Images beside each other; by default up to 4.
        width_mm, dpi : float
            Width of the figure, by default 180 mm, and dots of an inch of a PNG, by default 300.
        title : str
            Stands above the images.
        colormap : str
            ``"viridis"``, ``"magma"``, ``"inferno"``, ``"cividis"`` or ``"grey"``, or one of them with
            ``-reversed``.
        scale : str
            ``"linear"``, ``"sqrt"``, ``"log"`` or ``"rank"``.
        hotspot : float
            Quantile, 0 to 1, at which intensities are clipped; by default 0.99.
        normalize : str
            As in `colocalization`.
        pixel_size : float
            Side of a pixel in µm, in place of what the imzML says.
        region : str or list of str
            Regions whose intensities are drawn as box plots below each image: the name of one that was
            drawn in the viewer, ``"tissue"``, ``"whole"``, or a file of regions.
        spectrum : bool
            The mean spectrum below all, with the ions marked.
        optical : str
            Where the optical image is drawn: ``"over"`` or ``"under"`` the ion images, or ``"beside"``.
        opacity : float
            Of what lies above, 0 to 1; by default 0.5.
        force : bool
            Overwrite a file.

        Returns
        -------
        list of str
            The ions, in the order of the images.
        """
        ions, _ = self._native.figure(
            os.fspath(out),
            as_list(ion),
            fdr,
            n_best,
            composite,
            one_scale,
            columns,
            width_mm,
            dpi,
            title,
            colormap,
            scale,
            hotspot,
            normalize,
            pixel_size,
            as_list(region),
            spectrum,
            optical,
            opacity,
            force,
        )
        return ions

    def report(
        self,
        out: PathLike | None = None,
        *,
        fdr: float | None = None,
        max_rows: int | None = None,
        best: int | None = None,
        ion: OneOrMore = None,
        pixel_size: float | None = None,
        progress: Progress = None,
    ) -> Path:
        """Write the report: one HTML file that opens from disk.

        Parameters
        ----------
        out : path
            The file; by default ``report.html`` in the folder.
        fdr : float
            List annotations up to this FDR; by default 0.2.
        max_rows, best : int
            Annotations listed at most, and ions shown in detail.
        ion : str or list of str
            Ions or molecules that are shown in detail besides.
        pixel_size : float
            Side of a pixel in µm, in place of what the imzML says.
        progress : callable or bool
            As in `annotate`.

        Returns
        -------
        Path
            The file.
        """
        with Shown(progress) as shown:
            path = self._native.report(
                None if out is None else os.fspath(out),
                fdr,
                max_rows,
                best,
                as_list(ion),
                pixel_size,
                shown.callback,
            )
        return Path(path)

    @property
    def optical_image(self) -> OpticalImage | None:
        """The optical image beside the results, or `None`; see `place_optical_image`."""
        found = self._native.optical()
        if found is None:
            return None
        import numpy as np

        name, pixels, rows = found
        return OpticalImage(name, pixels, np.array([*rows, [0.0, 0.0, 1.0]]))

    def place_optical_image(
        self,
        picture: PathLike | None = None,
        *,
        points: Sequence[tuple[Sequence[float], Sequence[float]]] | None = None,
        placement: Sequence[float] | None = None,
    ) -> None:
        """Put an optical image of the section beside the results, or place the one that is there.

        Parameters
        ----------
        picture : path
            PNG, JPEG, TIFF, BMP or WebP; by default the one that is there.
        points : sequence of pairs
            Three points, each as column and row of the file and column and row of the ion images:
            ``((1200, 840), (31.5, 22))``.
        placement : six numbers
            a, b, c, d, e, f of x = a·u + c·v + e, y = b·u + d·v + f, from pixels of the file (u, v) to
            those of the ion images (x, y). Without it and points a new picture is as large as fits.

        Raises
        ------
        ResultsError
            The picture cannot be read, or there is none.
        OptionError
            Points or numbers place it nowhere.
        """
        pairs = None if points is None else [(list(map(float, u)), list(map(float, x))) for u, x in points]
        numbers = None if placement is None else list(map(float, placement))
        self._native.place_optical(None if picture is None else os.fspath(picture), numbers, pairs)

    def to_anndata(
        self,
        fdr: float | None = FDR,
        *,
        database: str | None = None,
        use_tic: bool = False,
        measured_only: bool = False,
    ) -> AnnData:
        """Make an AnnData object as metaspace-converter makes it.

        ``X`` has a row for each place of the image, row by row, and a column for each annotation:
        float64, 0 where there is no signal. Places without a spectrum are rows of 0.

        Parameters
        ----------
        fdr : float
            Highest FDR, 0 to 1; `None` takes all annotations.
        database : str
            Molecule table; by default the only one, and it must be named if there are several.
        use_tic : bool
            Divide by the total ion current of the pixel.
        measured_only : bool
            Leave out the places without a spectrum.

        Returns
        -------
        AnnData
            ``obs`` with the place of each pixel, ``var`` with the columns of
            `metaspace.client.SMDataset.results`, ``obsm["spatial"]`` with x and y in pixels, and
            ``uns["metaspace"]``.

        Raises
        ------
        ImportError
            The package anndata is not installed.
        """
        from metaspace._anndata import to_anndata

        return to_anndata(
            self, fdr=fdr, database=database, use_tic=use_tic, measured_only=measured_only
        )

    def to_spatialdata(
        self,
        fdr: float | None = FDR,
        *,
        database: str | None = None,
        use_tic: bool = False,
        add_points: bool = True,
    ) -> SpatialData:
        """Make a SpatialData object as metaspace-converter makes it.

        Parameters
        ----------
        fdr, database, use_tic
            As in `to_anndata`.
        add_points : bool
            Add the pixels as points, with the intensities of their ions.

        Returns
        -------
        SpatialData
            ``tables["table"]`` is that of `to_anndata`; ``points["maldi_points"]`` are the pixels,
            in µm in the coordinate system ``global``.

        Raises
        ------
        ImportError
            The package spatialdata is not installed.
        ResultsError
            The imzML did not say the size of a pixel.
        """
        from metaspace._spatialdata import to_spatialdata

        return to_spatialdata(
            self, fdr=fdr, database=database, use_tic=use_tic, add_points=add_points
        )


def _is_metaspace(preset: str) -> bool:
    if preset not in ("default", "metaspace"):
        from metaspace.errors import OptionError

        raise OptionError(f"preset: must be default or metaspace, not `{preset}`")
    return preset == "metaspace"


def open(location: PathLike) -> Results:
    """Open a results folder; the same as `Results`.

    Examples
    --------
    >>> import metaspace as ms
    >>> tissue = ms.simulate("tissue", width=24, height=18, progress=False)
    >>> _ = ms.annotate(tissue.imzml, out="results", progress=False)
    >>> ms.open("results").name
    'demo'
    """
    return Results(location)
