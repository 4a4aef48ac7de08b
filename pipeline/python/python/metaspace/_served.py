"""Results that `metaspace serve` serves, fetched to a folder of this machine."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

from metaspace.errors import ResultsError

#: Tables that a client reads; `run.json` comes last, as it makes a folder one of results.
_FILES = (
    "annotations.parquet",
    "annotations.csv",
    "ion_images.parquet",
    "ion_metrics.parquet",
    "candidates.parquet",
    "pixels.parquet",
    "mean_spectrum.parquet",
    "colocalization.parquet",
    "sample_ions.parquet",
    "run.json",
)

#: Those that a run may leave out.
_OPTIONAL = {"colocalization.parquet", "sample_ions.parquet"}

#: Seconds without an answer.
_TIMEOUT = 60.0


class ResultsServer:
    """A server of results, asked over HTTP."""

    def __init__(self, address: str, token: str | None = None) -> None:
        self.address = address.rstrip("/")
        self._token = token

    def datasets(self) -> list[dict[str, Any]]:
        """What is served: ``id`` and ``name`` of each, and more."""
        with self._open("datasets") as answer:
            listed: list[dict[str, Any]] = json.load(answer)["datasets"]
        return listed

    def fetch(self, dataset: str) -> tempfile.TemporaryDirectory[str]:
        """Fetch the tables of a dataset to a folder, which lasts as long as what is returned."""
        room = tempfile.TemporaryDirectory(prefix="metaspace-")
        for name in _FILES:
            path = f"files/{name}?dataset={quote(dataset, safe='')}"
            try:
                with self._open(path) as answer, (Path(room.name) / name).open("wb") as file:
                    shutil.copyfileobj(answer, file)
            except _Missing:
                if name not in _OPTIONAL:
                    raise
                (Path(room.name) / name).unlink(missing_ok=True)
        return room

    def _open(self, path: str) -> Any:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        request = Request(f"{self.address}/api/v1/{path}", headers=headers)
        try:
            return urlopen(request, timeout=_TIMEOUT)
        except HTTPError as error:
            with error:
                reason = _detail(error)
            kind = _Missing if error.code == 404 else ResultsError
            raise kind(f"{self.address} answers {error.code}: {reason}") from None
        except URLError as error:
            raise ResultsError(
                f"no server of results answers at {self.address}: {error.reason}\n"
                "hint: `metaspace serve` starts one and says its address"
            ) from None


class _Missing(ResultsError):
    """What the server does not have."""


def _detail(error: HTTPError) -> str:
    """What the server says of a problem."""
    try:
        told: dict[str, Any] = json.load(error)
    except ValueError:
        return str(error.reason)
    return str(told.get("detail") or error.reason)
