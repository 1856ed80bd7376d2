#!/usr/bin/env python3
"""Runs minnow's kernel benchmarks beside oneDNN and Eigen, in turns, and prints a table.

usage: kernels.py [--bench PROGRAM] [--filter REGEX] [--target NAME] [--rounds N] [--seconds S]

Each round runs every benchmark once, a kernel's engines one after the other; the figures are medians.
GFLOP/s or GB/s as the benchmark counts them, on one thread and two; for minnow's one thread also the
share of the machine's measured peak. A ratio is the median of the rounds' own, for a shared machine slows
down and speeds up between them; above 1 minnow is the faster one.

With --target (AVX3, which is AVX-512, AVX2 or SSE4) minnow and oneDNN use that instruction set. Eigen uses
the machine's, always, and is left out then.
"""
import argparse
import json
import os
import statistics
import subprocess

THREADS = (1, 2)
# What oneDNN calls the instruction sets.
ONEDNN_ISA = {"AVX3": "AVX512_CORE", "AVX2": "AVX2", "SSE4": "SSE41"}
PEERS = {"onednn": "oneDNN", "eigen": "Eigen"}
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--bench", default=os.path.join(ROOT, "build/release/bench/minnow_bench"))
    p.add_argument("--filter", default="^(gemm|conv2d|elementwise|layer)/")
    p.add_argument("--target", choices=ONEDNN_ISA)
    p.add_argument("--rounds", type=int, default=9)
    p.add_argument("--seconds", type=float, default=0.05)
    return p.parse_args()


def measure(a):
    """{kernel: {engine: {threads: [figure of each round]}}}, {kernel: unit}, in the order of the program."""
    found, units = {}, {}
    command = [a.bench, "--benchmark_format=json", f"--benchmark_filter=(^peak/)|({a.filter})",
               f"--benchmark_min_time={a.seconds}"]
    environment = dict(os.environ)
    if a.target:
        command.append(f"--target={a.target}")
        environment["ONEDNN_MAX_CPU_ISA"] = ONEDNN_ISA[a.target]
    for _ in range(a.rounds):
        run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        for b in json.loads(run.stdout)["benchmarks"]:
            if b.get("error_occurred"):
                raise SystemExit(f"{b['name']}: {b['error_message']}")
            kind, shape, engine = b["name"].split("/")[:3]
            if kind == "step" or (a.target and engine == "eigen"):
                continue
            kernel, threads = f"{kind} {shape}", int(b["name"].split("threads:")[1].split("/")[0])
            units[kernel] = next(u for u in ("GFLOP/s", "GB/s") if u in b)
            of_engine = found.setdefault(kernel, {}).setdefault(engine, {})
            of_engine.setdefault(threads, []).append(b[units[kernel]])
    return found, units


def each(figures, of):
    """A cell: a figure for each number of threads that there is."""
    return ", ".join(of(figures[t]) for t in THREADS if t in figures)


def main():
    a = arguments()
    found, units = measure(a)
    peak = statistics.median(found.pop("peak multiply_add")["minnow"][1])
    print(f"The peak of one thread: {peak:.0f} GFLOP/s\n")
    peers = ["onednn"] if a.target else ["onednn", "eigen"]
    print("| kernel | on 1 thread, 2 | of peak | " + " | ".join(f"to {PEERS[p]}" for p in peers) + " |")
    print("|---" * (3 + len(peers)) + "|")
    for kernel, engines in found.items():
        own = engines["minnow"]
        share = f"{statistics.median(own[1]) / peak:.0%}" if units[kernel] == "GFLOP/s" else ""
        row = [kernel, each(own, lambda f: f"{statistics.median(f):.3g}") + f" {units[kernel]}", share]
        for peer in peers:
            ratios = {t: [x / y for x, y in zip(own[t], its)] for t, its in engines.get(peer, {}).items()}
            row.append(each(ratios, lambda r: f"{statistics.median(r):.2f}"))
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
