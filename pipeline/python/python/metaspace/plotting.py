"""Plots of annotations over many datasets, under the names of METASPACE's client.

They draw with matplotlib and return what they drew; they show nothing by themselves, unlike METASPACE's.
The packages matplotlib and pandas are needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from metaspace._missing import needed

if TYPE_CHECKING:
    import pandas as pd

#: Seed of the order in which datasets are added.
_SEED = 42


def _pyplot(what: str) -> Any:
    return needed("matplotlib.pyplot", what, "client")


def rarefaction_curve(
    df: pd.DataFrame,
    granularity: int = 20,
    n_reps: int = 2,
    plot_args: Mapping[str, Any] | None = None,
) -> Any:
    """Draw how many formulas are found in ever more datasets.

    Parameters
    ----------
    df : DataFrame
        A row for each dataset, a column for each formula; whether it is annotated.
    granularity, n_reps : int
        Points of the curve, and draws of datasets for each.
    plot_args : dict
        Further arguments of the line.

    Returns
    -------
    matplotlib.axes.Axes
    """
    import numpy as np

    axes = _pyplot("rarefaction_curve").subplots()[1]
    numbers = np.linspace(0, len(df), granularity, dtype=int)
    found = np.array(
        [
            [
                int((df.sample(n=n, random_state=_SEED + draw).sum(axis=0) > 0).sum())
                for draw in range(n_reps)
            ]
            for n in numbers
        ]
    )
    mean, deviation = found.mean(axis=1), found.std(axis=1)
    axes.fill_between(numbers, mean - deviation, mean + deviation, alpha=0.3)
    axes.plot(numbers, mean, **(plot_args or {}))
    axes.set_xlabel("Number of datasets")
    axes.set_ylabel("Number of unique formula annotations")
    axes.set_title("Rarefaction Curve")
    return axes


def bar_attributes(
    an: pd.DataFrame, me: pd.DataFrame, columns: Sequence[str], fdr: float
) -> pd.DataFrame:
    """Draw the mean number of annotations of datasets by their metadata.

    Parameters
    ----------
    an : DataFrame
        A row for each dataset, a column for each ion; whether it is annotated.
    me : DataFrame
        Metadata of the same datasets.
    columns : list of str
        Columns of the metadata: the first along the axis, the others side by side.
    fdr : float
        For the title.

    Returns
    -------
    DataFrame
        The means that are drawn.
    """
    pandas = needed("pandas", "bar_attributes", "client")
    _pyplot("bar_attributes")
    names = list(columns)
    counted = me[names].assign(n_annotations=an.sum(axis=1))
    by: dict[str, Any] = {
        "index": names[0],
        "columns": names[1:],
        "values": "n_annotations",
    }
    means: pd.DataFrame = pandas.pivot_table(counted, aggfunc="mean", **by)
    deviations = pandas.pivot_table(counted, aggfunc="std", **by).reindex_like(means)
    axes = means.plot.bar(yerr=deviations)
    axes.legend(bbox_to_anchor=(1.0, 0.5))
    axes.set_title(f"Annotations per dataset at fdr {fdr} ")
    return means


def bar_and_pie(
    classannotations_df: pd.DataFrame | pd.Series,
    class_names: Sequence[str],
    sort: bool = False,
    min_pct: float | None = None,
) -> tuple[Any, Any]:
    """Draw numbers of annotations by class as bars, and as a pie.

    Parameters
    ----------
    classannotations_df : DataFrame or Series
        Annotations of each dataset and class, or of each class.
    class_names : list of str
        The classes.
    sort : bool
        Draw the smallest first.
    min_pct : float
        Join classes below so many percent of the largest as ``other``.

    Returns
    -------
    tuple
        Axes of the bars, and the figure of the pie.
    """
    pandas = needed("pandas", "bar_and_pie", "client")
    plt = _pyplot("bar_and_pie")
    if isinstance(classannotations_df, pandas.DataFrame):
        numbers = classannotations_df[list(class_names)].sum()
    else:
        numbers = classannotations_df
    if min_pct:
        is_large = numbers / numbers.max() > min_pct / 100.0
        other = numbers[~is_large].sum()
        numbers = numbers[is_large]
        numbers["other"] = other
    if sort:
        numbers = numbers.sort_values()
    axes = plt.subplots()[1]
    axes.bar(range(len(numbers)), numbers.to_numpy())
    axes.set_xticks(range(len(numbers)), numbers.index, rotation=60, ha="right")
    pie, of_pie = plt.subplots()
    of_pie.pie(numbers.to_numpy(), labels=list(numbers.index))
    of_pie.axis("equal")
    return axes, pie


def bar_by_class(
    classannotations_df: pd.DataFrame,
    metadata_df: pd.DataFrame,
    class_names: Sequence[str],
    meta_to_group: str,
    fdr: float,
    q_clip: float | bool = False,
    palette: str = "Paired",
    labels: Sequence[Any] | None = None,
) -> tuple[Any, Any]:
    """Draw the mean number of annotations of each class by a column of the metadata.

    Parameters
    ----------
    classannotations_df, metadata_df : DataFrame
        Annotations by class, and metadata, of the same datasets.
    class_names : list of str
        The classes.
    meta_to_group : str
        The column.
    fdr : float
        For the title.
    q_clip : float
        Leave out classes with at most this share of the annotations of the largest.
    palette : str
        Colormap of matplotlib.
    labels : list
        Ticks of the axis of numbers.

    Returns
    -------
    tuple
        Axes and figure.
    """
    numbers = classannotations_df[list(class_names)]
    if q_clip:
        total = numbers.sum(axis=0)
        numbers = numbers[numbers.columns[total / total.max() > q_clip]]
    axes, figure = _grouped(numbers, metadata_df[meta_to_group], palette)
    axes.set_xlabel("Total Annotations per Class")
    axes.set_title(f"Class Summary at FDR {fdr}")
    if labels:
        axes.set_xticks(list(labels))
    return axes, figure


def bar_by_ds(
    classannotations_df: pd.DataFrame,
    metadata_df: pd.DataFrame,
    class_names: Sequence[str],
    meta_to_group: str,
    fdr: float,
    palette: str = "Paired",
    labels: Sequence[Any] | None = None,
) -> tuple[Any, Any]:
    """Draw the mean number of annotations of each group of datasets, all classes together.

    The arguments are those of `bar_by_class`.
    """
    numbers = classannotations_df[list(class_names)].mean(axis=1).to_frame("all classes")
    axes, figure = _grouped(numbers, metadata_df[meta_to_group], palette)
    axes.set_xlabel("Total Annotations per Class")
    axes.set_title(f"Class Summary at FDR {fdr}")
    if labels:
        axes.set_xticks(list(labels))
    return axes, figure


def _grouped(numbers: pd.DataFrame, groups: pd.Series, palette: str) -> tuple[Any, Any]:
    """Horizontal bars of means, a colour for each column of numbers."""
    _pyplot("plotting")
    means = numbers.groupby(groups.to_numpy()).mean()
    axes = means.plot.barh(colormap=palette)
    axes.set_ylabel(groups.name)
    return axes, axes.figure
