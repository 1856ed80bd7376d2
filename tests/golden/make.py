"""Records all runs again, in their places.

    python -m venv keras && keras/bin/pip install keras==3.15.1 tensorflow-cpu==2.21.0
    keras/bin/python tests/golden/make.py

takes some minutes and writes one small file for each run: layers/ by layers.py, training/ by
training.py. Everything is seeded: on the same machine nothing changes. Float32 sums depend on the
processor in their last bits, so elsewhere the last digits may.

The folders with .npy files are older and stay as they are.
"""

import importlib
import os

HERE = os.path.dirname(os.path.abspath(__file__))

if __name__ == "__main__":
    for part in ["layers", "training"]:
        importlib.import_module(part).main(os.path.join(HERE, part))
