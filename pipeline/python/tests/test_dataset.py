"""A dataset, and what needs no results: patterns, tissues, the truth."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import metaspace as ms

COMMAND = Path(sys.executable).with_name("metaspace")


def run_json(*arguments: str) -> dict[str, object]:
    made = subprocess.run([COMMAND, *arguments, "--json"], capture_output=True, text=True, check=True)
    found: dict[str, object] = json.loads(made.stdout)
    return found


@pytest.fixture(scope="module")
def dataset(tissue: ms.Tissue) -> ms.Dataset:
    return ms.Dataset(tissue.imzml)


def test_a_dataset_says_what_it_is(dataset: ms.Dataset, tissue: ms.Tissue) -> None:
    about = run_json("info", str(tissue.imzml))
    assert dataset.n_pixels == about["nPixels"]
    assert dataset.imzml == str(tissue.imzml)
    assert dataset.ibd == str(tissue.imzml.with_suffix(".ibd"))
    assert (dataset.shape, dataset.polarity) == ((18, 24), "positive")
    assert dataset.pixel_size == (50.0, 50.0)
    assert not dataset.is_profile
    assert repr(dataset).endswith("24 × 18 pixels>")
    with pytest.raises(ms.FileError):
        ms.Dataset("none.imzML")


def test_pixels_are_in_raster_order(dataset: ms.Dataset) -> None:
    pixels, measured = dataset.pixels, dataset.measured
    assert pixels.shape == (dataset.n_pixels, 2)
    y, x = np.nonzero(measured)
    np.testing.assert_array_equal(pixels, np.column_stack([x, y]))


def test_images_are_those_of_the_results(dataset: ms.Dataset, results: ms.Results) -> None:
    ppm = results.record["settings"]["ppm"]
    shifted = results.record["dataset"]["survey"]["recalibration"]
    table = results.select(fdr=0.1, order="-msm")
    mzs = table["mz"][:5]
    images = dataset.images(mzs, ppm=20)
    assert images.shape == (5, *dataset.shape) and images.dtype == np.float32
    for mz, image in zip(mzs, images):
        np.testing.assert_array_equal(dataset.image(mz, ppm=20), image)
    assert (np.isnan(images) == ~dataset.measured).all()
    if shifted is None:
        np.testing.assert_array_equal(dataset.image(mzs[0], ppm=ppm), results.image(table["ion"][0]))
    with pytest.raises(ms.OptionError, match="--mz: must lie above 0"):
        dataset.image(-1.0)
    with pytest.raises(ms.OptionError, match="--ppm: must lie above 0"):
        dataset.image(500.0, ppm=0)
    assert dataset.images([]).shape == (0, *dataset.shape)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 18 * 24 - 1), mz=st.floats(80, 1000), ppm=st.floats(1, 1000))
def test_an_image_is_the_sum_of_the_peaks_in_the_window(
    dataset: ms.Dataset, place: int, mz: float, ppm: float
) -> None:
    y, x = divmod(place, 24)
    image = dataset.image(mz, ppm=ppm)
    if not dataset.measured[y, x]:
        assert np.isnan(image[y, x])
        with pytest.raises(ms.OptionError, match="no spectrum lies at"):
            dataset.spectrum(x, y)
        return
    mzs, intensities = dataset.spectrum(x, y)
    assert (np.diff(mzs) >= 0).all() and (intensities > 0).all()
    assert (mzs.dtype, intensities.dtype) == (np.float64, np.float32)
    # A peak at the edge itself may fall to either side in another order of arithmetic.
    error = np.abs(mzs / mz - 1) * 1e6
    if (np.abs(error - ppm) > 1e-6).all():
        assert image[y, x] == pytest.approx(intensities[error <= ppm].sum(), rel=1e-5)


def test_the_mean_spectrum_is_that_of_the_results(dataset: ms.Dataset, results: ms.Results) -> None:
    mzs, intensities = dataset.mean_spectrum()
    assert (np.diff(mzs) > 0).all() and (intensities > 0).all()
    total = np.nansum(results.tic) / dataset.n_pixels
    assert intensities.sum() == pytest.approx(total, rel=1e-6)


def test_patterns_are_those_of_the_command() -> None:
    for line, found in (
        (["C42H82NO8P", "--adduct", "+Na"], ms.isotopes("C42H82NO8P", "+Na")),
        (
            ["C6H12O6", "--polarity", "negative", "--n-peaks", "3", "--instrument", "tof"],
            ms.isotopes("C6H12O6", polarity="negative", n_peaks=3, instrument="tof"),
        ),
        (["C5H14NO+"], ms.isotopes("C5H14NO+")),
        (
            ["C6H12O6", "--isocalc-sigma", "0.001", "--preset", "metaspace-v1"],
            ms.isotopes("C6H12O6", isocalc_sigma=0.001, preset="metaspace-v1"),
        ),
    ):
        said = run_json("isotopes", *line)
        assert (found.ion_formula, found.charge) == (said["ionFormula"], said["charge"])
        peaks = said["peaks"]
        assert isinstance(peaks, list)
        assert found.mzs.tolist() == [peak["mz"] for peak in peaks]
        np.testing.assert_allclose(found.intensities, [p["intensity"] for p in peaks], rtol=1e-6)
    with pytest.raises(ms.OptionError, match="FORMULA"):
        ms.isotopes("Xx2")
    with pytest.raises(ms.OptionError, match="--n-peaks: must lie between 1 and 16, not 99"):
        ms.isotopes("C6H12O6", n_peaks=99)


@settings(max_examples=50, deadline=None)
@given(c=st.integers(1, 60), h=st.integers(1, 120), o=st.integers(0, 12), n=st.integers(1, 16))
def test_a_pattern_is_ordered_and_its_largest_peak_is_100(c: int, h: int, o: int, n: int) -> None:
    pattern = ms.isotopes(f"C{c}H{h}" + (f"O{o}" if o else ""), "+Na", n_peaks=n)
    assert 1 <= len(pattern.mzs) == len(pattern.intensities) <= n
    assert (np.diff(pattern.mzs) > 0).all()
    assert pattern.intensities.max() == pytest.approx(100.0)


def test_a_tissue_is_that_of_the_command(tmp_path: Path) -> None:
    made = ms.simulate(tmp_path / "call", width=10, height=8, seed=3, progress=False)
    run_json("simulate", "--out", "command", "--width", "10", "--height", "8", "--seed", "3")
    for path in (made.imzml, made.imzml.with_suffix(".ibd"), made.truth):
        assert path.read_bytes() == (tmp_path / "command" / path.name).read_bytes()
    with pytest.raises(ms.ResultsError, match="exists already"):
        ms.simulate(tmp_path / "call", progress=False)
    with pytest.raises(ms.OptionError, match="--preset: must be one of demo"):
        ms.simulate(tmp_path / "other", preset="moon", progress=False)


def test_the_truth_is_told(results: ms.Results, tissue: ms.Tissue) -> None:
    found = ms.evaluate(results, tissue.truth)
    said = run_json("evaluate", str(results.folder), "--truth", str(tissue.truth))
    assert found["truth"] == said["truth"]
    assert ms.evaluate(results.folder, tissue.truth) == found
    with pytest.raises(ms.ResultsError, match="nothing to hold"):
        ms.evaluate(results)
    assert pl.read_parquet(tissue.truth).height > 0
