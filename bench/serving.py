"""A server that is measured: starts it, asks it, and says how long its answers took."""

import http.client
import json
import math
import statistics
import subprocess
from contextlib import contextmanager
from urllib.parse import urlsplit

API = "/api/v1"


class Client:
    """A connection that is kept."""

    def __init__(self, place):
        self.connection = http.client.HTTPConnection(place, timeout=120)

    def ask(self, path, body=None, kind="application/x-npy"):
        headers = {"Content-Type": kind} if body else {}
        self.connection.request("POST" if body else "GET", API + path, body, headers)
        answer = self.connection.getresponse()
        read = answer.read()
        assert answer.status == 200, (path, answer.status, read[:300])
        return read

    def json(self, path):
        return json.loads(self.ask(path))


@contextmanager
def served(program, folder, memory):
    """The place of a server at a free port, and its process."""
    line = [program, "serve", folder, "--listen", "127.0.0.1:0", "--memory", memory]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield urlsplit(process.stdout.readline().strip()).netloc, process.pid
    finally:
        process.terminate()
        process.wait(20)


def say(name, figures, goal=None, unit="ms"):
    """Prints the median, and the goal of it where there is one."""
    median = statistics.median(figures)
    most = sorted(figures)[math.ceil(0.95 * len(figures)) - 1]
    verdict = "" if goal is None else f"   goal {goal:g} {unit}{'' if median <= goal else ': MISSED'}"
    print(f"{name:<46} median {median:8.2f} {unit}, 95 % within {most:8.2f} {unit}{verdict}", flush=True)
