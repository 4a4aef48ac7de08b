"""Reads exports with anndata, spatialdata, scanpy and squidpy, and holds each value against the
Parquet tables that they were made from; prints OK.

Called with a folder that has `results`, `results/regions.geojson`, `ions.csv`, `ions.parquet`, `means.csv`,
`normalized.csv`, `a.zarr` and `s.zarr`; pixels are 50 µm wide and 50 µm high.
"""

import json
import sys
import warnings
from pathlib import Path

import anndata
import numpy as np
import polars as pl

FDR = 0.1
SIZE_UM = 50.0


def read_tables(results):
    """Ions in the order of the annotations, the pixels, and intensities as the tables have them."""
    annotations = pl.read_parquet(results / "annotations.parquet")
    annotations = annotations.filter((pl.col("fdr") <= FDR) & ~pl.col("isEntrapment"))
    annotations = annotations.unique("ion", keep="first", maintain_order=True)
    pixels = pl.read_parquet(results / "pixels.parquet")
    images = pl.read_parquet(results / "ion_images.parquet").filter(pl.col("isotope") == 0)
    by_ion = {row[0]: row[2:] for row in images.iter_rows()}
    dense = np.zeros((pixels.height, annotations.height), np.float32)
    for column, formula in enumerate(annotations["ionFormula"]):
        places, values = by_ion[formula]
        dense[np.array(places, int), column] = np.array(values, np.float32)
    return annotations, pixels, dense


def check_matrices(folder, annotations, pixels, dense):
    for name, read in (("ions.csv", pl.read_csv), ("ions.parquet", pl.read_parquet)):
        table = read(folder / name)
        assert table.columns == ["x", "y", *annotations["ion"]], name
        assert (table["x"] == pixels["x"]).all() and (table["y"] == pixels["y"]).all(), name
        values = table.drop("x", "y").to_numpy().astype(np.float32)
        assert np.array_equal(values, dense), name


def check_normalized(folder, pixels, dense):
    """Divided by the median above 0 of the pixel, times its mean over the pixels."""
    values = pl.read_csv(folder / "normalized.csv").drop("x", "y").to_numpy()
    above = np.where(dense > 0, dense, np.nan).astype(float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a pixel without any ion has no median
        medians = np.nan_to_num(np.nanmedian(above, axis=1))
    factors = np.divide(medians[medians > 0].mean(), medians, out=0 * medians, where=medians > 0)
    expected = (dense * factors.astype(np.float32)[:, None]).astype(np.float32)
    assert np.array_equal(values.astype(np.float32), expected)


def inside(pixels, ring):
    """Which pixels have their middle within a rectangle, given as a ring."""
    left, top = np.min(ring, axis=0)
    right, bottom = np.max(ring, axis=0)
    x, y = pixels["x"].to_numpy() + 0.5, pixels["y"].to_numpy() + 0.5
    return (left < x) & (x < right) & (top < y) & (y < bottom)


def check_means(folder, annotations, pixels, dense, masks):
    table = pl.read_csv(folder / "means.csv")
    assert table.columns == ["region", "nPixels", *annotations["ion"]]
    assert table["region"].to_list() == list(masks)
    assert table["nPixels"].to_list() == [int(mask.sum()) for mask in masks.values()]
    for row, mask in zip(table.drop("region", "nPixels").iter_rows(), masks.values()):
        np.testing.assert_allclose(row, dense[mask].astype(float).mean(axis=0), rtol=1e-12)


def check_table(adata, annotations, pixels, dense, record):
    assert adata.X.dtype == np.float32 and np.array_equal(adata.X, dense)
    assert adata.var_names.to_list() == (annotations["formula"] + annotations["adduct"]).to_list()
    assert adata.var_names.is_unique
    assert adata.var_names.name == "formula_adduct"
    names = {"moc": "rhoChaos", "intensity": "maxIntensity"}
    for column in adata.var:
        stored = annotations[names.get(column, column)]
        if stored.dtype in (pl.List(pl.String),):
            assert [json.loads(text) for text in adata.var[column]] == stored.to_list(), column
        elif stored.dtype == pl.Float64:
            expected = stored.fill_null(np.nan).to_numpy()
            assert np.array_equal(adata.var[column].to_numpy(), expected, equal_nan=True), column
        else:
            stored = stored.fill_null("") if stored.dtype == pl.String else stored
            assert adata.var[column].to_list() == stored.to_list(), column
    obs = adata.obs
    assert obs.index.to_list() == [str(pixel) for pixel in pixels["pixel"]]
    columns = {"ion_image_pixel_x": "x", "ion_image_pixel_y": "y", "tic": "tic", "rms": "rms"}
    for column, stored in {**columns, "nPeaks": "nPeaks"}.items():
        assert obs[column].to_list() == pixels[stored].to_list(), column
    assert set(obs["ion_image_shape_y"]) == {record["dataset"]["height"]}
    assert set(obs["ion_image_shape_x"]) == {record["dataset"]["width"]}
    assert np.array_equal(adata.obsm["spatial"], pixels.select("x", "y").to_numpy())
    about = adata.uns["metaspace"]
    assert about["config"]["ppm"] == record["settings"]["ppm"]
    assert about["image_size"] == {"x": record["dataset"]["width"], "y": record["dataset"]["height"]}
    assert list(about["adducts"]) == record["settings"]["adducts"]
    assert about["export_parameters"] == {"fdr": FDR, "normalization": "none"}


def check_anndata(folder, masks, *tables):
    adata = anndata.read_zarr(folder / "a.zarr")
    check_table(adata, *tables)
    assert adata.obs.index.name == "ion_image_pixel"
    for name, mask in masks.items():
        assert np.array_equal(adata.obs[f"in_{name}"].to_numpy(), mask), name

    # The picture lies where squidpy draws it: the middle of a pixel at its number times the scale.
    placed = adata.uns["spatial"]["metaspace"]
    zoom, hires = float(placed["scalefactors"]["tissue_hires_scalef"]), placed["images"]["hires"]
    width, height = (int(adata.obs[f"ion_image_shape_{axis}"].iloc[0]) for axis in "xy")
    assert hires.dtype == np.uint8 and hires.shape == (height * 5 - 2, width * 5 - 2, 3) and zoom == 5
    for (u, v), color in (((20, 40), [200, 30, 40]), ((100, 40), [20, 60, 220])):
        x, y = 0.3 * u - 0.01 * v + 4, 0.02 * u + 0.25 * v + 3
        at = hires[round((y - 0.5) * zoom), round((x - 0.5) * zoom)]
        assert np.abs(at.astype(int) - color).max() < 4, (at, color)

    import scanpy
    import squidpy

    scanpy.pp.log1p(adata)
    scanpy.pp.pca(adata, n_comps=5)
    assert adata.obsm["X_pca"].shape == (adata.n_obs, 5)
    squidpy.pl.spatial_scatter(adata, color=adata.var_names[0], size=1, save=str(folder / "drawn.png"))
    assert (folder / "drawn.png").stat().st_size > 1000
    squidpy.gr.spatial_neighbors(adata, coord_type="grid")
    squidpy.gr.spatial_autocorr(adata, mode="moran", genes=adata.var_names[:5].to_list(), n_jobs=1)
    assert np.isfinite(adata.uns["moranI"]["I"]).all()


def check_spatialdata(folder, rings, annotations, pixels, dense, record):
    import spatialdata
    from spatialdata.transformations import get_transformation

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        sdata = spatialdata.read_zarr(folder / "s.zarr")
    of_format = [str(w.message) for w in caught if "format" in str(w.message)]
    assert not of_format, of_format
    table = sdata.tables["table"]
    check_table(table, annotations, pixels, dense, record)
    assert table.uns["spatialdata_attrs"]["region"] == "maldi_points"
    assert set(table.obs["region"]) == {"maldi_points"}
    assert table.obs["instance_id"].to_list() == pixels["pixel"].to_list()

    # Elements are where they belong in the common coordinate system, in µm.
    points = spatialdata.transform(sdata.points["maldi_points"], to_coordinate_system="global")
    points = points.compute()
    assert points.index.to_list() == pixels["pixel"].to_list()
    np.testing.assert_allclose(points["x"], (pixels["x"].to_numpy() + 0.5) * SIZE_UM)
    np.testing.assert_allclose(points["y"], (pixels["y"].to_numpy() + 0.5) * SIZE_UM)
    image = sdata.images["tic"]
    assert image.dims == ("c", "y", "x")
    values = image.to_numpy()[0]
    x, y = pixels["x"].to_numpy(), pixels["y"].to_numpy()
    assert np.array_equal(values[y, x], pixels["tic"].to_numpy())
    assert np.isnan(values).sum() == values.size - pixels.height
    matrix = get_transformation(image, "global").to_affine_matrix(("x", "y"), ("x", "y"))
    assert np.array_equal(matrix, np.diag([SIZE_UM, SIZE_UM, 1.0]))
    optical = sdata.images["optical_image"]
    assert optical.dims == ("c", "y", "x") and optical.dtype == np.uint8
    colors = optical.to_numpy()
    assert colors.shape == (3, 80, 120)
    assert colors[:, 40, 20].tolist() == [200, 30, 40] and colors[:, 40, 100].tolist() == [20, 60, 220]
    matrix = get_transformation(optical, "global").to_affine_matrix(("x", "y"), ("x", "y"))
    placed = np.array([[0.3, -0.01, 4], [0.02, 0.25, 3], [0, 0, 1]])
    np.testing.assert_allclose(matrix, np.diag([SIZE_UM, SIZE_UM, 1.0]) @ placed)
    shapes = spatialdata.transform(sdata.shapes["regions"], to_coordinate_system="global")
    assert shapes["name"].to_list() == list(rings)
    for polygon, ring in zip(shapes.geometry, rings.values()):
        expected = np.array(ring) * SIZE_UM
        assert np.allclose(polygon.bounds, [*expected.min(axis=0), *expected.max(axis=0)])

    # Rows belong to points: those within a region are the table's rows within it.
    name, ring = next(iter(rings.items()))
    within = spatialdata.polygon_query(sdata, shapes.geometry.iloc[0], target_coordinate_system="global")
    assert within.tables["table"].n_obs == inside(pixels, ring).sum(), name


def main():
    folder = Path(sys.argv[1])
    results = folder / "results"
    record = json.loads((results / "run.json").read_text(encoding="utf-8"))
    annotations, pixels, dense = read_tables(results)
    features = json.loads((results / "regions.geojson").read_text(encoding="utf-8"))["features"]
    rings = {f["properties"]["name"]: f["geometry"]["coordinates"][0] for f in features}
    masks = {name: inside(pixels, ring) for name, ring in rings.items()}
    assert annotations.height > 20 and all(mask.any() for mask in masks.values())
    check_matrices(folder, annotations, pixels, dense)
    check_normalized(folder, pixels, dense)
    check_means(folder, annotations, pixels, dense, masks)
    check_anndata(folder, masks, annotations, pixels, dense, record)
    check_spatialdata(folder, rings, annotations, pixels, dense, record)
    print("OK")


if __name__ == "__main__":
    main()
