"""Results as an AnnData object, laid out as metaspace-converter lays it out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from metaspace._missing import needed

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

    from metaspace._results import Results

SPATIAL_KEY = "spatial"
METASPACE_KEY = "metaspace"
OBS_INDEX_NAME = "ion_image_pixel"
VAR_INDEX_NAME = "formula_adduct"

#: Columns of `var` that hold lists, which AnnData cannot write.
_LISTS = ("isotopeImages", "moleculeNames", "moleculeIds", "isomers", "isobars")


def to_anndata(
    results: Results,
    *,
    fdr: float | None,
    database: str | None,
    use_tic: bool,
    measured_only: bool,
) -> AnnData:
    """Make the object; see `metaspace.Results.to_anndata`."""
    anndata = needed("anndata", "to_anndata", "anndata")
    np = needed("numpy", "to_anndata", "anndata")
    from metaspace.client import SMDataset

    dataset = SMDataset(results)
    chosen = dataset._one_database(database)
    rows, frame = dataset._frame(chosen, fdr)
    values = results._native.matrix(rows)
    if use_tic:
        tic = results.tic.reshape(-1, 1)
        is_there = tic > 0
        np.divide(values, tic, out=values, where=is_there)
        values[~is_there[:, 0]] = 0.0
    obs = _places(results)
    if measured_only:
        is_measured = results.measured.reshape(-1)
        values, obs = values[is_measured], obs[is_measured]
    var = _with_index(frame)
    made: AnnData = anndata.AnnData(
        X=values,
        obs=obs,
        var=var,
        obsm={SPATIAL_KEY: obs[["ion_image_pixel_x", "ion_image_pixel_y"]].to_numpy()},
        uns={
            METASPACE_KEY: _about(
                results,
                {
                    "fdr": fdr,
                    "database": chosen,
                    "use_tic": use_tic,
                    "measured_only": measured_only,
                },
            ),
            **_optical(results),
        },
    )
    return made


def _optical(results: Results) -> dict[str, Any]:
    """The optical image where squidpy and scanpy look for it, if there is one."""
    found = results._native.centered_optical()
    if found is None:
        return {}
    pixels, zoom = found
    # A pixel is as wide as its picture has points.
    scales = {"tissue_hires_scalef": float(zoom), "spot_diameter_fullres": 1.0}
    picture = {"images": {"hires": pixels}, "scalefactors": scales}
    return {SPATIAL_KEY: {METASPACE_KEY: picture}}


def _places(results: Results) -> pd.DataFrame:
    """Where each row of `X` is: the places of the image, row by row."""
    import numpy as np
    import pandas as pd

    height, width = results.shape
    y, x = np.divmod(np.arange(height * width), width)
    index = pd.RangeIndex(height * width, name=OBS_INDEX_NAME).astype(str)
    columns = {
        "ion_image_shape_y": np.full(height * width, height),
        "ion_image_shape_x": np.full(height * width, width),
        "ion_image_pixel_y": y,
        "ion_image_pixel_x": x,
    }
    return pd.DataFrame(columns, index=index)


def _with_index(frame: pd.DataFrame) -> pd.DataFrame:
    """Name ions as metaspace-converter does, and write lists as JSON."""
    import numpy as np

    frame = frame.reset_index()
    names = frame["formula"] + frame["adduct"] + frame["chemMod"] + frame["neutralLoss"]
    frame[VAR_INDEX_NAME] = names
    for name in _LISTS:
        frame[name] = [json.dumps(value) for value in frame[name]]
    for name in frame.columns:
        # AnnData cannot write a column of nothing but `None`.
        if frame[name].isna().all():
            frame[name] = np.nan
    frame["offSample"] = frame["offSample"].astype("float64")
    return frame.set_index(VAR_INDEX_NAME)


def _about(results: Results, parameters: dict[str, Any]) -> dict[str, Any]:
    """What is known of the dataset. Lists of objects become objects, which AnnData can write."""
    from metaspace.client import SMDataset

    dataset = SMDataset(results)
    details = {str(place): db.info for place, db in enumerate(dataset.database_details)}
    about = {
        "id": dataset.id,
        "name": dataset.name,
        "adducts": dataset.adducts,
        "databases": dataset.databases,
        "database_details": details,
        "polarity": dataset.polarity,
        "image_size": dataset.image_size,
        "status": dataset.status,
        "metadata": dict(dataset.metadata),
        "config": dataset.config,
        "metaspace_to_anndata_parameters": parameters,
    }
    known: dict[str, Any] = _without_nothing(about)
    return known


def _without_nothing(value: Any) -> Any:
    """Leave out what is not known, as AnnData cannot write it."""
    if isinstance(value, dict):
        return {key: _without_nothing(item) for key, item in value.items() if item is not None}
    return value
