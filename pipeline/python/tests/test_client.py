"""The names of METASPACE's client over a results folder."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import metaspace as ms
from metaspace import client, dendrogram, image_processing, plotting
from metaspace.client import IsotopeImages, SMDataset, SMInstance

RECORD = json.loads(Path(__file__).with_name("metaspace2020.json").read_text())


@pytest.fixture
def dataset(results: ms.Results) -> SMDataset:
    return SMInstance().dataset(id=results.location)


def default(value: Any) -> Any:
    if value is inspect.Parameter.empty:
        return "required"
    if value == client.DEFAULT_DATABASE:
        return "DEFAULT_DATABASE"
    if isinstance(value, (tuple, list)):
        return list(value)
    return value


def test_calls_have_the_names_arguments_and_defaults_on_record() -> None:
    owners = {
        "SMInstance": SMInstance,
        "SMDataset": SMDataset,
        "IsotopeImages": IsotopeImages,
        "image_processing": image_processing,
        "dendrogram": dendrogram,
        "plotting": plotting,
    }
    for owner, calls in RECORD["calls"].items():
        for name, expected in calls.items():
            call = getattr(owners[owner], name)
            parameters = [
                [parameter.name, default(parameter.default)]
                for parameter in inspect.signature(call).parameters.values()
                if parameter.name != "self" and parameter.kind is not parameter.VAR_KEYWORD
            ]
            assert parameters == expected, f"{owner}.{name}"
    for name in RECORD["properties"]:
        assert isinstance(inspect.getattr_static(SMDataset, name), property), name


def test_results_have_the_index_and_columns_on_record(dataset: SMDataset) -> None:
    frame = dataset.results(fdr=0.1)
    assert list(frame.index.names) == ["formula", "adduct"]
    assert sorted(frame.columns) == sorted(RECORD["columns"])
    both = dataset.results(fdr=0.1, include_chem_mods=True, include_neutral_losses=True)
    assert list(both.index.names) == ["formula", "adduct", "chemMod", "neutralLoss"]
    assert sorted(both.columns) == sorted(RECORD["columns"])
    assert len(both) > len(frame)
    assert set(both.index.get_level_values("neutralLoss")) == {"", "-H2O"}
    assert set(both.index.get_level_values("adduct")) <= {"+H", "+Na", "+K"}
    assert dataset.results(fdr=0.1, sumFormula="C999").empty


def test_values_are_those_of_the_tables(dataset: SMDataset, results: ms.Results) -> None:
    frame = dataset.results(fdr=0.5, include_neutral_losses=True).reset_index()
    table = pl.read_parquet(results.folder / "annotations.parquet").filter(pl.col("fdr") <= 0.5)
    by_ion = {row["ion"]: row for row in table.to_dicts()}
    assert len(frame) == len(table)
    assert frame["msm"].is_monotonic_decreasing
    for row in frame.to_dict("records"):
        stored = by_ion[row["ion"]]
        assert row["neutralLoss"] + row["adduct"] == stored["adduct"]
        for name, column in (
            ("formula", "formula"),
            ("ionFormula", "ionFormula"),
            ("mz", "mz"),
            ("msm", "msm"),
            ("rhoSpatial", "rhoSpatial"),
            ("rhoSpectral", "rhoSpectral"),
            ("moc", "rhoChaos"),
            ("fdr", "fdr"),
            ("moleculeNames", "moleculeNames"),
            ("moleculeIds", "moleculeIds"),
            ("isomers", "isomers"),
            ("isobars", "isobars"),
        ):
            assert row[name] == stored[column], name
        assert row["intensity"] == stored["isotopeMaxIntensity"][0]
        off = stored["offSample"]
        assert row["offSample"] == (None if off is None else off > 0.5)
        mzs = [image["mz"] for image in row["isotopeImages"]]
        assert mzs == [mz for mz in stored["isotopeMz"] if mz > 0]


def test_a_script_runs_with_only_its_first_lines_changed(results: ms.Results) -> None:
    # With METASPACE's client: `from metaspace import SMInstance`, and the id of a dataset there.
    from metaspace.client import SMInstance

    dataset = SMInstance().dataset(id=results.location)

    frame = dataset.results(database=client.DEFAULT_DATABASE, fdr=0.1)
    best = frame.sort_values("msm", ascending=False).head(3)
    intensities = {}
    for (formula, adduct), row in best.iterrows():
        images = dataset.isotope_images(
            formula, adduct, only_first_isotope=True, hotspot_clipping=True
        )
        assert images.peak(0) == row.mz
        intensities[formula, adduct] = images[0].mean()
    assert len(intensities) == 3
    tic = dataset.tic_image()
    normalized = dataset.isotope_images(*best.index[0], scale_intensity="TIC")[0]
    assert normalized.shape == tic.shape == (dataset.image_size["y"], dataset.image_size["x"])
    pairs = dataset.annotations(fdr=0.1, return_vals=("sumFormula", "adduct", "mz"))
    assert [pair[:2] for pair in pairs] == [list(index) for index in frame.index] or len(
        pairs
    ) >= len(frame)
    everything = dataset.all_annotation_images(fdr=0.1, only_first_isotope=True)
    assert len(everything) == len(pairs)
    similar = dataset.results(fdr=0.1, coloc_with=frame["ion"].iloc[0])
    assert similar["colocCoeff"].iloc[0] == 1.0
    assert similar["colocCoeff"].is_monotonic_decreasing
    labels = list(frame.index[:4])
    first = [dataset.isotope_images(*label, only_first_isotope=True)[0] for label in labels]
    matrix = client.colocalization_matrix(first, labels=labels)
    assert isinstance(matrix, pd.DataFrame) and matrix.shape == (4, 4)
    assert dataset.polarity == "Positive"
    assert dataset.adducts == ["+H", "+Na", "+K"]
    assert dataset.metadata["MS_Analysis"]["Pixel_Size"] == {"Xaxis": 50.0, "Yaxis": 50.0}
    assert dataset.config["isotope_generation"]["charge"] == 1
    assert dataset.diagnostic("TIC")["images"][0]["image"].shape == tic.shape


def test_images_are_scaled_as_they_are_asked_for(dataset: SMDataset, results: ms.Results) -> None:
    frame = dataset.results(fdr=0.05)
    formula, adduct = frame.index[0]
    images = dataset.isotope_images(formula, adduct)
    measured = results.measured
    for isotope, image in enumerate(images):
        stored = results.image(formula, adduct, isotope=isotope)
        np.testing.assert_array_equal(image[measured], stored[measured])
        assert (image[~measured] == 0).all()
    shown = dataset.isotope_images(formula, adduct, scale_intensity=False)
    assert shown[0].max() == 1.0 and shown[0].min() == 0.0
    np.testing.assert_allclose(shown[0] * images[0].max(), images[0], rtol=1e-6)
    by_tic = dataset.isotope_images(formula, adduct, scale_intensity="TIC")[0]
    tic = results.tic
    np.testing.assert_allclose(by_tic[measured], images[0][measured] / tic[measured], rtol=1e-6)
    assert len(dataset.isotope_images(formula, adduct, only_first_isotope=True)) == 1
    assert repr(images) == f"IsotopeImages({formula}{adduct})"
    with pytest.raises(LookupError, match='Isotope image for "C999\\+H" not found'):
        dataset.isotope_images("C999", "+H")


def test_tables_are_named_in_any_way_that_metaspace_knows(dataset: SMDataset) -> None:
    n = len(dataset.results(fdr=0.1))
    version = dataset.database_details[0].version
    for database in (None, 1, "metaspace-core", "METASPACE-Core", ("metaspace", "core")):
        assert len(dataset.results(database=database, fdr=0.1)) == n
    assert len(dataset.results(database=("metaspace-core", version), fdr=0.1)) == n
    with pytest.raises(ms.ResultsError, match="no molecule table of this run is 'HMDB'"):
        dataset.results(database="HMDB", fdr=0.1)
    with pytest.raises(ms.OptionError, match="`colour` is none"):
        dataset.results(fdr=0.1, colour="blue")


def test_datasets_are_found_in_a_folder(results: ms.Results) -> None:
    instance = SMInstance(str(results.folder.parent))
    assert [dataset.name for dataset in instance.datasets()] == ["demo"]
    assert instance.dataset(name="demo").id == str(results.folder)
    assert instance.dataset(id="demo").name == "demo"
    assert instance.datasets(nameMask="other") == []
    assert len(instance.datasets(idMask=["demo"])) == 1
    assert instance.metadata(instance.datasets()).index.tolist() == ["demo"]
    assert instance.databases()[0].name == "metaspace-core"
    with pytest.raises(client.DatasetNotFound, match="none has it"):
        instance.dataset(name="other")


@pytest.fixture
def served(results: ms.Results) -> Iterator[tuple[str, str]]:
    """Address and token of a server of the results."""
    token = "0123456789abcdef-token"
    line = [sys.executable, "-m", "metaspace", "serve", str(results.folder), "--listen", "127.0.0.1:0"]
    line += ["--token", token]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip(), token
        finally:
            server.terminate()


def test_a_server_is_asked_as_a_folder_is(results: ms.Results, served: tuple[str, str]) -> None:
    address, token = served
    instance = SMInstance(address, api_key=token)
    dataset, local = instance.dataset(name="demo"), client.SMDataset(results)
    assert (dataset.id, dataset.name) == (results.folder.name, "demo")
    pd.testing.assert_frame_equal(dataset.results(fdr=0.1), local.results(fdr=0.1))
    ion = local.results(fdr=0.1).index[0]
    for found, wanted in zip(dataset.isotope_images(*ion), local.isotope_images(*ion)):
        np.testing.assert_array_equal(found, wanted)
    assert dataset.config == local.config
    # Paths of the other machine are not told.
    assert str(results.folder) not in json.dumps(dataset.local.record)
    assert [found.id for found in instance.datasets()] == [dataset.id]
    with pytest.raises(client.DatasetNotFound, match="none has it"):
        instance.dataset(id="other")
    with pytest.raises(ms.ResultsError, match="401"):
        SMInstance(address, api_key="of nobody, 16 letters").datasets()
    with pytest.raises(ms.ResultsError, match="no server of results answers"):
        SMInstance("http://127.0.0.1:9").datasets()


IMAGES = arrays.arrays(
    np.float32, (3, 9, 11), elements=st.floats(0, 1000, width=32, allow_subnormal=False)
)


@settings(max_examples=40, deadline=None)
@given(images=IMAGES)
def test_images_are_compared_as_metaspace_does(images: np.ndarray) -> None:
    from scipy.ndimage import median_filter

    flat = images.reshape(3, -1).astype(np.float64)
    flat[flat < np.quantile(flat, 0.5, axis=1, keepdims=True)] = 0
    flat = median_filter(flat.reshape(3, 9, 11), (1, 3, 3)).reshape(3, -1)
    norm = np.linalg.norm(flat, axis=1)
    product = flat @ flat.T
    expected = np.divide(
        product, np.outer(norm, norm), where=product > 0, out=np.zeros_like(product)
    )
    found = image_processing.colocalization_matrix(list(images))
    off = ~np.eye(3, dtype=bool)
    np.testing.assert_allclose(found[off], expected[off], atol=2e-5)
    assert image_processing.colocalization(images[0], images[1]) == pytest.approx(
        expected[0, 1], abs=2e-5
    )


@settings(max_examples=40, deadline=None)
@given(image=arrays.arrays(np.float64, (7, 8), elements=st.floats(0, 1e6)))
def test_hotspots_are_clipped(image: np.ndarray) -> None:
    clipped = image_processing.clip_hotspots(image)
    assert clipped.shape == image.shape and (clipped <= image).all()
    if image.max() > 0:
        visible = image[image > image.max() / 256]
        assert clipped.max() == np.quantile(visible, 0.99)


def test_images_that_cannot_be_compared_are_refused() -> None:
    assert image_processing.colocalization_matrix([]).shape == (0, 0)
    with pytest.raises(ms.ColocalizationError):
        image_processing.colocalization(np.full((3, 3), np.nan), np.ones((3, 3)))
    with pytest.raises(ms.ColocalizationError):
        image_processing.colocalization(-np.ones((3, 3)), np.ones((3, 3)))
