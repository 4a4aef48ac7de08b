"""AnnData and SpatialData objects hold the values of the tables."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import anndata
import numpy as np
import polars as pl
import pytest

import metaspace as ms


def places(results: ms.Results) -> np.ndarray:
    pixels = pl.read_parquet(results.folder / "pixels.parquet")
    return (pixels["y"].cast(pl.Int64) * results.shape[1] + pixels["x"]).to_numpy()


def test_an_anndata_object_is_laid_out_as_metaspace_converter_does(results: ms.Results) -> None:
    adata = results.to_anndata(fdr=0.1)
    height, width = results.shape
    assert adata.X.shape == (height * width, len(results.select(fdr=0.1)))
    assert adata.X.dtype == np.float64
    assert adata.obs.index.name == "ion_image_pixel"
    assert adata.obs.index.tolist() == [str(place) for place in range(height * width)]
    assert sorted(adata.obs.columns) == [
        "ion_image_pixel_x",
        "ion_image_pixel_y",
        "ion_image_shape_x",
        "ion_image_shape_y",
    ]
    assert (adata.obs["ion_image_shape_x"] == width).all()
    x, y = adata.obs["ion_image_pixel_x"], adata.obs["ion_image_pixel_y"]
    assert (y * width + x).tolist() == list(range(height * width))
    np.testing.assert_array_equal(adata.obsm["spatial"], np.column_stack([x, y]))
    assert adata.var.index.name == "formula_adduct"
    assert adata.uns["metaspace"]["name"] == "demo"
    assert adata.uns["metaspace"]["metadata"]["MS_Analysis"]["Polarity"] == "Positive"


def test_values_are_those_of_the_tables(results: ms.Results) -> None:
    adata = results.to_anndata(fdr=0.1)
    annotations = pl.read_parquet(results.folder / "annotations.parquet")
    images = pl.read_parquet(results.folder / "ion_images.parquet").filter(pl.col("isotope") == 0)
    by_formula = {row["ionFormula"]: row for row in images.to_dicts()}
    place = places(results)
    assert adata.n_vars == (annotations["fdr"] <= 0.1).sum()
    for column, (name, row) in enumerate(adata.var.iterrows()):
        expected = np.zeros(adata.n_obs)
        image = by_formula[row["ionFormula"]]
        expected[place[image["pixels"]]] = image["intensities"]
        np.testing.assert_array_equal(adata.X[:, column], expected)
        stored = annotations.row(by_predicate=pl.col("ion") == row["ion"], named=True)
        assert name == row["formula"] + row["adduct"] + row["chemMod"] + row["neutralLoss"]
        assert json.loads(row["moleculeNames"]) == stored["moleculeNames"]
        assert json.loads(row["moleculeIds"]) == stored["moleculeIds"]
        assert (row["mz"], row["msm"], row["fdr"]) == (stored["mz"], stored["msm"], stored["fdr"])
        assert row["moc"] == stored["rhoChaos"]


def test_intensities_are_divided_by_the_current(results: ms.Results) -> None:
    plain, divided = results.to_anndata(), results.to_anndata(use_tic=True)
    tic = results.tic.reshape(-1, 1)
    expected = np.where(tic > 0, plain.X / tic, 0.0)
    np.testing.assert_allclose(divided.X, expected, rtol=1e-12)
    measured = results.to_anndata(measured_only=True)
    np.testing.assert_array_equal(measured.X, plain.X[results.measured.reshape(-1)])


def test_an_anndata_object_is_written_and_read(results: ms.Results, tmp_path: Path) -> None:
    adata = results.to_anndata(fdr=0.2)
    adata.write_h5ad(tmp_path / "tissue.h5ad")
    again = anndata.read_h5ad(tmp_path / "tissue.h5ad")
    np.testing.assert_array_equal(again.X, adata.X)
    assert again.var.index.tolist() == adata.var.index.tolist()
    assert again.uns["metaspace"]["polarity"] == "Positive"


def test_a_spatialdata_object_is_laid_out_as_metaspace_converter_does(
    results: ms.Results, tmp_path: Path
) -> None:
    spatialdata = pytest.importorskip("spatialdata")
    from spatialdata.transformations import get_transformation

    made = results.to_spatialdata(fdr=0.1)
    table, adata = made.tables["table"], results.to_anndata(fdr=0.1)
    np.testing.assert_array_equal(table.X, adata.X)
    assert set(table.obs["region"]) == {"maldi_points"}
    assert table.obs["instance_id"].tolist() == list(range(adata.n_obs))
    points = made.points["maldi_points"].compute()
    np.testing.assert_array_equal(points["x"], adata.obs["ion_image_pixel_x"])
    np.testing.assert_array_equal(points["y"], adata.obs["ion_image_pixel_y"])
    for column, name in enumerate(adata.var.index):
        np.testing.assert_array_equal(points[name], adata.X[:, column])
    scale = get_transformation(made.points["maldi_points"], "global")
    matrix = scale.to_affine_matrix(("x", "y"), ("x", "y"))
    np.testing.assert_array_equal(matrix, np.diag([50.0, 50.0, 1.0]))
    made.write(tmp_path / "tissue.zarr")
    again = spatialdata.read_zarr(tmp_path / "tissue.zarr")
    np.testing.assert_array_equal(again.tables["table"].X, adata.X)
    assert not results.to_spatialdata(add_points=False).points


def test_the_optical_image_lies_on_the_section_in_spatialdata(
    results: ms.Results, tmp_path: Path
) -> None:
    spatialdata = pytest.importorskip("spatialdata")
    from spatialdata.transformations import get_transformation

    own = ms.open(shutil.copytree(results.folder, tmp_path / "own"))
    own.figure(tmp_path / "stain.png", n_best=1, width_mm=40)
    own.place_optical_image(tmp_path / "stain.png", placement=[0.1, 0.02, -0.01, 0.2, 3, 4])
    found = own.optical_image
    assert found is not None
    own.to_spatialdata(fdr=0.1, add_points=False).write(tmp_path / "tissue.zarr")
    image = spatialdata.read_zarr(tmp_path / "tissue.zarr").images["optical_image"]
    np.testing.assert_array_equal(image.to_numpy(), np.moveaxis(found.pixels, 2, 0))
    matrix = get_transformation(image, "global").to_affine_matrix(("x", "y"), ("x", "y"))
    placed = np.array([[0.1, -0.01, 3], [0.02, 0.2, 4], [0, 0, 1]])
    np.testing.assert_allclose(matrix, np.diag([50.0, 50.0, 1.0]) @ placed)
    spatial = own.to_anndata(fdr=0.1).uns["spatial"]["metaspace"]
    height, width = own.shape
    assert spatial["images"]["hires"].shape == (height * 5 - 2, width * 5 - 2, 3)
    assert spatial["scalefactors"]["tissue_hires_scalef"] == 5.0
    assert "spatial" not in results.to_anndata(fdr=0.1).uns


def test_a_package_that_is_missing_is_named(
    results: ms.Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    for package, call in (
        ("anndata", results.to_anndata),
        ("spatialdata", results.to_spatialdata),
    ):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, package, None)
            with pytest.raises(ImportError, match=rf"pip install 'metaspace\[{package}\]'"):
                call()
