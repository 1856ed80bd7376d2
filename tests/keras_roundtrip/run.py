"""Runs round_trip.py with Keras from PyPI, in a virtual environment of its own.

run.py --minnow PROGRAM --work FOLDER. Exit status 77: skipped, because the environment cannot be
had (no venv, no PyPI); the reason is printed.
"""

import argparse
import pathlib
import shutil
import subprocess
import sys

SKIPPED = 77
HERE = pathlib.Path(__file__).parent
INSTALL_SECONDS = 300


def skip(why):
    print(f"SKIPPED: the round trip with Keras did not run: {why}")
    sys.exit(SKIPPED)


def environment(folder):
    """The environment's Python; made anew where the requirements are not those it was made of."""
    python = folder / "bin" / "python"
    wanted = (HERE / "requirements.txt").read_text()
    made_of = folder / "made_of.txt"
    if made_of.exists() and made_of.read_text() == wanted:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    try:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True, capture_output=True)
    except (subprocess.CalledProcessError, OSError) as error:
        skip(f"a virtual environment cannot be made (is python3-venv installed?): {error}")
    install = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile", "--retries", "1"]
    install += ["--timeout", "15", "--only-binary", ":all:", "--disable-pip-version-check"]
    try:
        subprocess.run([*install, "-r", HERE / "requirements.txt"], check=True, timeout=INSTALL_SECONDS)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        skip(f"Keras could not be installed from PyPI: {error}")
    made_of.write_text(wanted)
    return python


parser = argparse.ArgumentParser()
parser.add_argument("--minnow", required=True)
parser.add_argument("--work", required=True, type=pathlib.Path)
arguments = parser.parse_args()
arguments.work.mkdir(parents=True, exist_ok=True)
python = environment(arguments.work / "venv")
files = arguments.work / "files"
shutil.rmtree(files, ignore_errors=True)
files.mkdir()
sys.exit(subprocess.run([python, HERE / "round_trip.py", arguments.minnow, files]).returncode)
