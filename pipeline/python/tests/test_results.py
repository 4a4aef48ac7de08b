"""What is in a results folder, as arrays and tables."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import metaspace as ms


def read(results: ms.Results, name: str) -> pa.Table:
    return pq.read_table(results.folder / f"{name}.parquet")


def dense(results: ms.Results, formula: str, isotope: int = 0) -> np.ndarray:
    """An image as the tables have it."""
    images = pl.read_parquet(results.folder / "ion_images.parquet")
    row = images.filter(pl.col("ionFormula") == formula, pl.col("isotope") == isotope)
    pixels = pl.read_parquet(results.folder / "pixels.parquet")
    image = np.full(results.shape, np.nan, dtype=np.float32)
    x, y = pixels["x"].to_numpy(), pixels["y"].to_numpy()
    image[y, x] = 0.0
    which = row["pixels"][0].to_numpy()
    image[y[which], x[which]] = row["intensities"][0].to_numpy()
    return image


def test_tables_are_taken_without_a_copy_by_whoever_reads_arrow(results: ms.Results) -> None:
    for name in ("annotations", "pixels", "mean_spectrum", "ion_metrics", "ion_images"):
        table = results.table(name)
        expected = read(results, name)
        taken = pa.table(table)
        assert taken.schema.equals(expected.schema)
        assert taken.equals(expected)
        assert pl.DataFrame(table).equals(pl.DataFrame(expected))
        assert len(table) == expected.num_rows
        assert table.column_names == expected.column_names
        # A table can be taken more than once, and outlives what gave it.
        assert pa.table(table).equals(expected)
    annotations = pa.table(results.annotations)
    query = "SELECT count(*) FROM annotations WHERE fdr <= 0.1"
    found = duckdb.query(query).fetchall()
    assert found == [(len(results.select(fdr=0.1)),)]
    frame = annotations.to_pandas()
    assert isinstance(frame, pd.DataFrame) and len(frame) == len(results.annotations)


def test_a_column_is_an_array_or_a_list(results: ms.Results) -> None:
    for name in ("annotations", "candidates", "ion_metrics", "pixels", "colocalization"):
        check_columns(results.table(name), read(results, name))
    assert None in results.table("candidates")["draw"], "an absent number is no 0"


def check_columns(table: ms.Table, expected: pa.Table) -> None:
    for name in table.column_names:
        values = table[name]
        wanted = expected[name].to_pylist()
        assert len(values) == len(wanted)
        if isinstance(values, np.ndarray):
            wanted = [np.nan if value is None else value for value in wanted]
            np.testing.assert_array_equal(values, np.array(wanted, dtype=values.dtype))
        else:
            plain = [v.tolist() if isinstance(v, np.ndarray) else v for v in values]
            assert plain == wanted
    with pytest.raises(KeyError, match="no column is called `mass`"):
        table["mass"]


def test_annotations_are_selected_and_sorted(results: ms.Results) -> None:
    table = results.select(fdr=0.1, mz_min=300, mz_max=700, order="-mz")
    frame = pl.DataFrame(results.annotations)
    frame = frame.filter(pl.col("fdr") <= 0.1, pl.col("mz").is_between(300, 700))
    assert sorted(table["ion"]) == sorted(frame["ion"].to_list())
    assert (np.diff(table["mz"]) <= 0).all()
    assert set(results.select(adduct="+K")["adduct"]) == {"+K"}
    assert len(results.select(database="none of them")) == 0
    with pytest.raises(ms.OptionError, match="annotations are sorted by one of rank"):
        results.select(order="colour")


def test_an_image_is_that_of_the_tables(results: ms.Results) -> None:
    table = results.select(fdr=0.2)
    for row in range(0, len(table), 7):
        formula, adduct = table["formula"][row], table["adduct"][row]
        image = results.image(formula, adduct)
        assert image.dtype == np.float32 and image.flags.c_contiguous
        np.testing.assert_array_equal(image, dense(results, table["ionFormula"][row]))
        np.testing.assert_array_equal(image, results.image(table["ion"][row]))
        second = results.image(table["ion"][row], isotope=1)
        np.testing.assert_array_equal(second, dense(results, table["ionFormula"][row], 1))
    # What is handed over is the caller's.
    image[:] = 7
    assert not (results.image(table["ion"][row]) == 7).all()


def test_images_are_in_the_order_of_the_annotations(results: ms.Results) -> None:
    table, images = results.select(fdr=0.1), results.images(fdr=0.1)
    assert images.shape == (len(table), *results.shape)
    for ion, image in zip(table["ion"], images):
        np.testing.assert_array_equal(image, results.image(ion))
    assert (np.isnan(images) == ~results.measured).all()
    assert results.images(fdr=0.0).shape[1:] == results.shape


def test_what_is_not_there_is_said(results: ms.Results) -> None:
    with pytest.raises(ms.UnknownIonError, match="annotated ions is called `C999H1 \\+K`"):
        results.image("C999H1", "+K")
    with pytest.raises(LookupError, match="has no image of isotope 9"):
        results.image(results.annotations["ion"][0], isotope=9)
    with pytest.raises(ms.FileError, match="cannot open"):
        results.table("nothing")


def test_pixels_and_current(results: ms.Results) -> None:
    pixels = pl.DataFrame(results.pixels)
    tic = results.tic
    assert tic.shape == results.shape
    found = tic[pixels["y"].to_numpy(), pixels["x"].to_numpy()]
    np.testing.assert_array_equal(found, pixels["tic"].to_numpy())
    assert results.measured.sum() == len(pixels) == np.isfinite(tic).sum()


def test_regions_are_those_of_the_viewer(results: ms.Results, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "copy"
    shutil.copytree(results.folder, folder)
    assert ms.open(folder).regions == {}
    square = [[2, 3], [10, 3], [10, 8], [2, 8], [2, 3]]
    feature = {
        "type": "Feature",
        "properties": {"name": "cortex"},
        "geometry": {"type": "Polygon", "coordinates": [square]},
    }
    file = folder / "regions.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    regions = ms.open(folder).regions
    expected = np.zeros(results.shape, dtype=bool)
    expected[3:8, 2:10] = True
    np.testing.assert_array_equal(regions["cortex"], expected & results.measured)


def test_partners_are_those_of_the_command(results: ms.Results) -> None:
    table = results.select(fdr=0.1, order="-msm")
    ion = table["ion"][0]
    names, scores = results.colocalization_matrix(fdr=0.1)
    assert scores.shape == (len(names), len(names))
    np.testing.assert_allclose(scores, scores.T, atol=1e-6)
    partners = results.colocalization(ion, n_best=5, min_score=0.0)
    assert len(partners) == 5 and ion not in partners["ion"]
    assert (np.diff(partners["score"]) <= 0).all()
    of_ion = scores[names.index(ion)]
    for other, score in zip(partners["ion"], partners["score"]):
        assert score == pytest.approx(of_ion[names.index(other)], abs=1e-6)
    assert isinstance(partners["moleculeNames"][0], list)
    stored = pl.read_parquet(results.folder / "colocalization.parquet").filter(
        pl.col("measure") == "median_thresholded_cosine",
        pl.col("fdrLevel") == 0.1,
        pl.col("ion") == ion,
        pl.col("rank") <= 20,
    )
    found = results.colocalization(ion)
    assert found["ion"] == stored["otherIon"].to_list()
    with pytest.raises(ms.MetaspaceError, match="colour"):
        results.colocalization(ion, measure="colour")
    with pytest.raises(ms.OptionError, match="--fdr: must lie between 0 and 1, not 3"):
        results.colocalization(ion, fdr=3)
    divided = results.colocalization(ion, n_best=5, min_score=0.0, normalize="tic")
    again, of_all = results.colocalization_matrix(fdr=0.1, normalize="tic")
    assert again == names and not np.allclose(of_all, scores, atol=1e-3)
    for other, score in zip(divided["ion"], divided["score"]):
        assert score == pytest.approx(of_all[names.index(ion), names.index(other)], abs=1e-6)
    with pytest.raises(ms.OptionError, match="normalize: `max` is none of"):
        results.colocalization(ion, normalize="max")


def test_a_figure_is_that_of_the_command(results: ms.Results, tmp_path: Path) -> None:
    ion = results.select(fdr=0.1, order="-msm")["ion"][0]
    svg = tmp_path / "figure.svg"
    drawn = results.figure(svg, ion=ion, region="whole", spectrum=True, scale="sqrt")
    assert drawn == [ion]
    text = svg.read_text()
    assert text.count("<image ") == 1 and "stick annotated" in text and ">whole</text>" in text
    assert len(results.figure(tmp_path / "best.pdf", n_best=3)) == 3
    assert (tmp_path / "best.pdf").read_bytes().startswith(b"%PDF-")
    with pytest.raises(ms.MetaspaceError, match="exists already"):
        results.figure(svg)
    with pytest.raises(ms.OptionError, match="scale: `loud` is none of"):
        results.figure(tmp_path / "none.svg", scale="loud")
    assert not (tmp_path / "none.svg").exists()


def test_an_optical_image_lies_where_it_is_placed(results: ms.Results, tmp_path: Path) -> None:
    own = ms.open(shutil.copytree(results.folder, tmp_path / "own"))
    assert own.optical_image is None
    picture = tmp_path / "stain.png"
    # Any picture will do.
    own.figure(picture, n_best=2, width_mm=60)
    own.place_optical_image(picture)
    found = own.optical_image
    assert found is not None and found.name == "stain.png"
    height, width, colors = found.pixels.shape
    assert colors == 3 and found.pixels.dtype == np.uint8
    # As large as fits, in the middle.
    middle = found.placement @ [width / 2, height / 2, 1]
    np.testing.assert_allclose(middle, [own.shape[1] / 2, own.shape[0] / 2, 1])
    own.place_optical_image(points=[((0, 0), (1, 2)), ((width, 0), (9, 2)), ((0, height), (1, 6))])
    found = own.optical_image
    assert found is not None
    np.testing.assert_allclose(found.placement, [[8 / width, 0, 1], [0, 4 / height, 2], [0, 0, 1]])
    own.figure(tmp_path / "over.svg", n_best=1, optical="over", opacity=0.3)
    assert 'opacity="0.3"' in (tmp_path / "over.svg").read_text()
    with pytest.raises(ms.OptionError, match="three pairs"):
        own.place_optical_image(points=[((0, 0), (1, 2))])
    with pytest.raises(ms.OptionError, match="place the picture nowhere"):
        own.place_optical_image(placement=[1, 2, 2, 4, 0, 0])
    with pytest.raises(ms.ResultsError, match="no picture"):
        own.place_optical_image(own.folder / "run.json")


def test_a_report_is_written(results: ms.Results, tmp_path: Path) -> None:
    path = results.report(tmp_path / "report.html", best=3, progress=False)
    assert path == tmp_path / "report.html"
    assert "<html" in path.read_text(encoding="utf-8")[:500]
    with pytest.raises(ms.OptionError, match="--fdr: must lie between 0 and 1"):
        results.report(fdr=2)


def test_a_folder_says_what_it_is(results: ms.Results) -> None:
    assert results.record["program"] == f"metaspace {ms.__version__}"
    assert results.name == "demo"
    assert results.databases == ["metaspace-core"]
    assert repr(results).endswith("24 × 18 pixels>")
    assert ms.open(results.location).shape == results.shape == (18, 24)
    with pytest.raises(ms.ResultsError, match="is not a results folder: it has no run.json"):
        ms.open(results.folder.parent)
