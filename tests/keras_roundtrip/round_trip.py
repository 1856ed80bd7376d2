"""Keras saves, minnow trains, Keras loads, evaluates and trains on.

round_trip.py PROGRAM FOLDER [MODEL ...]. For each model below, with Keras's own training beside it:

1. Keras trains a little and saves; `minnow convert` reads and writes the archive; Keras loads that:
   the same configuration, the same numbers to the bit, optimizer state included.
2. `minnow predict` gives Keras's predictions.
3. `minnow fit` trains on from Keras's archive; Keras does the same: the same weights.
4. Keras loads what minnow trained, evaluates it, and trains on: as if it had done all of it itself.
5. ONNX: onnxruntime gives Keras's predictions, for two sizes of batch.

MINNOW_KERAS_ROUNDTRIP=long trains on more rows for more epochs.
"""

import os
import pathlib
import subprocess
import sys
import time

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_PLATFORMS"] = "cpu"
# Most of the time goes into compiling small graphs that run a few times.
os.environ["XLA_FLAGS"] = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"

import keras
import numpy as np
import onnxruntime
from keras import layers

MINNOW, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2])
LONG = os.environ.get("MINNOW_KERAS_ROUNDTRIP") == "long"
ROWS, EPOCHS, BATCH = (512, 5, 32) if LONG else (48, 2, 16)
WEIGHTS, PREDICTIONS, LOSS = 5e-6, 1e-5, 2e-6
onnxruntime.set_default_logger_severity(3)

rng = np.random.default_rng(5)


def values(*shape):
    return rng.random((ROWS, *shape), dtype="float32")


def labels(classes):
    return rng.integers(0, classes, ROWS)


def one_hot(classes):
    return np.eye(classes, dtype="float32")[labels(classes)]


def sequential(name, shape, *stack):
    return keras.Sequential([keras.Input(shape), *stack], name=name)


# ---- the models: each gives (model, x, y), compiled ----


def example_1():
    model = sequential("example_1", (28, 28, 1), layers.Conv2D(32, 3, activation="relu"),
                       layers.Flatten(), layers.Dense(10, activation="softmax"))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, values(28, 28, 1), labels(10)


def mnist_convnet():
    # The network of Keras's "Simple MNIST convnet".
    model = sequential("mnist_convnet", (28, 28, 1),
                       layers.Conv2D(32, kernel_size=(3, 3), activation="relu"),
                       layers.MaxPooling2D(pool_size=(2, 2)),
                       layers.Conv2D(64, kernel_size=(3, 3), activation="relu"),
                       layers.MaxPooling2D(pool_size=(2, 2)), layers.Flatten(),
                       layers.Dropout(0.5), layers.Dense(10, activation="softmax"))
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model, values(28, 28, 1), one_hot(10)


def binary():
    model = sequential("binary", (10,), layers.Dense(10, activation="relu", name="hidden"),
                       layers.Dense(1, activation="sigmoid"))
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True), "binary_crossentropy",
                  metrics=["accuracy"])
    return model, values(10), labels(2)


def regression():
    model = sequential("regression", (13,), layers.Dense(70, activation="tanh"), layers.Dense(1))
    model.compile(keras.optimizers.Adam(0.003, beta_1=0.8, epsilon=1e-5), "mse", metrics=["mae"])
    return model, values(13), values(1)


def autoencoder():
    model = sequential("autoencoder", (64,), layers.Dense(16, activation="relu"),
                       layers.Dense(4, activation="relu"), layers.Dense(16, activation="relu"),
                       layers.Dense(64, activation="sigmoid"))
    model.compile("adam", "binary_crossentropy")
    x = values(64)
    return model, x, x


def two_inputs():
    image, words = keras.Input((8, 8, 1), name="image"), keras.Input((5,), name="words")
    seen = layers.Flatten()(layers.Conv2D(4, 3, strides=2, activation="relu")(image))
    both = layers.Concatenate()([seen, layers.Dense(6, activation="relu")(words)])
    model = keras.Model([image, words], layers.Dense(3, activation="softmax")(both), name="two_inputs")
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, [values(8, 8, 1), values(5)], labels(3)


def shared_and_two_outputs():
    left, right = keras.Input((4,), name="left"), keras.Input((4,), name="right")
    shared = layers.Dense(5, activation="tanh", name="shared")
    kind = layers.Dense(3, activation="softmax", name="kind")(shared(left))
    size = layers.Dense(1, name="size")(shared(right))
    model = keras.Model([left, right], [kind, size], name="shared")
    model.compile("adam", ["sparse_categorical_crossentropy", "mse"], loss_weights=[1.0, 0.5])
    return model, [values(4), values(4)], [labels(3), values(1)]


def single_functional():
    x = keras.Input((6,))
    model = keras.Model(x, layers.Dense(2)(layers.Dense(3, activation="silu")(x)))
    model.compile("sgd", "mse")
    return model, values(6), values(2)


def windows():
    model = sequential("windows", (9, 7, 4),
                       layers.Conv2D(6, (3, 2), strides=2, padding="same", activation="elu"),
                       layers.AveragePooling2D((2, 2), strides=1, padding="same"),
                       layers.Conv2D(4, 2, groups=2, use_bias=False), layers.Flatten(),
                       layers.Dense(3))
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model, values(9, 7, 4), labels(3)


def dilated():
    model = sequential("dilated", (9, 9, 2),
                       layers.Conv2D(3, 3, dilation_rate=2, padding="same"), layers.ReLU(max_value=0.5),
                       layers.MaxPooling2D(3, strides=2, padding="same"),
                       layers.Conv2D(2, 1, activation="softplus"), layers.Flatten(), layers.Dense(2))
    model.compile("sgd", "mse")
    return model, values(9, 9, 2), values(2)


def reshaped():
    model = sequential("reshaped", (12,), layers.Dense(24, activation="gelu"), layers.Reshape((4, 6)),
                       layers.Dense(3, activation="leaky_relu"), layers.Softmax(axis=1),
                       layers.Flatten(), layers.Dense(4), layers.Activation("softmax"))
    model.compile(keras.optimizers.SGD(0.1), "categorical_crossentropy", metrics=["accuracy"])
    return model, values(12), one_hot(4)


def frozen():
    model = sequential("frozen", (7,), layers.Dense(6, activation="relu", trainable=False),
                       layers.Dense(5, activation="relu"), layers.Dense(1))
    model.compile("adam", "mse")
    return model, values(7), values(1)


def late_input():
    model = keras.Sequential([layers.Dense(4, activation="relu"), layers.Dense(2)], name="late_input")
    model.compile("adam", "mse")
    return model, values(5), values(2)


def residual():
    image = keras.Input((8, 8, 3))
    stem = layers.Conv2D(4, 3, padding="same", activation="hard_silu")(layers.Rescaling(2.0, -1.0)(image))
    x = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2, use_bias=False)(stem)
    x = layers.PReLU(shared_axes=[1, 2])(layers.BatchNormalization()(x))
    x = layers.Conv2D(4, 1)(layers.ZeroPadding2D(((1, 0), (0, 1)))(x))
    x = layers.MaxPooling2D(3, strides=1)(x)
    x = layers.Add()([layers.UpSampling2D(7)(layers.GlobalMaxPooling2D(keepdims=True)(stem)), x])
    x = layers.Multiply()([x, layers.Permute((2, 1, 3))(x)])
    x = layers.LayerNormalization()(layers.GlobalAveragePooling2D()(x))
    model = keras.Model(image, layers.Dense(3, activation="softmax")(x), name="residual")
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, values(8, 8, 3), labels(3)


def normalized():
    adapted = layers.Normalization()
    adapted.adapt(3 * values(6) + 1)
    x = keras.Input((6,))
    a = layers.LeakyReLU()(layers.Dense(5, activation="selu")(adapted(x)))
    b = layers.ELU(0.5)(layers.Dense(5, activation="mish")(x))
    mixed = [layers.Subtract()([a, b]), layers.Average()([a, b]), layers.Maximum()([a, b])]
    model = keras.Model(x, layers.Dense(2, activation="softplus")(layers.Concatenate()(mixed)))
    model.compile("sgd", "mse")
    return model, values(6), values(2)


def nested():
    x = keras.Input((6,))
    hidden = layers.Dense(5, activation="tanh", name="hidden")(x)
    encoder = keras.Model(x, [hidden, layers.Dense(3, trainable=False)(hidden)], name="encoder")
    head = keras.Sequential([keras.Input((3,)), layers.Dense(4, activation="relu"), layers.Dense(2)])
    left, right = keras.Input((6,), name="left"), keras.Input((6,), name="right")
    (a, b), (c, d) = encoder(left), encoder(right)
    joined = layers.Concatenate()([head(b), head(d), layers.Add()([a, c])])
    model = keras.Model([left, right], layers.Dense(3, activation="softmax")(joined), name="nested")
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, [values(6), values(6)], labels(3)


def frozen_base():
    base = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(4, 3, activation="relu"),
                             layers.BatchNormalization(), layers.GlobalAveragePooling2D()], name="base")
    base.trainable = False
    model = sequential("frozen_base", (8, 8, 1), base, layers.Dropout(0.0), layers.Dense(3))
    model.compile(keras.optimizers.RMSprop(0.01, momentum=0.5),
                  keras.losses.SparseCategoricalCrossentropy(from_logits=True),
                  metrics=["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(2)])
    return model, values(8, 8, 1), labels(3)


def scheduled():
    model = sequential("scheduled", (9,),
                       layers.Dense(6, activation="relu", kernel_regularizer=keras.regularizers.L2(0.01),
                                    kernel_constraint=keras.constraints.MaxNorm(1.5)),
                       layers.Dense(1, activation="sigmoid", kernel_initializer="he_normal"))
    schedule = keras.optimizers.schedules.CosineDecay(0.01, 20, warmup_target=0.05, warmup_steps=3)
    model.compile(keras.optimizers.AdamW(schedule, weight_decay=0.02, clipnorm=0.5, amsgrad=True),
                  keras.losses.BinaryCrossentropy(label_smoothing=0.1),
                  metrics=[keras.metrics.AUC(), keras.metrics.Precision(), keras.metrics.Recall()])
    return model, values(9), labels(2)


MODELS = [example_1, mnist_convnet, binary, regression, autoencoder, two_inputs,
          shared_and_two_outputs, single_functional, windows, dilated, reshaped, frozen, late_input,
          residual, normalized, nested, frozen_base, scheduled]

# ---- the round trip ----


def minnow(*arguments):
    done = subprocess.run([MINNOW, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, f"minnow {' '.join(map(str, arguments))}\n{done.stderr}"
    return done.stdout


def listed(value):
    return value if isinstance(value, (list, tuple)) else [value]


def largest(a, b):
    a, b = np.asarray(a, "float64"), np.asarray(b, "float64")
    assert a.shape == b.shape, f"shapes {a.shape} and {b.shape}"
    return float(np.max(np.abs(a - b), initial=0))


def farthest(ours, theirs):
    ours, theirs = listed(ours), listed(theirs)
    assert len(ours) == len(theirs), f"{len(ours)} and {len(theirs)} tensors"
    return max((largest(a, b) for a, b in zip(ours, theirs)), default=0.0)


def check(what, difference, bound):
    assert difference <= bound, f"{what}: expected at most {bound}, got {difference}"
    return difference


def plain(config):
    """Without what says how one process shares objects, where a backend keeps its classes, and how
    many rows Keras happened to see first."""
    if isinstance(config, dict):
        return {k: [None, *v[1:]] if k in ROW_SHAPES and v and not isinstance(v[0], (list, tuple))
                else plain(v) for k, v in config.items() if k not in UNIMPORTANT}
    return [plain(item) for item in config] if isinstance(config, (list, tuple)) else config


ROW_SHAPES = ("batch_shape", "build_input_shape", "input_shape")
UNIMPORTANT = ("shared_object_id", "module", "registered_name")


def same_config(a, b):
    for what, ours, theirs in (("model", a.get_config(), b.get_config()),
                               ("compile", a.get_compile_config(), b.get_compile_config())):
        ours, theirs = plain(ours), plain(theirs)
        assert ours == theirs, f"{what} configuration:\n{ours}\nexpected\n{theirs}"


def numbers(model):
    return [np.asarray(v) for v in (*model.weights, *model.optimizer.variables)]


def run(make):
    keras.utils.set_random_seed(11)
    keras.backend.clear_session()
    model, x, y = make()
    random = any(isinstance(layer, layers.Dropout) and layer.rate > 0 for layer in model.layers)
    folder = FOLDER / make.__name__
    folder.mkdir()
    options = {"batch_size": BATCH, "shuffle": False, "verbose": 0}
    model.fit(x, y, epochs=1, **options)
    before = model.predict(x, batch_size=BATCH, verbose=0)
    model.save(folder / "keras.keras")
    xs, ys = [], []
    for i, value in enumerate(listed(x)):
        np.save(folder / f"x{i}.npy", value)
        xs += ["--x", folder / f"x{i}.npy"]
    for i, value in enumerate(listed(y)):
        np.save(folder / f"y{i}.npy", value)
        ys += ["--y", folder / f"y{i}.npy"]

    # Read and written, nothing is lost.
    minnow("convert", folder / "keras.keras", folder / "again.keras")
    # Beside what Keras itself loads, which forgets that a Sequential was frozen (not its layers).
    kept = keras.saving.load_model(folder / "keras.keras")
    again = keras.saving.load_model(folder / "again.keras")
    same_config(again, kept)
    check("numbers that were read and written", farthest(numbers(again), numbers(model)), 0)
    for file in ("w.weights.h5", "w.npz", "w.safetensors"):
        minnow("convert", folder / "keras.keras", folder / file)
        minnow("convert", folder / "keras.keras", folder / "w.keras", "--weights", folder / file)
    again.load_weights(folder / "w.weights.h5")
    check("numbers in .weights.h5", farthest(numbers(again), numbers(model)), 0)
    of_npz = np.load(folder / "w.npz")
    check("numbers in .npz", farthest([of_npz[name] for name in of_npz.files], model.get_weights()), 0)

    one_output = len(listed(before)) == 1
    seen = {}
    if one_output:
        minnow("predict", folder / "keras.keras", *xs, "--out", folder / "p.npy")
        seen["prediction"] = check("predictions", farthest(np.load(folder / "p.npy"), before), PREDICTIONS)

    minnow("convert", folder / "keras.keras", folder / "model.onnx")
    session = onnxruntime.InferenceSession(folder / "model.onnx")
    names = [i.name for i in session.get_inputs()]
    for rows in (ROWS, 1):
        fed = {n: v[:rows] for n, v in zip(names, listed(x))}
        got = session.run(None, fed)
        seen["onnx"] = check("ONNX", farthest(got, [p[:rows] for p in listed(before)]), PREDICTIONS)

    # minnow trains on, and so does Keras.
    minnow("fit", folder / "keras.keras", *xs, *ys, "--no-shuffle", "--epochs", EPOCHS, "--batch-size",
           BATCH, "--out", folder / "minnow.keras", "--history", folder / "h.csv")
    trained = keras.saving.load_model(folder / "minnow.keras")
    history = np.genfromtxt(folder / "h.csv", delimiter=",", names=True)
    assert len(np.atleast_1d(history["loss"])) == EPOCHS
    evaluated = trained.evaluate(x, y, batch_size=BATCH, verbose=0, return_dict=True)
    assert np.isfinite(evaluated["loss"])
    assert int(trained.optimizer.iterations) == int(model.optimizer.iterations) * (1 + EPOCHS)
    same_config(trained, kept)
    if random:  # another stream of random numbers: only that it goes on can be seen
        trained.fit(x, y, epochs=1, **options)
        return seen
    losses = model.fit(x, y, epochs=EPOCHS, **options).history["loss"]
    seen["weights"] = check("trained weights", farthest(trained.get_weights(), model.get_weights()), WEIGHTS)
    relative = np.max(np.abs(np.atleast_1d(history["loss"]) / losses - 1))
    seen["loss"] = check("losses", float(relative), LOSS)

    # And Keras trains on from there.
    trained.fit(x, y, epochs=1, **options)
    model.fit(x, y, epochs=1, **options)
    seen["continued"] = check("weights that Keras trained on",
                              farthest(trained.get_weights(), model.get_weights()), WEIGHTS)
    return seen


chosen = [make for make in MODELS if not sys.argv[3:] or make.__name__ in sys.argv[3:]]
failed = []
for make in chosen:
    start, cpu = time.time(), time.process_time()
    try:
        seen = run(make)
    except AssertionError as error:
        failed.append(make.__name__)
        print(f"{make.__name__}: FAILED: {error}", flush=True)
        continue
    figures = ", ".join(f"{what} {value:.1e}" for what, value in seen.items())
    print(f"{make.__name__}: {figures} ({time.time() - start:.1f} s, {time.process_time() - cpu:.1f} s of CPU)", flush=True)
print(f"{len(chosen) - len(failed)} of {len(chosen)} models went the whole way"
      + (f"; failed: {', '.join(failed)}" if failed else ""))
sys.exit(1 if failed else 0)
