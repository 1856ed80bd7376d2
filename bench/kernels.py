#!/usr/bin/env python3
"""Runs minnow's kernel benchmarks beside oneDNN and Eigen, in turns, and prints a table.

usage: kernels.py [--bench PROGRAM] [--filter REGEX] [--threads 1,2] [--rounds N] [--seconds S]

Each round runs every benchmark once, a kernel's engines one after the other; the figures are medians.
GFLOP/s or GB/s as the benchmark counts them, for minnow also the share of the machine's measured peak.
A ratio is the median of the rounds' own, for a shared machine slows down and speeds up between them;
above 1 minnow is the faster one.
"""
import argparse
import json
import os
import statistics
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--bench", default=os.path.join(ROOT, "build/release/bench/minnow_bench"))
    p.add_argument("--filter", default="^(gemm|conv2d|elementwise|layer)/")
    p.add_argument("--threads", default="1,2")
    p.add_argument("--rounds", type=int, default=9)
    p.add_argument("--seconds", type=float, default=0.05)
    return p.parse_args()


def measure(a):
    """{(kernel, threads): {engine: {counter: [figure of each round]}}} in the order of the program."""
    found = {}
    for _ in range(a.rounds):
        run = subprocess.run([a.bench, "--benchmark_format=json", f"--benchmark_filter=(^peak/)|({a.filter})",
                              f"--benchmark_min_time={a.seconds}"], capture_output=True, text=True, check=True)
        for b in json.loads(run.stdout)["benchmarks"]:
            if b.get("error_occurred"):
                raise SystemExit(f"{b['name']}: {b['error_message']}")
            kind, shape, engine = b["name"].split("/")[:3]
            if kind == "step":
                continue
            threads = b["name"].split("threads:")[1].split("/")[0]
            place = found.setdefault((f"{kind} {shape}", int(threads)), {}).setdefault(engine, {})
            for counter in ("GFLOP/s", "GB/s"):
                if counter in b:
                    place.setdefault(counter, []).append(b[counter])
    return found


def main():
    a = arguments()
    print("| kernel | threads | minnow | of peak | oneDNN | ratio | Eigen | ratio |")
    print("|---" * 8 + "|")
    found = measure(a)
    peak = {threads: statistics.median(found.pop(("peak multiply_add", threads))["minnow"]["GFLOP/s"])
            for threads in (1, 2)}
    for (kernel, threads), engines in found.items():
        if str(threads) not in a.threads.split(","):
            continue
        unit = "GFLOP/s" if "GFLOP/s" in engines["minnow"] else "GB/s"
        figure = {e: statistics.median(counters[unit]) for e, counters in engines.items()}
        row = [kernel, str(threads), f"{figure['minnow']:.1f} {unit}",
               f"{figure['minnow'] / peak[threads]:.0%}" if unit == "GFLOP/s" else ""]
        for peer in ("onednn", "eigen"):
            if peer not in figure:
                row += ["", ""]
                continue
            ratios = [own / its for own, its in zip(engines["minnow"][unit], engines[peer][unit])]
            row += [f"{figure[peer]:.1f}", f"{statistics.median(ratios):.2f}"]
        print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
