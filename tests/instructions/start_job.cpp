// A user's program up to the first finished step of example 1, on one batch of 32: what it takes to
// start.
#include "minnow.h"

int main() {
  using namespace minnow;
  Sequential model({Input({28, 28, 1}), Conv2D(32, {3, 3}, {.activation = "relu"}), Flatten(),
                    Dense(10, {.activation = "softmax"})},
                   {.threads = 1});
  model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy"});
  Rng rng(1);
  model.train_on_batch(uniform({32, 28, 28, 1}, rng), randint(0, 10, {32}, rng));
}
