"""Records short training runs of Keras: optimizers, schedules, losses, metrics, penalties.

    python training.py FOLDER

writes FOLDER/NAME.json for every run, and FOLDER/schedules.json. Needs keras 3.15.1 and
tensorflow-cpu 2.21.0. What a file holds is in README.md.
"""

import json
import os
import sys

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import constraints, layers, losses, metrics, optimizers, regularizers
from keras.optimizers import schedules

ROWS = 22  # in batches of 8: the last one is partial


def numbers(array):
    """Shape and values of an array; a float32 by the shortest decimal that names it."""
    array = np.asarray(array)
    if array.dtype == np.float32:
        values = [float(str(v)) for v in array.ravel()]
    else:
        values = [int(v) for v in array.ravel()]
    return {"shape": list(array.shape), "values": values}


class RunningLoss(keras.callbacks.Callback):
    """Takes down the running mean of the loss behind every batch, and the rate of its step."""

    def __init__(self):
        super().__init__()
        self.losses, self.rates = [], []

    def on_train_batch_begin(self, batch, logs=None):
        self.rates.append(float(self.model.optimizer.learning_rate))

    def on_train_batch_end(self, batch, logs=None):
        self.losses.append(float(logs["loss"]))


def features(n=5, seed=1):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(ROWS, n)).astype(np.float32)


def targets(kind, n=3, seed=2):
    rng = np.random.default_rng(seed)
    classes = rng.integers(0, n, ROWS)
    return {
        "numbers": lambda: rng.normal(size=(ROWS, n)).astype(np.float32),
        "positive": lambda: rng.uniform(0.1, 4, size=(ROWS, n)).astype(np.float32),
        "counts": lambda: rng.poisson(2.0, size=(ROWS, n)).astype(np.float32),
        "labels": lambda: classes.astype(np.int64),
        "one_hot": lambda: np.eye(n, dtype=np.float32)[classes],
        "distribution": lambda: rng.dirichlet(np.ones(n), ROWS).astype(np.float32),
        "yes_no": lambda: rng.integers(0, 2, (ROWS, n)).astype(np.float32),
        "signs": lambda: (2 * rng.integers(0, 2, (ROWS, n)) - 1).astype(np.float32),
    }[kind]()


def row_weights(seed=3):
    return np.random.default_rng(seed).uniform(0.25, 2, ROWS).astype(np.float32)


def network(activation=None, units=3, inputs=5, **last):
    return keras.Sequential(
        [
            layers.Input((inputs,)),
            layers.Dense(6, activation="tanh"),
            layers.Dense(units, activation=activation, **last),
        ]
    )


def record(model, x, y, *, epochs=4, fit=None, compile_patch=None):
    """Trains a compiled model and returns what happened."""
    many = lambda v: v if isinstance(v, list) else [v]
    fit = fit or {}
    model_config = json.loads(model.to_json())
    if compile_patch:
        compile_patch(model_config["compile_config"])
    init = [numbers(w) for w in model.get_weights()]
    running = RunningLoss()
    history = model.fit(
        x, y, epochs=epochs, batch_size=8, shuffle=False, verbose=0, callbacks=[running], **fit
    )
    weighted = {k: v for k, v in fit.items() if k == "sample_weight"}
    evaluated = model.evaluate(x, y, batch_size=8, verbose=0, return_dict=True, **weighted)
    run = {
        "keras": keras.__version__,
        "epochs": epochs,
        "batch_size": 8,
        "model": model_config,
        "x": [numbers(v) for v in many(x)],
        "y": [numbers(v) for v in many(y)],
        "init": init,
        "final": [numbers(w) for w in model.get_weights()],
        "running_loss": running.losses,
        "rates": running.rates,
        "history": {k: [float(v) for v in series] for k, series in history.history.items()},
        "evaluate": {k: float(v) for k, v in evaluated.items()},
        "predict": [numbers(p) for p in many(model.predict(x, verbose=0))],
    }
    if "sample_weight" in fit:
        run["sample_weight"] = [numbers(w) for w in many(fit["sample_weight"])]
    if "validation_split" in fit:
        run["validation_split"] = fit["validation_split"]
    return run


def trained_with(optimizer):
    model = network()
    model.compile(optimizer(), "mse")
    return record(model, features(), targets("numbers"))


OPTIMIZERS = {
    "adam_amsgrad": lambda: optimizers.Adam(0.05, amsgrad=True),
    "adam_clipnorm": lambda: optimizers.Adam(0.01, clipnorm=0.1),
    "adam_weight_decay": lambda: optimizers.Adam(0.01, weight_decay=0.1),
    "adamw": lambda: optimizers.AdamW(0.01),
    "adamw_amsgrad_global_clipnorm": lambda: optimizers.AdamW(
        0.02, weight_decay=0.2, amsgrad=True, global_clipnorm=0.25
    ),
    "adagrad": lambda: optimizers.Adagrad(0.05),
    "adagrad_weight_decay": lambda: optimizers.Adagrad(
        0.05, initial_accumulator_value=0.5, epsilon=1e-3, weight_decay=0.05
    ),
    "nadam": lambda: optimizers.Nadam(0.01),
    "nadam_weight_decay": lambda: optimizers.Nadam(
        0.01, beta_1=0.8, beta_2=0.95, epsilon=1e-4, weight_decay=0.1, clipvalue=0.05
    ),
    "rmsprop": lambda: optimizers.RMSprop(0.01),
    "rmsprop_momentum": lambda: optimizers.RMSprop(0.005, rho=0.8, momentum=0.75),
    "rmsprop_centered": lambda: optimizers.RMSprop(0.005, centered=True, epsilon=1e-3),
    "rmsprop_centered_momentum": lambda: optimizers.RMSprop(
        0.005, momentum=0.5, centered=True, epsilon=1e-3, weight_decay=0.1, clipnorm=0.5
    ),
    "sgd_clipnorm": lambda: optimizers.SGD(0.1, clipnorm=0.25),
    "sgd_clipvalue": lambda: optimizers.SGD(0.1, clipvalue=0.05),
    "sgd_global_clipnorm": lambda: optimizers.SGD(0.1, momentum=0.5, global_clipnorm=0.5),
    "sgd_weight_decay": lambda: optimizers.SGD(
        0.1, momentum=0.9, nesterov=True, weight_decay=0.05
    ),
}

SCHEDULES = {
    "exponential_decay": lambda: schedules.ExponentialDecay(0.2, 4, 0.5),
    "exponential_decay_staircase": lambda: schedules.ExponentialDecay(0.2, 4, 0.5, staircase=True),
    "inverse_time_decay": lambda: schedules.InverseTimeDecay(0.2, 3, 0.75),
    "inverse_time_decay_staircase": lambda: schedules.InverseTimeDecay(
        0.2, 3, 0.75, staircase=True
    ),
    "polynomial_decay": lambda: schedules.PolynomialDecay(0.2, 7, 0.01, power=2.0),
    "polynomial_decay_cycle": lambda: schedules.PolynomialDecay(0.2, 5, 0.01, cycle=True),
    "cosine_decay": lambda: schedules.CosineDecay(0.2, 9, alpha=0.1),
    "cosine_decay_warmup": lambda: schedules.CosineDecay(
        0.01, 6, alpha=0.05, warmup_target=0.2, warmup_steps=4
    ),
    "cosine_decay_restarts": lambda: schedules.CosineDecayRestarts(
        0.2, 3, t_mul=2.0, m_mul=0.75, alpha=0.05
    ),
    "cosine_decay_restarts_even": lambda: schedules.CosineDecayRestarts(0.2, 4, t_mul=1.0),
    "piecewise_constant_decay": lambda: schedules.PiecewiseConstantDecay(
        [3, 8], [0.2, 0.05, 0.1]
    ),
}


def compared_by(loss, kind, activation=None, weighted=False, patch=None, scale=1.0):
    model = network(activation)
    model.compile(optimizers.SGD(0.05 * scale), loss)
    fit = {"sample_weight": row_weights()} if weighted else {}
    return record(model, features(), targets(kind), fit=fit, compile_patch=patch)


def set_delta(config):
    config["loss"]["config"]["delta"] = 0.5  # Keras reads it, but does not write it


LOSSES = {
    "mean_absolute_error": lambda: compared_by("mae", "numbers"),
    "mean_absolute_percentage_error": lambda: compared_by("mape", "positive", scale=0.01),
    "mean_squared_logarithmic_error": lambda: compared_by("msle", "positive", "softplus"),
    "huber": lambda: compared_by("huber", "numbers", weighted=True),
    "huber_delta": lambda: compared_by(losses.Huber(delta=0.5), "numbers", patch=set_delta),
    "log_cosh": lambda: compared_by("log_cosh", "numbers", weighted=True),
    "hinge": lambda: compared_by("hinge", "yes_no", "tanh"),
    "squared_hinge": lambda: compared_by("squared_hinge", "signs", "tanh", weighted=True),
    "categorical_hinge": lambda: compared_by("categorical_hinge", "one_hot", weighted=True),
    "kl_divergence": lambda: compared_by("kl_divergence", "distribution", "softmax"),
    "poisson": lambda: compared_by("poisson", "counts", "softplus", weighted=True),
    "binary_smoothed": lambda: compared_by(
        losses.BinaryCrossentropy(label_smoothing=0.2), "yes_no", "sigmoid", weighted=True
    ),
    "binary_smoothed_logits": lambda: compared_by(
        losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1), "yes_no"
    ),
    "categorical_smoothed": lambda: compared_by(
        losses.CategoricalCrossentropy(label_smoothing=0.1), "one_hot", "softmax", weighted=True
    ),
    "categorical_smoothed_logits": lambda: compared_by(
        losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.3), "one_hot"
    ),
}


def measured_binary():
    model = network("sigmoid")
    both = lambda prefix: [
        metrics.Precision(name=prefix + "precision"),
        metrics.Precision(thresholds=0.3, name=prefix + "low_precision"),
        metrics.Precision(top_k=1, name=prefix + "top_precision"),
        metrics.Recall(name=prefix + "recall"),
        metrics.Recall(top_k=2, name=prefix + "top_recall"),
        metrics.Recall(class_id=1, thresholds=0.4, name=prefix + "one_recall"),
        metrics.AUC(name=prefix + "auc"),
        metrics.AUC(curve="PR", name=prefix + "pr_auc"),
        metrics.AUC(num_thresholds=11, summation_method="minoring", name=prefix + "minor_auc"),
        metrics.AUC(
            num_thresholds=7, curve="PR", summation_method="majoring", name=prefix + "major_auc"
        ),
    ]
    model.compile(
        optimizers.SGD(0.5), "binary_crossentropy", metrics=both(""), weighted_metrics=both("w_")
    )
    fit = {"sample_weight": row_weights(), "validation_split": 0.25}
    return record(model, features(), targets("yes_no"), fit=fit)


def measured_logits():
    model = network(None)
    model.compile(
        optimizers.SGD(0.5),
        losses.BinaryCrossentropy(from_logits=True),
        metrics=[metrics.AUC(from_logits=True, name="auc")],
    )
    return record(model, features(), targets("yes_no"))


def measured_classes():
    model = network("softmax", units=6)
    model.compile(
        optimizers.SGD(0.5),
        "categorical_crossentropy",
        metrics=[
            metrics.TopKCategoricalAccuracy(k=2, name="top_2"),
            "top_k_categorical_accuracy",
            "categorical_accuracy",
            "mse",
            "mae",
            metrics.RootMeanSquaredError(),
        ],
        weighted_metrics=[
            metrics.TopKCategoricalAccuracy(k=3, name="w_top_3"),
            metrics.MeanSquaredError(name="w_mse"),
            metrics.RootMeanSquaredError(name="w_rmse"),
        ],
    )
    fit = {"sample_weight": row_weights(), "validation_split": 0.25}
    return record(model, features(), targets("one_hot", 6), fit=fit)


def measured_labels():
    model = network("softmax", units=6)
    model.compile(
        optimizers.SGD(0.5),
        "sparse_categorical_crossentropy",
        metrics=[
            metrics.SparseTopKCategoricalAccuracy(k=2, name="top_2"),
            "sparse_top_k_categorical_accuracy",
            "accuracy",
        ],
    )
    return record(model, features(), targets("labels", 6), fit={"validation_split": 0.25})


METRICS = {
    "metrics_binary": measured_binary,
    "metrics_logits": measured_logits,
    "metrics_classes": measured_classes,
    "metrics_labels": measured_labels,
}


def penalized():
    model = keras.Sequential(
        [
            layers.Input((5,)),
            layers.Dense(
                6, activation="tanh", kernel_regularizer="l2", bias_regularizer=regularizers.L1(0.02)
            ),
            layers.Dense(
                3,
                kernel_regularizer=regularizers.L1L2(0.01, 0.03),
                bias_regularizer=regularizers.L2(0.1),
            ),
        ]
    )
    model.compile(optimizers.SGD(0.1), "mse", metrics=["mae"])
    return record(model, features(), targets("numbers"), fit={"validation_split": 0.25})


def constrained():
    # Dense 70 to 3 is stored transposed; norms lie below and above their bounds.
    model = keras.Sequential(
        [
            layers.Input((70,)),
            layers.Dense(
                3,
                activation="tanh",
                kernel_constraint=constraints.MaxNorm(0.75),
                bias_constraint="non_neg",
            ),
            layers.Dense(4, kernel_constraint=constraints.UnitNorm(axis=1), activation="tanh"),
            layers.Dense(
                3, kernel_constraint=constraints.MinMaxNorm(0.5, 0.75, rate=0.5, axis=-1)
            ),
        ]
    )
    model.compile(optimizers.SGD(0.2), "mse")
    return record(model, features(70), targets("numbers"))


def constrained_convolution():
    model = keras.Sequential(
        [
            layers.Input((5, 5, 2)),
            layers.Conv2D(
                3,
                3,
                activation="relu",
                kernel_constraint=constraints.MaxNorm(0.5, axis=[0, 1, 2]),
                kernel_regularizer=regularizers.L2(0.05),
                bias_regularizer="l1",
            ),
            layers.Conv2D(2, 2, kernel_constraint="non_neg", bias_constraint="max_norm"),
            layers.Flatten(),
            layers.Dense(3),
        ]
    )
    model.compile(optimizers.SGD(0.1), "mse")
    return record(model, features(50).reshape(ROWS, 5, 5, 2), targets("numbers"))


RULES = {
    "penalized": penalized,
    "constrained": constrained,
    "constrained_convolution": constrained_convolution,
}


def two_ended(loss, loss_weights, chosen, weighted):
    left, right = layers.Input((5,), name="left"), layers.Input((4,), name="right")
    shared = layers.Dense(4, activation="tanh", name="shared", kernel_regularizer="l2")
    joined = layers.Dense(5, name="mixed")(right)
    first = layers.Dense(3, name="first")(shared(left))
    second = layers.Dense(1, activation="sigmoid", name="second")(shared(joined))
    # An input that is not the other's shape, a layer used twice.
    left_4 = layers.Dense(5, name="widen")(joined)
    third = layers.Dense(3, activation="softmax", name="third")(shared(left_4))
    model = keras.Model([left, right], [first, second, third])
    model.compile(
        optimizers.Adam(0.02),
        loss,
        loss_weights=loss_weights,
        metrics=chosen,
        weighted_metrics=weighted,
    )
    y = [targets("numbers"), targets("yes_no", 1), targets("labels")]
    return record(model, [features(), features(4, 7)], y)


def two_ended_named():
    return two_ended(
        {
            "second": "binary_crossentropy",
            "first": "huber",
            "third": "sparse_categorical_crossentropy",
        },
        {"first": 0.5, "third": 2.0, "second": 1.5},
        {"second": ["accuracy", metrics.AUC(name="auc")], "third": "accuracy"},
        {"first": ["mae"], "second": ["accuracy"]},
    )


def two_ended_listed():
    return two_ended(
        ["mse", "binary_crossentropy", "sparse_categorical_crossentropy"],
        [1.0, 0.25, 0.5],
        [["mae", "mse"], ["accuracy"], ["accuracy", "sparse_categorical_accuracy"]],
        None,
    )


GRAPHS = {"outputs_named": two_ended_named, "outputs_listed": two_ended_listed}


def runs():
    """Every run by name, as a function that trains and returns its record."""
    all_runs = {}
    for name, optimizer in OPTIMIZERS.items():
        all_runs[name] = lambda optimizer=optimizer: trained_with(optimizer)
    for name, schedule in SCHEDULES.items():
        all_runs[name] = lambda schedule=schedule: trained_with(lambda: optimizers.SGD(schedule()))
    for group in (LOSSES, METRICS, RULES, GRAPHS):
        all_runs.update(group)
    return all_runs


def schedule_values():
    """The rate of every schedule at many steps."""
    steps = list(range(0, 130)) + [255, 256, 1000, 1023, 4096, 99999, 1000000]
    return {
        name: {
            "config": schedules.serialize(make()),
            "steps": steps,
            "values": [float(make()(step)) for step in steps],
        }
        for name, make in SCHEDULES.items()
    }


def write(path, content):
    with open(path, "w") as file:
        json.dump(content, file, separators=(",", ":"))
        file.write("\n")


def main(folder):
    os.makedirs(folder, exist_ok=True)
    for name, run in runs().items():
        keras.backend.clear_session()
        keras.utils.set_random_seed(11)
        write(os.path.join(folder, name + ".json"), run())
        print(name, flush=True)
    write(os.path.join(folder, "schedules.json"), schedule_values())


if __name__ == "__main__":
    main(sys.argv[1])
