"""A dendrogram under the name of METASPACE's client: plotly's own, with a method and a metric.

The packages plotly and scipy are needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from metaspace._missing import needed


def create_dendrogram(
    X: Any,
    orientation: str = "bottom",
    labels: Sequence[str] | None = None,
    method: str = "complete",
    metric: str = "euclidean",
    colorscale: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Draw how the rows of a matrix are grouped.

    Parameters
    ----------
    X : ndarray, shape (n, m)
        What is grouped.
    orientation : str
        ``"bottom"``, ``"top"``, ``"left"`` or ``"right"``.
    labels : list of str
        Names of the rows.
    method, metric : str
        Linkage and distance, as in `scipy.cluster.hierarchy.linkage` and `scipy.spatial.distance`.
    colorscale : list of str
        Colours of the groups.

    Returns
    -------
    dict
        ``layout`` and ``data`` of a figure of plotly.

    Raises
    ------
    ImportError
        plotly or scipy is not installed.
    """
    factory = needed("plotly.figure_factory", "create_dendrogram", "client")
    hierarchy = needed("scipy.cluster.hierarchy", "create_dendrogram", "client")
    distance = needed("scipy.spatial.distance", "create_dendrogram", "client")
    figure = factory.create_dendrogram(
        X,
        orientation=orientation,
        labels=labels,
        colorscale=colorscale,
        distfun=lambda rows: distance.pdist(rows, metric),
        linkagefun=lambda distances: hierarchy.linkage(distances, method),
    )
    return {"layout": figure.layout, "data": figure.data}
