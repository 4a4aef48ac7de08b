"""Results as a SpatialData object, laid out as metaspace-converter lays it out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metaspace._anndata import OBS_INDEX_NAME
from metaspace._missing import needed
from metaspace.errors import ResultsError

if TYPE_CHECKING:
    from spatialdata import SpatialData

    from metaspace._results import Results

COORDINATE_SYSTEM = "global"
POINTS_KEY = "maldi_points"
TABLE_KEY = "table"
OPTICAL_KEY = "optical_image"
REGION_KEY = "region"
INSTANCE_KEY = "instance_id"


def to_spatialdata(
    results: Results,
    *,
    fdr: float | None,
    database: str | None,
    use_tic: bool,
    add_points: bool,
) -> SpatialData:
    """Make the object; see `metaspace.Results.to_spatialdata`."""
    spatialdata = needed("spatialdata", "to_spatialdata", "spatialdata")
    from spatialdata.models import TableModel

    pixel_size = results.record["dataset"]["pixel_size_um"]
    if add_points and pixel_size is None:
        raise ResultsError("the imzML did not say the size of a pixel, which points in µm need")
    table = results.to_anndata(fdr, database=database, use_tic=use_tic)
    points = _points(table, pixel_size) if add_points else None
    table.obs[INSTANCE_KEY] = table.obs.index.astype(int)
    # An index and a column of one name are ambiguous.
    table.obs.index.name = "index"
    table.obs[REGION_KEY] = POINTS_KEY
    table.obs[REGION_KEY] = table.obs[REGION_KEY].astype("category")
    table = TableModel.parse(
        table, region=[POINTS_KEY], region_key=REGION_KEY, instance_key=INSTANCE_KEY
    )
    made: SpatialData = spatialdata.SpatialData(
        images=_optical(results, pixel_size),
        points={} if points is None else {POINTS_KEY: points},
        tables={TABLE_KEY: table},
    )
    return made


def _optical(results: Results, pixel_size: tuple[float, float] | None) -> dict[str, Any]:
    """The optical image beside the results in µm, or in pixels where their size is not known."""
    found = results.optical_image
    if found is None:
        return {}
    import numpy as np
    from spatialdata.models import Image2DModel
    from spatialdata.transformations import Affine

    width, height = pixel_size or (1.0, 1.0)
    matrix = np.diag([width, height, 1.0]) @ found.placement
    place = Affine(matrix, input_axes=("x", "y"), output_axes=("x", "y"))
    image = Image2DModel.parse(
        np.moveaxis(found.pixels, 2, 0),
        dims=("c", "y", "x"),
        c_coords=["red", "green", "blue"],
        transformations={COORDINATE_SYSTEM: place},
    )
    return {OPTICAL_KEY: image}


def _points(table: Any, pixel_size: tuple[float, float]) -> Any:
    """The pixels and their intensities, scaled to µm."""
    import pandas as pd
    from spatialdata.models import PointsModel
    from spatialdata.transformations import Scale

    places = pd.DataFrame(
        {
            "x": table.obs["ion_image_pixel_x"].to_numpy(),
            "y": table.obs["ion_image_pixel_y"].to_numpy(),
            OBS_INDEX_NAME: table.obs.index.to_numpy(),
        }
    )
    intensities = pd.DataFrame(table.X, columns=table.var.index)
    # `PointsModel.parse` adds columns one by one, which dask does not bear with hundreds of ions.
    dask = needed("dask.dataframe", "to_spatialdata", "spatialdata")
    points = dask.from_pandas(pd.concat([places, intensities], axis=1), npartitions=1)
    scale = Scale(list(pixel_size), axes=("x", "y"))
    bare = PointsModel.parse(places[["x", "y"]], transformations={COORDINATE_SYSTEM: scale})
    points.attrs.update(bare.attrs)
    PointsModel.validate(points)
    return points
