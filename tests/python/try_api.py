"""Tries the API with requests that its description allows and does not allow.

Usage: try_api.py JOB, a JSON file with `url` of a server and `ion`, one of its ions.
"""

import json
import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

# 422 is what is understood and cannot be computed: a region without a pixel, images of other sizes.
CONFIG = """
seed = 7

[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", "401", "403", "404", "416", "422"]

[parameters]
"path.ion" = {ion}
"path.name" = "annotations.parquet"
"path.id" = "r"
"query.ion" = {ion}
"""


def main():
    job = json.loads(Path(sys.argv[1]).read_text())
    program = Path(sysconfig.get_path("scripts")) / "schemathesis"
    with tempfile.TemporaryDirectory() as folder:
        # Once with an ion that is there, once with any.
        for config in (CONFIG, CONFIG.split("[parameters]")[0]):
            Path(folder, "schemathesis.toml").write_text(config.replace("{ion}", json.dumps(job["ion"])))
            line = [program, "run", f"{job['url']}/api/v1/openapi.json"]
            line += ["--max-examples", "40", "--phases", "examples,coverage,fuzzing", "--no-color"]
            # Images of equal sides are rare among random ones, which is no fault of the API.
            line += ["--suppress-health-check", "filter_too_much"]
            environment = {**os.environ, "NO_COLOR": "1", "HOME": folder}
            done = subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True)
            if done.returncode != 0:
                sys.exit(done.stdout[-6000:] + done.stderr[-2000:])
    print("OK")


main()
