#!/usr/bin/env python3
"""Measures `metaspace serve`: what a request takes alone, and what 64 clients get at once.

    metaspace simulate --out big --preset orbitrap-brain --width 200 --height 150
    metaspace annotate big/orbitrap-brain.imzML --adduct +H --adduct +Na --adduct +K --adduct +NH4 --out big-results
    metaspace serve big-results &
    python3 bench/serve.py http://127.0.0.1:8787 PROCESS_ID

Every answer of the many clients is compared with the one that a single client got. Needs Python 3.9
and nothing else.
"""

import array
import http.client
import json
import random
import statistics
import sys
import threading
import time
from urllib.parse import quote, urlsplit

N_ALONE = 200
N_CLIENTS = 64
N_ROUNDS = 20
N_IMAGES, WIDTH, HEIGHT = 500, 200, 150


def ask(connection, path, body=None, headers=None):
    connection.request("POST" if body else "GET", path, body, headers or {})
    answer = connection.getresponse()
    read = answer.read()
    assert answer.status == 200, (path, answer.status, read[:300])
    return read


def alone(place, name, paths):
    connection = http.client.HTTPConnection(place)
    ask(connection, paths[0])
    taken = []
    for i in range(N_ALONE):
        start = time.perf_counter()
        ask(connection, paths[i % len(paths)])
        taken.append((time.perf_counter() - start) * 1e3)
    taken.sort()
    print(f"{name:<34} median {statistics.median(taken):7.2f} ms, 95 % below {taken[int(0.95 * N_ALONE)]:7.2f} ms")


def numpy_file(n, height, width):
    """An array of float32 in NumPy's format: a third of it without signal, as in ion images."""
    draw = random.Random(1)
    some = array.array("f", (max(0.0, draw.random() - 0.33) for _ in range(1 << 16)))
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({n}, {height}, {width}), }}"
    header = header.ljust(117) + "\n"
    start = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()
    rows = array.array("f")
    while len(rows) < n * height * width:
        at = draw.randrange(1 << 15)
        rows.extend(some[at : at + (1 << 15)])
    return start + rows[: n * height * width].tobytes()


def scored(place):
    body = numpy_file(N_IMAGES, HEIGHT, WIDTH)
    for measure in ("cosine", "median_thresholded_cosine", "pearson"):
        taken = []
        for _ in range(5):
            connection = http.client.HTTPConnection(place)
            start = time.perf_counter()
            path = f"/api/v1/colocalization/score?measure={measure}&format=npy"
            ask(connection, path, body, {"Content-Type": "application/x-npy"})
            taken.append(time.perf_counter() - start)
        name = f"score {N_IMAGES} × {WIDTH * HEIGHT:,} by {measure}"
        print(f"{name:<52} median {statistics.median(taken):5.2f} s of {', '.join(f'{t:.2f}' for t in taken)}")


def together(place, questions):
    connection = http.client.HTTPConnection(place)
    expected = {path: ask(connection, path) for path in questions}
    wrong, taken = [], []

    def client(number):
        own, draw = http.client.HTTPConnection(place, timeout=120), random.Random(number)
        for _ in range(N_ROUNDS):
            path = draw.choice(questions)
            start = time.perf_counter()
            try:
                if ask(own, path) != expected[path]:
                    wrong.append(path)
            except Exception as error:  # counted, whatever it is
                wrong.append(f"{path}: {error}")
            taken.append((time.perf_counter() - start) * 1e3)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(N_CLIENTS)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - start
    taken.sort()
    print(
        f"{N_CLIENTS} clients, {len(taken)} requests: {len(wrong)} wrong, {len(taken) / seconds:.0f} a second, "
        f"median {statistics.median(taken):.0f} ms, slowest {taken[-1]:.0f} ms"
    )
    if wrong:
        sys.exit("\n".join(wrong[:5]))


def memory(process):
    for line in open(f"/proc/{process}/status"):
        if line.startswith("VmHWM"):
            print(f"peak memory of the server: {int(line.split()[1]) >> 10} MiB")


def main():
    place, process = urlsplit(sys.argv[1]).netloc, sys.argv[2]
    connection = http.client.HTTPConnection(place)
    page = json.loads(ask(connection, "/api/v1/annotations?limit=1000"))
    print(f"{page['nAll']} annotations")
    ions = [quote(row["ion"], safe="") for row in page["rows"]]
    sorts = ["rank", "mz", "-msm", "fdr", "-maxIntensity"]
    alone(place, "table page", [f"/api/v1/annotations?fdr=0.5&q=c&sort={s}&limit=50" for s in sorts])
    images = [f"/api/v1/ions/{ion}/images/0.png" for ion in ions]
    alone(place, "ion image, not kept", images[:N_ALONE])
    alone(place, "ion image, kept", images[:20])
    alone(place, "ion image, log scale, TIC", [f"{path}?scale=log&normalization=tic" for path in images])
    alone(place, "pixels", [f"/api/v1/ions/{ion}/pixels" for ion in ions])
    alone(place, "spectrum", [f"/api/v1/spectra/{20 + i},{40 + i}" for i in range(100)])
    start = time.perf_counter()
    ask(connection, f"/api/v1/colocalization?ion={ions[0]}&fdr=0.5")
    print(f"first partners at FDR 50 %: {time.perf_counter() - start:.2f} s")
    partners = [f"/api/v1/colocalization?ion={ion}&fdr=0.5" for ion in ions]
    alone(place, "partners", partners[:50])
    scored(place)
    memory(process)
    questions = images[:60] + partners[:20] + [f"/api/v1/annotations?sort={s}" for s in sorts]
    together(place, questions + [f"/api/v1/colocalization/matrix?limit=100&fdr=0.2&measure={m}" for m in ("cosine", "ssim")])
    memory(process)


main()
