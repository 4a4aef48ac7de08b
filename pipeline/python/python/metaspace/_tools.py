"""Isotopic patterns, simulated tissues, and what is known of false discoveries."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metaspace import _native
from metaspace._options import PathLike
from metaspace._progress import Progress, Shown
from metaspace._results import Results

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Isotopes:
    """An ion and its isotopic pattern.

    Attributes
    ----------
    ion_formula : str
        Formula of the ion.
    charge : int
        Its charge number, with its sign.
    mzs : ndarray of float64, shape (n,)
        m/z in Th, ascending.
    intensities : ndarray of float64, shape (n,)
        Intensities in percent of the largest.
    """

    ion_formula: str
    charge: int
    mzs: NDArray[np.float64]
    intensities: NDArray[np.float64]


def isotopes(
    formula: str,
    adduct: str | None = None,
    *,
    instrument: str | None = None,
    resolving_power: float | None = None,
    isocalc_sigma: float | None = None,
    polarity: str | None = None,
    charge: int | None = None,
    n_peaks: int | None = None,
    preset: str | None = None,
) -> Isotopes:
    """Compute the isotopic pattern of a formula, as an instrument shows it.

    Parameters
    ----------
    formula : str
        The molecule's formula, or that of an ion with its charge, such as ``"C5H14NO+"``.
    adduct : str
        Adduct such as ``"+H"`` or ``"[M+2H]2+"``; by default ``"+H"``, or ``"-H"`` in negative mode.
    instrument : str
        ``"tof"``, ``"orbitrap"`` (the default) or ``"fticr"``.
    resolving_power : float
        m/z over FWHM at m/z 200; by default 140,000.
    isocalc_sigma : float
        Standard deviation of a peak in Th at m/z 200, in place of a resolving power.
    polarity : str
        ``"positive"`` or ``"negative"``; by default that of the adduct.
    charge : int
        Charge number; by default that of the adduct.
    n_peaks : int
        Peaks of the pattern, 1 to 16; by default 4.
    preset : str
        ``"default"``, ``"metaspace-v1"`` or ``"metaspace-v3"``.

    Returns
    -------
    Isotopes

    Raises
    ------
    OptionError
        The formula or an option makes no sense, or they do not fit together.

    Examples
    --------
    >>> import metaspace as ms
    >>> pattern = ms.isotopes("C42H82NO8P", "+Na")
    >>> pattern.mzs.round(4).tolist()
    [782.567, 783.5704, 784.5735, 785.5764]
    """
    ion_formula, number, mzs, intensities = _native.isotopes(
        formula,
        adduct,
        instrument,
        resolving_power,
        isocalc_sigma,
        polarity,
        charge,
        n_peaks,
        preset,
    )
    return Isotopes(ion_formula, number, mzs, intensities)


@dataclass(frozen=True)
class Tissue:
    """A simulated tissue.

    Attributes
    ----------
    imzml : Path
        The imzML file; its ibd lies beside it.
    truth : Path
        Table of the ions that are in it.
    """

    imzml: Path
    truth: Path


def simulate(
    out: PathLike,
    *,
    preset: str = "demo",
    seed: int | None = None,
    width: int | None = None,
    height: int | None = None,
    molecules: int | None = None,
    unknown: int | None = None,
    shift: float | None = None,
    database: PathLike | None = None,
    force: bool = False,
    threads: int | None = None,
    progress: Progress = None,
) -> Tissue:
    """Simulate a tissue whose every ion is known, and write it as imzML.

    Parameters
    ----------
    out : path
        Folder for the imzML, the ibd and ``truth.parquet``; it is made where there is none.
    preset : str
        Kind of tissue: ``"demo"``, ``"orbitrap-brain"``, ``"fticr-spheroid"``, ``"tof-kidney"`` or
        ``"bench"``.
    seed : int
        The same seed gives the same tissue.
    width, height : int
        Size in pixels.
    molecules, unknown : int
        Molecules in the tissue, and compounds of no table.
    shift : float
        m/z error in ppm that all peaks share.
    database : path
        Molecule table to draw from; by default the one that ships with the program.
    force : bool
        Overwrite existing files.
    threads : int
        Threads; by default one a processor.
    progress : callable or bool
        As in `annotate`.

    Returns
    -------
    Tissue

    Raises
    ------
    MetaspaceError
        A file is there already, a setting makes no sense, or a file cannot be written.

    Examples
    --------
    >>> import metaspace as ms
    >>> ms.simulate("small", width=8, height=6, progress=False).imzml.name
    'demo.imzML'
    """
    with Shown(progress) as shown:
        imzml, truth = _native.simulate(
            os.fspath(out),
            preset,
            seed,
            width,
            height,
            molecules,
            unknown,
            shift,
            None if database is None else os.fspath(database),
            force,
            threads,
            shown.callback,
        )
    return Tissue(Path(imzml), Path(truth))


def evaluate(results: Results | PathLike, truth: PathLike | None = None) -> dict[str, Any]:
    """Check the claimed FDR of results against the truth of a simulated tissue, or by entrapment.

    Parameters
    ----------
    results : Results or path
        A results folder.
    truth : path
        ``truth.parquet`` that `simulate` wrote; results with entrapment do not need it.

    Returns
    -------
    dict
        ``truth`` and ``entrapment``, as far as they are known, as ``metaspace evaluate --json`` has
        them: ``levels`` has an entry for each claimed FDR.

    Raises
    ------
    ResultsError
        There is neither truth nor entrapment, or the truth is of another dataset.

    Examples
    --------
    >>> import metaspace as ms
    >>> tissue = ms.simulate("tissue", width=24, height=18, progress=False)
    >>> results = ms.annotate(tissue.imzml, out="results", progress=False)
    >>> levels = ms.evaluate(results, tissue.truth)["truth"]["levels"]
    >>> [level["claimedFdr"] for level in levels]
    [0.05, 0.1, 0.2, 0.5]
    """
    folder = results.folder if isinstance(results, Results) else results
    text = _native.evaluate(os.fspath(folder), None if truth is None else os.fspath(truth))
    found: dict[str, Any] = json.loads(text)
    return found
