#!/usr/bin/env python3
"""Draws the embedded sample from the full Fashion-MNIST set.

    python3 data/draw_sample.py [FULL_SET [SAMPLE]]

FULL_SET holds the four files of Fashion-MNIST (default: where Debian's dataset-fashion-mnist puts
them); SAMPLE is the folder to write (default: fashion_mnist_sample beside this script).

Every image has a rank: the SHA-256 of its set and position, as text ("train 12345"). The sample is
the first 200 training and the first 50 test images of each class by that rank, and stands in the
order of the rank, so that classes are mixed. No random generator is involved: the draw is the same
with every version of Python. Only the compressed bytes may differ, with the version of zlib.
"""

import gzip
import hashlib
import pathlib
import struct
import sys

CLASSES = 10
PIXELS = 28 * 28
PER_CLASS = {"train": 200, "t10k": 50}


def read_idx(path, header_size):
    data = gzip.decompress(path.read_bytes())
    return data[:header_size], data[header_size:]


def draw(name, labels):
    """The chosen positions in their order."""
    ranked = sorted(range(len(labels)),
                    key=lambda i: hashlib.sha256(f"{name} {i}".encode()).digest())
    taken = [0] * CLASSES
    chosen = []
    for i in ranked:
        if taken[labels[i]] < PER_CLASS[name]:
            taken[labels[i]] += 1
            chosen.append(i)
    if taken != [PER_CLASS[name]] * CLASSES:
        sys.exit(f"{name}: too few images of some class: {taken}")
    return chosen


def write(path, data):
    path.write_bytes(gzip.compress(data, compresslevel=9, mtime=0))
    print(f"{path}: {path.stat().st_size} bytes")


def main():
    here = pathlib.Path(__file__).resolve().parent
    full = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "/usr/share/datasets/fashion-mnist")
    sample = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else here / "fashion_mnist_sample"
    sample.mkdir(exist_ok=True)
    for name in PER_CLASS:
        images_name = f"{name}-images-idx3-ubyte.gz"
        labels_name = f"{name}-labels-idx1-ubyte.gz"
        image_header, images = read_idx(full / images_name, 16)
        label_header, labels = read_idx(full / labels_name, 8)
        if struct.unpack(">4I", image_header) != (0x803, len(labels), 28, 28):
            sys.exit(f"{images_name}: not {len(labels)} images of 28 x 28 bytes")
        if struct.unpack(">2I", label_header) != (0x801, len(labels)):
            sys.exit(f"{labels_name}: its header does not agree with its size")
        chosen = draw(name, labels)
        pixels = b"".join(images[i * PIXELS:(i + 1) * PIXELS] for i in chosen)
        write(sample / images_name, struct.pack(">4I", 0x803, len(chosen), 28, 28) + pixels)
        write(sample / labels_name,
              struct.pack(">2I", 0x801, len(chosen)) + bytes(labels[i] for i in chosen))


if __name__ == "__main__":
    main()
