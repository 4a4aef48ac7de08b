"""The annotation of a dataset."""

from __future__ import annotations

import os
from typing import Literal

from metaspace import _native
from metaspace._options import OneOrMore, PathLike, as_json, as_list
from metaspace._progress import Progress, Shown
from metaspace._results import Results


def annotate(
    imzml: PathLike | None = None,
    *,
    peaks: PathLike | None = None,
    database: OneOrMore = None,
    targeted: OneOrMore = None,
    adduct: OneOrMore = None,
    chem_mod: OneOrMore = None,
    neutral_loss: OneOrMore = None,
    preset: str | None = None,
    scoring_model: PathLike | None = None,
    score: str | None = None,
    instrument: str | None = None,
    resolving_power: float | Literal["auto"] | None = None,
    isocalc_sigma: float | None = None,
    ppm: float | Literal["auto"] | None = None,
    recalibrate: str | None = None,
    polarity: str | None = None,
    charge: int | None = None,
    n_peaks: int | None = None,
    mz_min: float | None = None,
    mz_max: float | None = None,
    min_px: int | None = None,
    decoys: int | Literal["all"] | None = None,
    seed: int | None = None,
    entrapment: int | None = None,
    fdr: float | None = None,
    z: int | None = None,
    assume_centroid: bool = False,
    snr: float | None = None,
    peak_by: str | None = None,
    mask: PathLike | None = None,
    out: PathLike | None = None,
    ibd: PathLike | None = None,
    duplicates: str | None = None,
    mobility_min: float | None = None,
    mobility_max: float | None = None,
    ignore_uuid: bool = False,
    verify: bool = False,
    no_coloc: bool = False,
    force: bool = False,
    threads: int | None = None,
    memory: str | None = None,
    keep_peaks: bool = False,
    scratch: PathLike | None = None,
    progress: Progress = None,
) -> Results:
    """Annotate a dataset: find the ions of molecules in it, with a false discovery rate.

    The options are those of the command ``metaspace annotate``, with its defaults. Other threads of
    Python run meanwhile, and Ctrl-C stops the work; nothing is left half-written.

    Parameters
    ----------
    imzml : path
        The imzML file, or ``s3://BUCKET/KEY``; its ibd lies beside it, or see `ibd`.
    peaks : path
        Peaks that a run kept, in place of an imzML: its ``peaks.parquet`` or its results folder.
    database, targeted : path or list of paths
        Molecule tables, TSV or CSV with id, name, formula. By default the one that ships with the
        program.  Of a targeted table every ion gets a row, found or not.
    adduct, chem_mod, neutral_loss : str or list of str
        Adducts such as ``"+H"``, modifications such as ``"+O"``, losses such as ``"-H2O"``.
    preset : str
        ``"default"``, ``"metaspace-v1"`` or ``"metaspace-v3"``.
    scoring_model : path
        A CatBoost model (CBM) whose value replaces MSM in the ranking.
    score : str
        ``"msm"`` or ``"adaptive"``.
    instrument : str
        ``"tof"``, ``"orbitrap"`` or ``"fticr"``.
    resolving_power : float or "auto"
        m/z over FWHM, at m/z 200.
    isocalc_sigma : float
        Standard deviation of a peak in Th at m/z 200, in place of a resolving power.
    ppm : float or "auto"
        Mass tolerance in ppm, to each side.
    recalibrate : str
        ``"auto"``, ``"off"``, or a correction as ``run.json`` has it.
    polarity : str
        ``"positive"`` or ``"negative"``.
    charge, n_peaks : int
        Charge number of the ions, and peaks of an isotopic pattern.
    mz_min, mz_max : float
        Lowest and highest m/z, in Th, of the ions that are searched.
    min_px : int
        Peaks that an image needs so as not to count as absent.
    decoys : int or "all"
        Decoys of each target.
    seed, entrapment : int
        Seed of the draw of decoys, and impossible formulas to add for each formula of a table.
    fdr : float
        FDR, 0 to 1, up to which the summary of the command shows annotations.
    z : int
        Plane of a dataset that has several.
    assume_centroid : bool
        Take the spectra for centroids whatever they look like.
    snr, peak_by : float, str
        Least height over the noise of a peak that is picked, and ``"height"`` or ``"area"``.
    mask : path
        What is tissue: a PNG, a GeoJSON of regions, or a CSV of pixels; by default where most ions are.
    out : path
        Results folder, or ``s3://BUCKET/KEY``; by default ``NAME-results`` in the current folder.
    ibd : path
        The ibd, where it is not beside the imzML.
    duplicates : str
        ``"sum"``, ``"mean"`` or ``"first"`` of several spectra at one pixel.
    mobility_min, mobility_max : float
        Ion mobilities of the points to look at, in the unit of the file; by default all, added up.
    ignore_uuid, verify : bool
        Read an ibd of another UUID; compare the ibd with its checksum.
    no_coloc : bool
        Leave out which ions lie together.
    force : bool
        Write an existing results folder anew.
    threads : int
        Threads; by default one a processor.
    memory : str
        Memory to use, such as ``"8GB"``; by default half of the machine's.
    keep_peaks : bool
        Write all peaks to ``peaks.parquet``.
    scratch : path
        Folder of temporary files.
    progress : callable or bool
        Called with the name of a stage, its steps done, and its steps in all. `None` shows a bar if
        stderr is a terminal; `True` always, `False` never.

    Returns
    -------
    Results
        The results folder that was written.

    Raises
    ------
    MetaspaceError
        Anything that is wrong with the dataset, the options or the machine; no folder is left then.

    Examples
    --------
    >>> import metaspace as ms
    >>> tissue = ms.simulate("tissue", width=24, height=18, progress=False)
    >>> results = ms.annotate(tissue.imzml, adduct=["+H", "+K"], out="results", progress=False)
    >>> results.record["settings"]["adducts"]
    ['+H', '+K']
    """
    options = as_json(
        {
            "database": as_list(database),
            "targeted": as_list(targeted),
            "adduct": as_list(adduct),
            "chem_mod": as_list(chem_mod),
            "neutral_loss": as_list(neutral_loss),
            "preset": preset,
            "scoring_model": scoring_model,
            "score": score,
            "instrument": instrument,
            "resolving_power": resolving_power,
            "isocalc_sigma": isocalc_sigma,
            "ppm": ppm,
            "recalibrate": recalibrate,
            "polarity": polarity,
            "charge": charge,
            "n_peaks": n_peaks,
            "mz_min": mz_min,
            "mz_max": mz_max,
            "min_px": min_px,
            "decoys": decoys,
            "seed": seed,
            "entrapment": entrapment,
            "fdr": fdr,
            "z": z,
            "assume_centroid": assume_centroid,
            "snr": snr,
            "peak_by": peak_by,
            "mask": mask,
            "out": out,
            "ibd": ibd,
            "duplicates": duplicates,
            "mobility_min": mobility_min,
            "mobility_max": mobility_max,
            "ignore_uuid": ignore_uuid,
            "verify": verify,
            "no_coloc": no_coloc,
            "force": force,
            "threads": threads,
            "memory": memory,
            "keep_peaks": keep_peaks,
            "scratch": scratch,
        }
    )
    if (imzml is None) == (peaks is None):
        raise TypeError("annotate() takes an imzML or peaks, and one of them")
    source = imzml if imzml is not None else peaks
    assert source is not None
    with Shown(progress) as shown:
        folder = _native.annotate(
            os.fspath(source), peaks is not None, options, shown.callback, shown.note
        )
    return Results(folder)
