"""Records short training runs of Keras: every layer, activation and kind of graph.

    python layers.py FOLDER [NAME ...]

writes FOLDER/NAME.json for every run, or for those that are named. Needs keras 3.15.1 and
tensorflow-cpu 2.21.0. What a file holds is in README.md.
"""

import os
import sys

from training import ROWS, record, write  # sets up TensorFlow first

import keras
import numpy as np
from keras import layers

FEATURES = (5,)
IMAGE = (6, 5, 3)


def random(shape, seed=1, rows=ROWS):
    # Two decimals, to keep the files small.
    return np.random.default_rng(seed).normal(size=(rows, *shape)).round(2).astype(np.float32)


def compiled(model, **settings):
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), **{"loss": "mse", **settings})
    return model


# Weights that are 0 or 1 at first would hide what reads them.
def shaken(model, seed=7):
    rng = np.random.default_rng(seed)
    model.set_weights(
        [
            (w + rng.uniform(-0.2, 0.2, w.shape)).round(3).astype(np.float32)
            for w in model.get_weights()
        ]
    )
    return model


def trained(model, x, epochs=4):
    y = random(model.output_shape[1:], 2)
    return record(shaken(compiled(model)), x, y, epochs=epochs)


def between(*middle, shape=FEATURES, epochs=4, scale=1, offset=0):
    """A dense layer on each side, so that gradients come and go."""
    model = keras.Sequential(
        [layers.Input(shape), layers.Dense(6), *middle, layers.Flatten(), layers.Dense(3)]
    )
    return trained(model, scale * random(shape) + offset, epochs=epochs)


def on_images(*middle, epochs=4, filters=4, activation=None):
    model = keras.Sequential(
        [
            layers.Input(IMAGE),
            layers.Conv2D(filters, 3, padding="same", activation=activation),
            *middle,
            layers.Flatten(),
            layers.Dense(3),
        ]
    )
    return trained(model, random(IMAGE), epochs=epochs)


def merging(layer, second=(6,)):
    a, b = layers.Input(FEATURES, name="a"), layers.Input(FEATURES, name="b")
    left = layers.Dense(6, name="left")(a)
    right = layers.Dense(int(np.prod(second)), name="right")(b)
    if second != (6,):
        left, right = layers.Reshape((1, 6))(left), layers.Reshape(second)(right)
    merged = layers.Flatten()(layer([left, right]))
    model = keras.Model([a, b], layers.Dense(3, name="last")(merged))
    return trained(model, [random(FEATURES), random(FEATURES, 3)])


def gelu_tanh(x):
    return keras.activations.gelu(x, approximate=True)


ACTIVATIONS = [
    *["celu", "elu", "exponential", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu"],
    *["hard_tanh", "leaky_relu", "linear", "log_sigmoid", "log_softmax", "mish", "relu", "relu6"],
    *["selu", "sigmoid", "silu", "soft_shrink", "softmax", "softplus", "softsign", "sparse_plus"],
    *["sparse_sigmoid", "squareplus", "tanh", "tanh_shrink", gelu_tanh],
]


def normalization(adapted=None, **settings):
    layer = layers.Normalization(**settings)
    if adapted is not None:
        layer.adapt(adapted)
    return layer


def normalized_input(layer, shape=FEATURES):
    model = keras.Sequential([layers.Input(shape), layer, layers.Flatten(), layers.Dense(3)])
    x = 3 * random(shape) + 2
    return record(compiled(model), x, random((3,), 2))


def after(layer, shape=FEATURES):
    """Behind a dense layer, so that a gradient passes through; its own weights stay as they are."""
    model = keras.Sequential(
        [layers.Input(shape), layers.Dense(4), layer, layers.Flatten(), layers.Dense(3)]
    )
    return record(compiled(model), random(shape), random((3,), 2))


def residual():
    x = layers.Input(IMAGE)
    stem = layers.Conv2D(4, 3, padding="same", activation="relu")(x)
    y = layers.Conv2D(4, 3, padding="same", use_bias=False)(stem)
    y = layers.BatchNormalization()(y)
    y = layers.ReLU()(y)
    y = layers.Add()([stem, y])
    y = layers.GlobalAveragePooling2D()(y)
    model = keras.Model(x, layers.Dense(3, activation="softmax")(y))
    labels = np.random.default_rng(2).integers(0, 3, ROWS).astype(np.int64)
    compiled(model, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return record(shaken(model), random(IMAGE), labels)


def squeeze_and_excite():
    x = layers.Input(IMAGE)
    y = layers.Conv2D(6, 3, activation="relu")(x)
    s = layers.GlobalAveragePooling2D(keepdims=True)(y)
    s = layers.Dense(3, activation="relu")(s)
    s = layers.Dense(6, activation="sigmoid")(s)
    y = layers.GlobalMaxPooling2D()(layers.Multiply()([y, s]))
    return trained(keras.Model(x, layers.Dense(3)(y)), random(IMAGE))


def same_symbol_twice():
    x = layers.Input(FEATURES)
    h = layers.Dense(4, activation="tanh")(x)
    h = layers.Concatenate()([layers.Add()([h, h]), layers.Multiply()([h, h]), h])
    return trained(keras.Model(x, layers.Dense(3)(h)), random(FEATURES))


def shared_layers():
    a, b = layers.Input(FEATURES, name="a"), layers.Input(FEATURES, name="b")
    dense, norm = layers.Dense(4, activation="tanh"), layers.BatchNormalization(momentum=0.8)
    left, right = norm(dense(a)), norm(dense(b))
    model = keras.Model([a, b], layers.Dense(3)(layers.Subtract()([left, right])))
    return trained(model, [random(FEATURES), 2 * random(FEATURES, 3)])


def inputs_and_outputs():
    a, b = layers.Input(FEATURES, name="a"), layers.Input((3,), name="b")
    h = layers.Dense(6, activation="relu")(layers.Concatenate()([a, b]))
    first = layers.Dense(2, name="first")(h)
    second = layers.Dense(1, activation="sigmoid", name="second")(layers.Average()([h, h]))
    model = keras.Model([a, b], [first, second])
    yes = np.random.default_rng(5).integers(0, 2, (ROWS, 1)).astype(np.float32)
    compiled(model, loss=["mse", "binary_crossentropy"], loss_weights=[0.5, 2.0])
    return record(shaken(model), [random(FEATURES), random((3,), 4)], [random((2,), 2), yes])


def penalized():
    model = keras.Sequential(
        [
            layers.Input(IMAGE),
            layers.DepthwiseConv2D(
                3,
                depthwise_regularizer="l2",
                depthwise_constraint=keras.constraints.MaxNorm(0.75, axis=[0, 1]),
                bias_regularizer=keras.regularizers.L1(0.02),
                bias_constraint="non_neg",
            ),
            layers.PReLU(
                alpha_regularizer=keras.regularizers.L2(0.05), alpha_constraint="non_neg"
            ),
            layers.BatchNormalization(
                beta_regularizer=keras.regularizers.L1(0.02),
                gamma_regularizer="l2",
                beta_constraint="non_neg",
                gamma_constraint=keras.constraints.MaxNorm(1.0),
            ),
            layers.LayerNormalization(
                beta_regularizer="l2",
                gamma_regularizer=keras.regularizers.L1L2(0.01, 0.03),
                beta_constraint=keras.constraints.UnitNorm(),
                gamma_constraint="non_neg",
            ),
            layers.Flatten(),
            layers.Dense(3),
        ]
    )
    return trained(model, random(IMAGE))


def autoencoder():
    model = keras.Sequential(
        [
            layers.Input((4, 4, 1)),
            layers.Conv2D(4, 3, padding="same", activation="relu"),
            layers.AveragePooling2D(2),
            layers.UpSampling2D(),
            layers.Conv2D(1, 3, padding="same", activation="sigmoid"),
        ]
    )
    x = np.random.default_rng(1).uniform(size=(ROWS, 4, 4, 1)).astype(np.float32)
    return record(shaken(compiled(model)), x, x)


RUNS = {
    "leaky_relu_layer": lambda: between(layers.LeakyReLU()),
    "leaky_relu_layer_slope": lambda: between(layers.LeakyReLU(0.1)),
    "elu_layer": lambda: between(layers.ELU(0.5)),
    "prelu": lambda: between(layers.PReLU()),
    "prelu_shared": lambda: on_images(
        layers.PReLU(shared_axes=[1, 2], alpha_initializer=keras.initializers.Constant(0.25))
    ),
    "relu_general": lambda: between(layers.ReLU(max_value=1.5, negative_slope=0.1, threshold=0.2)),
    "permute": lambda: on_images(layers.Permute((3, 1, 2)), layers.Dense(2)),
    "rescaling": lambda: between(layers.Rescaling(0.5, offset=-0.25)),
    "rescaling_lists": lambda: on_images(
        layers.Rescaling([0.5, 1.0, -2.0, 0.1], offset=[0.0, 1.0, 0.5, -1.0])
    ),
    "gaussian_noise": lambda: between(layers.GaussianNoise(0.5), epochs=0),
    "spatial_dropout2d": lambda: on_images(layers.SpatialDropout2D(0.5), epochs=0),
    "dropout": lambda: between(layers.Dropout(0.5), epochs=0),
    "zero_padding2d": lambda: on_images(layers.ZeroPadding2D((1, 2)), layers.Conv2D(2, 3)),
    "zero_padding2d_sides": lambda: on_images(
        layers.ZeroPadding2D(((1, 0), (0, 2))), layers.Conv2D(2, 3)
    ),
    "up_sampling2d": lambda: on_images(layers.UpSampling2D((2, 3)), layers.Conv2D(2, 3, strides=2)),
    "average_pooling2d": lambda: on_images(layers.AveragePooling2D(2, padding="same")),
    "max_pooling2d": lambda: on_images(layers.MaxPooling2D(3, strides=2)),
    "global_average_pooling2d": lambda: on_images(layers.GlobalAveragePooling2D()),
    "global_average_pooling2d_keepdims": lambda: on_images(
        layers.GlobalAveragePooling2D(keepdims=True)
    ),
    "global_max_pooling2d": lambda: on_images(layers.GlobalMaxPooling2D(), activation="relu6"),
    "global_max_pooling2d_keepdims": lambda: on_images(layers.GlobalMaxPooling2D(keepdims=True)),
    "add": lambda: merging(layers.Add()),
    "subtract": lambda: merging(layers.Subtract()),
    "multiply": lambda: merging(layers.Multiply()),
    "average": lambda: merging(layers.Average()),
    "maximum": lambda: merging(layers.Maximum()),
    "minimum": lambda: merging(layers.Minimum()),
    "add_broadcast": lambda: merging(layers.Add(), second=(3, 1)),
    "multiply_broadcast": lambda: merging(layers.Multiply(), second=(3, 6)),
    "concatenate": lambda: merging(layers.Concatenate()),
    "concatenate_axis_1": lambda: merging(layers.Concatenate(axis=1), second=(3, 6)),
    "batch_normalization": lambda: between(layers.BatchNormalization()),
    "batch_normalization_images": lambda: on_images(
        layers.BatchNormalization(axis=3, momentum=0.8, epsilon=0.01), layers.ReLU()
    ),
    "batch_normalization_no_scale": lambda: between(layers.BatchNormalization(scale=False)),
    "batch_normalization_no_center": lambda: on_images(layers.BatchNormalization(center=False)),
    "batch_normalization_frozen": lambda: between(layers.BatchNormalization(trainable=False)),
    "layer_normalization": lambda: between(layers.LayerNormalization()),
    "layer_normalization_axes": lambda: on_images(
        layers.LayerNormalization(axis=[1, 2, 3], epsilon=0.01)
    ),
    "layer_normalization_plain": lambda: on_images(
        layers.LayerNormalization(center=False, scale=False)
    ),
    "normalization_adapted": lambda: normalized_input(
        normalization(adapted=3 * random(FEATURES, 9) + 2)
    ),
    "normalization_adapted_image": lambda: normalized_input(
        normalization(adapted=3 * random(IMAGE, 9) + 2), IMAGE
    ),
    "normalization_of_all": lambda: normalized_input(
        normalization(adapted=3 * random(FEATURES, 9) + 2, axis=None)
    ),
    "normalization_given": lambda: after(
        normalization(mean=[0.5, 0.0, -1.0, 2.0], variance=[1.0, 4.0, 0.25, 2.0])
    ),
    "normalization_inverted": lambda: after(normalization(mean=0.5, variance=4.0, invert=True)),
    "depthwise_conv2d": lambda: on_images(layers.DepthwiseConv2D(3, activation="relu")),
    "depthwise_conv2d_strides": lambda: on_images(
        layers.DepthwiseConv2D(3, strides=2, padding="same", depth_multiplier=2)
    ),
    "depthwise_conv2d_dilation": lambda: on_images(
        layers.DepthwiseConv2D(2, dilation_rate=2, padding="same", use_bias=False)
    ),
    "autoencoder": autoencoder,
    "penalized_layers": penalized,
    "residual": residual,
    "squeeze_and_excite": squeeze_and_excite,
    "same_symbol_twice": same_symbol_twice,
    "shared_layers": shared_layers,
    "inputs_and_outputs": inputs_and_outputs,
}
for function in ACTIVATIONS:
    name = function if isinstance(function, str) else function.__name__
    RUNS["activation_" + name] = lambda f=function: between(layers.Dense(4, activation=f))


def main(folder, names=()):
    os.makedirs(folder, exist_ok=True)
    for name in names or RUNS:
        keras.backend.clear_session()
        keras.utils.set_random_seed(1)
        write(os.path.join(folder, name + ".json"), RUNS[name]())
        print(name, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
