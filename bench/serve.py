"""Measures `metaspace report` and `metaspace serve` on a results folder, and checks what they answer.
See README.md.

serve.py PROGRAM RESULTS MEMORY
"""

import io
import random
import sys
import threading
import time
from pathlib import Path
from urllib.parse import quote

import numpy as np
import polars as pl
from measure import medians, run
from serving import Client, say, served

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "python"))
from pictures import Results, indices, read_png  # noqa: E402

N_ALONE = 200
N_CLIENTS = 64
N_ROUNDS = 20
N_SENT = 500


def alone(place, name, paths, goal=None, n=N_ALONE):
    """Asks one question after another."""
    client, taken = Client(place), []
    client.ask(paths[0])
    for i in range(n):
        started = time.perf_counter()
        client.ask(paths[i % len(paths)])
        taken.append((time.perf_counter() - started) * 1e3)
    say(name, taken, goal)


def report(program, folder):
    costs = [run([program, "report", folder, "--fdr", "0.5", "--quiet"])[0] for _ in range(5)]
    size = (Path(folder) / "report.html").stat().st_size / 1e6
    assert size <= 15, f"{size} MB"
    say("report", [cost.wall for cost in costs], 5, "s")
    print(f"  {size:.1f} MB, {medians(costs).cpu:.2f} s of processors, {medians(costs).memory:.0f} MB of memory")


def page_of(sort):
    """An address of a page of the table, sorted by a column."""
    return f"/annotations?fdr=0.5&q=c&sort={quote(sort)}&limit=50"


SORTS = {"rank": None, "mz": "mz", "-msm": "msm", "fdr": "fdr", "-maxIntensity": "maxIntensity"}


def check_pages(client, results):
    """Pages have the rows that the table has, in its order. Every formula has a C in it."""
    listed = results.annotations.filter(pl.col("fdr") <= 0.5)
    for sort, column in SORTS.items():
        rows = listed
        if column:
            rows = listed.sort(column, descending=sort.startswith("-"), maintain_order=True)
        found = [row["ion"] for row in client.json(page_of(sort))["rows"]]
        assert found == rows["ion"].to_list()[:50], sort


def check_images(client, results, ions):
    """Pictures have the colours of the intensities."""
    for ion in ions:
        found, _, _ = read_png(client.ask(f"/ions/{quote(ion, safe='')}/images/0.png"))
        expected = indices(results.levels(results.values(ion)))
        assert np.abs(found[..., 0].astype(int) - expected).max() <= 1, ion


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def scores(place, results):
    """Sends the images of the results, and holds the scores against those of the results."""
    client = Client(place)
    best = client.json(f"/colocalization/matrix?fdr=1&limit={N_SENT}")
    images = [results.placed(results.values(ion)) for ion in best["ions"]]
    body = npy(np.array(images, np.float32))
    assert len(images) == N_SENT
    measures = client.json("/datasets")["measures"]
    # SSIM, which compares neighbourhoods pair by pair, takes 50 s and has no place here.
    for measure in filter(lambda name: name != "ssim", measures):
        taken = []
        for _ in range(5):
            started = time.perf_counter()
            answer = client.ask(f"/colocalization/score?measure={measure}&format=npy", body)
            taken.append(time.perf_counter() - started)
        goal = 1 if measure == best["measure"] else None
        say(f"score {N_SENT} × {images[0].size:,} by {measure}", taken, goal, "s")
        path = f"/colocalization/matrix?fdr=1&limit={N_SENT}&measure={measure}&format=npy"
        expected = np.load(io.BytesIO(client.ask(path)))
        assert np.array_equal(np.load(io.BytesIO(answer)), expected), measure


def together(place, questions):
    """Many clients at once get what one client got."""
    client = Client(place)
    expected = {path: client.ask(path) for path in questions}
    wrong, taken = [], []

    def ask_some(number):
        own, draw = Client(place), random.Random(number)
        for _ in range(N_ROUNDS):
            path = draw.choice(questions)
            started = time.perf_counter()
            try:
                if own.ask(path) != expected[path]:
                    wrong.append(path)
            except Exception as error:  # counted, whatever it is
                wrong.append(f"{path}: {error!r}")
            taken.append((time.perf_counter() - started) * 1e3)

    threads = [threading.Thread(target=ask_some, args=(number,)) for number in range(N_CLIENTS)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - started
    say(f"{N_CLIENTS} clients at once, an answer", taken)
    print(f"  {len(taken)} answers, {len(wrong)} wrong, {len(taken) / seconds:.0f} a second, slowest {max(taken):.0f} ms")
    if wrong:
        sys.exit("\n".join(wrong[:5]))


def peak(process, when):
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            print(f"  most memory of the server {when}: {int(line.split()[1]) / 1e3:.0f} MB", flush=True)


def main(program, folder, memory):
    results = Results(Path(folder))
    print(f"{results.annotations.height} annotations of {' × '.join(map(str, results.shape[::-1]))} pixels")
    report(program, folder)
    with served(program, folder, memory) as (place, process):
        names = results.annotations["ion"].unique(maintain_order=True).to_list()
        ions = [quote(ion, safe="") for ion in names]
        images = [f"/ions/{ion}/images/0.png" for ion in ions]
        pages = [page_of(sort) for sort in SORTS]
        alone(place, "table page", pages, 50)
        alone(place, "ion image, not asked for before", images[:N_ALONE], 30)
        alone(place, "ion image, again", images[:20], 30)
        alone(place, "ion image, log scale, by ion current", [f"{path}?scale=log&normalization=tic" for path in images], 30)
        alone(place, "pixels", [f"/ions/{ion}/pixels" for ion in ions])
        alone(place, "spectrum of a pixel", [f"/spectra/{20 + i},{40 + i}" for i in range(100)])
        started = time.perf_counter()
        Client(place).ask(f"/colocalization?ion={ions[0]}&fdr=0.5")
        print(f"first partners at FDR 50 %: {time.perf_counter() - started:.2f} s")
        partners = [f"/colocalization?ion={ion}&fdr=0.5" for ion in ions]
        alone(place, "partners of another ion", partners[:N_ALONE])
        check_pages(Client(place), results)
        check_images(Client(place), results, names[::50])
        peak(process, "so far")
        scores(place, results)
        peak(process, "with images that are sent")
        matrices = [f"/colocalization/matrix?limit=100&fdr=0.2&measure={m}" for m in ("cosine", "ssim")]
        together(place, images[:60] + partners[:20] + pages + matrices)
        peak(process, f"with --memory {memory}, at its end")
    print("all answers are right")


main(*sys.argv[1:])
