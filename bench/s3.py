"""Annotates a dataset from files and from an S3 server, in turns. See README.md."""

import argparse
import os
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

from measure import medians, print_table, remove, run_counted
from scale import contents, simulate

KEYS = {"AWS_ACCESS_KEY_ID": "bench-key", "AWS_SECRET_ACCESS_KEY": "bench-secret-of-no-value"}


def free_port():
    """A port that nobody listens at."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def start_server(folder):
    """SeaweedFS with its files in a folder: the process, and where it answers."""
    names = ["s3.port", "s3.port.grpc", "master.port", "master.port.grpc", "volume.port"]
    names += ["volume.port.grpc", "filer.port", "filer.port.grpc", "admin.port"]
    ports = {name: free_port() for name in names}
    command = [Path(sysconfig.get_path("scripts"), "weed"), "mini", f"-dir={folder}"]
    command += ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-webdav=false", "-admin.ui=false"]
    command += ["-master.telemetry=false", "-s3.port.iceberg=0", "-s3.port.lance=0"]
    command += [f"-{name}={port}" for name, port in ports.items()]
    log = open(Path(folder, "log"), "w")
    server = subprocess.Popen(
        command, cwd=folder, env={**os.environ, **KEYS}, stdout=log, stderr=log
    )
    return server, f"http://127.0.0.1:{ports['s3.port']}"


def upload(imzml, endpoint):
    """Puts both files into a bucket, as soon as the server is there."""
    remote = f":s3,provider=Other,endpoint='{endpoint}',access_key_id={KEYS['AWS_ACCESS_KEY_ID']}"
    remote += f",secret_access_key={KEYS['AWS_SECRET_ACCESS_KEY']}:lab"
    command = [Path(sysconfig.get_path("scripts"), "rclone"), "copy", imzml.parent, remote, "--quiet"]
    for _ in range(60):
        done = subprocess.run(command, stderr=subprocess.PIPE)
        if done.returncode == 0:
            return
        time.sleep(0.5)
    sys.exit(f"the dataset cannot be uploaded: {done.stderr.decode()}")


def main(program, folder, arguments):
    imzml = simulate(program, folder, arguments.size)
    with tempfile.TemporaryDirectory(dir=folder) as store:
        server, endpoint = start_server(store)
        try:
            upload(imzml, endpoint)
            environment = {**KEYS, "AWS_ENDPOINT_URL": endpoint}
            sources = {"files": str(imzml), "S3": f"s3://lab/{imzml.name}"}
            costs = {name: [] for name in sources}
            found = None
            for _ in range(arguments.runs):
                for name, source in sources.items():
                    results = folder / "results"
                    remove(results)
                    command = [program, "annotate", source, "--quiet", "--no-coloc"]
                    command += ["--memory", arguments.memory, "--out", str(results)]
                    costs[name].append(run_counted(command, **environment))
                    tables = contents(results)
                    assert found is None or found == tables, f"{name}: another result"
                    found = tables
            remove(folder / "results")
        finally:
            server.terminate()
            server.wait()
    rows = []
    for name, of_source in costs.items():
        cost = medians(of_source)
        rows.append([name, f"{cost.wall:.1f}", f"{cost.cpu:.1f}", f"{cost.kernel:.1f}"])
    print_table([f"{arguments.size} GB from", "wall s", "CPU s", "kernel s"], rows)
    ratio = medians(costs["S3"]).wall / medians(costs["files"]).wall
    print(f"S3 takes {ratio:.2f} times as long", file=sys.stderr)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", default="1")
    parser.add_argument("--memory", default="8GiB")
    parser.add_argument("--runs", type=int, default=int(os.environ.get("RUNS", "3")))
    given = parser.parse_args()
    main(given.program, given.folder, given)
