#!/usr/bin/env python3
"""Trains the benchmark jobs with minnow and its peers in turns, and prints a table for the README.

usage: compare.py [--rounds N] [--peers keras,torch,libtorch] [--jobs ex1:32,...] [--threads 1,2] [--rows N]
                  [--minnow PROGRAM] [--venv DIR] [--data DIR] [--chart FILE.svg]

Each round runs every program once, one after another, so that a machine that slows down slows all.
The figure of a run is its last epoch's; the table has the median of the rounds, in samples per
second, and the ratio of minnow to the best figure of any peer at any thread count asked for; "T of T"
is the ratio to the best one on T threads at most, where others had more.
Peers are installed from PyPI into DIR (default build/peers) where it does not have them yet.
libtorch is torch's C++ library, which a compiler builds bench/libtorch_peer.cpp with: example 1 only.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import venv

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PACKAGES = {"keras": ("tensorflow-cpu", "tensorflow"), "torch": ("torch", "torch"), "libtorch": ("torch", "torch")}


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--peers", default="keras,torch")
    p.add_argument("--jobs", default="ex1:32,ex1:128,convnet:128,mlp784:128,mlp10:32")
    p.add_argument("--threads", default="1,2")
    p.add_argument("--rows", type=int, default=20000)
    p.add_argument("--minnow", default=os.path.join(ROOT, "build/release/apps/minnow/minnow"))
    p.add_argument("--venv", default=os.path.join(ROOT, "build/peers"))
    p.add_argument("--data", default=os.environ.get("FASHION_MNIST_DIR", "/usr/share/datasets/fashion-mnist"))
    p.add_argument("--chart", help="also draw the ratios of each job into this SVG file")
    return p.parse_args()


def python_with(peers, folder):
    """The interpreter of a virtual environment that has the peers."""
    python = os.path.join(folder, "bin", "python")
    if not os.path.exists(python):
        venv.create(folder, with_pip=True)
    for peer in peers:
        package, module = PACKAGES[peer]
        found = subprocess.run([python, "-c", f"import importlib.util as u; exit(u.find_spec('{module}') is None)"])
        if found.returncode != 0:
            subprocess.run([python, "-m", "pip", "install", "--quiet", package], check=True)
    return python


def libtorch_program(python, folder):
    """bench/libtorch_peer.cpp, compiled with the library that is among torch's files."""
    program = os.path.join(folder, "libtorch_peer")
    find = "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])"
    torch = subprocess.run([python, "-c", find], check=True, capture_output=True, text=True).stdout.strip()
    subprocess.run([os.environ.get("CXX", "c++"), "-std=c++20", "-O2", f"-I{torch}/include",
                    f"-I{torch}/include/torch/csrc/api/include", os.path.join(ROOT, "bench/libtorch_peer.cpp"),
                    f"-L{torch}/lib", f"-Wl,-rpath,{torch}/lib,--no-as-needed,--allow-shlib-undefined",
                    "-ltorch", "-ltorch_cpu", "-lc10", "-o", program], check=True)
    return program


def last_epoch(command):
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{run.stderr[-2000:]}")
    return json.loads(run.stdout.strip().splitlines()[-1])["samples_per_s"]


def draw(path, jobs, columns, median):
    """Bars of each program's speed, every job's best peer being 1."""
    bar, gap, left, unit = 12, 14, 110, 90
    shades = {"minnow": "#1b6ca8", "keras": "#c9c9c9", "torch": "#8f8f8f", "libtorch": "#6f6f6f"}
    lines, y = [], 16
    for job in jobs:
        best = max(median.get((job, name, t), 0) for name, t in columns if name != "minnow")
        lines.append(f'<text x="8" y="{y + 10}">{job.replace(":", ", batch ")}</text>')
        y += 16
        for name, t in columns:
            if (job, name, t) not in median:
                continue
            ratio = median[job, name, t] / best
            width = min(ratio, 8) * unit
            lines.append(f'<text x="{left - 6}" y="{y + 10}" text-anchor="end">{name}, {t}</text>'
                         f'<rect x="{left}" y="{y}" width="{width:.0f}" height="{bar}" fill="{shades[name]}"/>'
                         f'<text x="{left + width + 5:.0f}" y="{y + 10}">{ratio:.2f}</text>')
            y += bar + 3
        y += gap
    with open(path, "w") as out:
        out.write(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + 8 * unit + 60} {y}" '
                  'font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="white"/>'
                  + "\n".join(lines) + "</svg>\n")


def main():
    a = arguments()
    peers = [p for p in a.peers.split(",") if p]
    threads = [int(t) for t in a.threads.split(",")]
    python = python_with(peers, a.venv) if peers else sys.executable
    libtorch = libtorch_program(python, a.venv) if "libtorch" in peers else None
    results = {}
    for _ in range(a.rounds):
        for job_batch in a.jobs.split(","):
            job, batch = job_batch.split(":")
            for t in threads:
                common = [job, "--threads", str(t), "--batch", batch, "--rows", str(a.rows),
                          "--epochs", "2", "--data", a.data]
                for name in ["minnow", *peers]:
                    if name == "libtorch" and job != "ex1":
                        continue
                    program = {"minnow": [a.minnow, "bench", "train"], "libtorch": [libtorch]}.get(
                        name, [python, os.path.join(ROOT, "bench/peer_train.py"), name])
                    results.setdefault((job_batch, name, t), []).append(last_epoch([*program, *common]))
                    print(name, *common[:5], results[job_batch, name, t][-1], file=sys.stderr, flush=True)

    median = {key: statistics.median(values) for key, values in results.items()}
    columns = [(name, t) for name in ["minnow", *peers] for t in threads]
    fewer = [t for t in threads if t < max(threads)]
    heads = ["job, batch", *(f"{name} {t}" for name, t in columns), *(f"ratio {t}" for t in threads),
             *(f"{t} of {t}" for t in fewer)]
    print("| " + " | ".join(heads) + " |")
    print("|---" * len(heads) + "|")
    for job_batch in a.jobs.split(","):
        def ratio(t, most):
            best = max((median.get((job_batch, p, n), 0) for p in peers for n in threads if n <= most), default=0)
            return f"{median[job_batch, 'minnow', t] / best:.2f}" if best else ""
        row = [f"{median[job_batch, name, t]:,.0f}" if (job_batch, name, t) in median else ""
               for name, t in columns]
        row += [ratio(t, max(threads)) for t in threads] + [ratio(t, t) for t in fewer]
        print(f"| {job_batch.replace(':', ', ')} | " + " | ".join(row) + " |")
    if a.chart and peers:
        draw(a.chart, a.jobs.split(","), columns, median)


if __name__ == "__main__":
    main()
