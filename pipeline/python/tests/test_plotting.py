"""The plots of METASPACE's client draw the numbers that they are given."""

from __future__ import annotations

import matplotlib
import pandas as pd
import pytest

import metaspace as ms
from metaspace import dendrogram, plotting
from metaspace.client import SMInstance

matplotlib.use("Agg")

NAMES = ["one", "two", "three", "four"]
CLASSES = pd.DataFrame({"lipids": [4, 6, 8, 10], "sugars": [1, 0, 1, 0]}, index=NAMES)
METADATA = pd.DataFrame({"organ": ["brain", "brain", "liver", "liver"], "sex": list("fmfm")}, NAMES)


def widths(axes: matplotlib.axes.Axes) -> list[float]:
    return [bar.get_width() for bar in axes.patches]


def test_bars_are_means_of_groups() -> None:
    axes, _ = plotting.bar_by_class(CLASSES, METADATA, ["lipids", "sugars"], "organ", 0.1)
    assert widths(axes) == [5.0, 9.0, 0.5, 0.5]
    axes, _ = plotting.bar_by_class(CLASSES, METADATA, ["lipids", "sugars"], "organ", 0.1, q_clip=0.5)
    assert widths(axes) == [5.0, 9.0]
    axes, _ = plotting.bar_by_ds(CLASSES, METADATA, ["lipids", "sugars"], "organ", 0.1)
    assert widths(axes) == [2.75, 4.75]


def test_bars_and_pies_are_sums() -> None:
    axes, _ = plotting.bar_and_pie(CLASSES, ["lipids", "sugars"], sort=True, min_pct=50)
    assert [bar.get_height() for bar in axes.patches] == [2.0, 28.0]


def test_attributes_are_means_of_annotations() -> None:
    annotated = CLASSES > 0
    means = plotting.bar_attributes(annotated, METADATA, ["organ", "sex"], 0.1)
    assert means.loc["brain", "f"] == 2.0 and means.loc["liver", "m"] == 1.0


def test_a_rarefaction_curve_ends_with_all_formulas() -> None:
    axes = plotting.rarefaction_curve(CLASSES > 0, granularity=5)
    assert axes.lines[0].get_ydata()[[0, -1]].tolist() == [0.0, 2.0]


def test_isotopic_images_are_drawn(results: ms.Results) -> None:
    import matplotlib.pyplot as plt

    dataset = SMInstance().dataset(id=results.location)
    images = dataset.isotope_images(*dataset.results(fdr=0.1).index[0])
    plt.figure()
    images.plot(2)
    assert [axes.get_title() for axes in plt.gcf().axes] == [
        f"{images.peak(0):.4f}",
        f"{images.peak(1):.4f}",
    ]


def test_a_dendrogram_joins_what_is_near() -> None:
    import numpy as np

    rows = np.array([[0.0, 0.0], [10.0, 0.0], [0.1, 0.0]])
    drawn = dendrogram.create_dendrogram(rows, labels=["a", "b", "c"], method="single")
    assert sorted(max(trace["y"]) for trace in drawn["data"]) == pytest.approx([0.1, 9.9])
    assert list(drawn["layout"]["xaxis"]["ticktext"])[1:] in (["a", "c"], ["c", "a"])


def test_matplotlib_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match="pip install 'metaspace\\[client\\]'"):
        plotting.rarefaction_curve(CLASSES > 0)
