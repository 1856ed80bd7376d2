#include <minnow/minnow.h>
#include <iostream>
namespace mn = minnow;

int main() {
  mn::Sequential model({
      mn::Input({28, 28, 1}),
      mn::Conv2D(32, {3, 3}, {.activation = mn::Activation::relu}),
      mn::Flatten(),
      mn::Dense(10, {.activation = mn::Activation::softmax}),
  });

  mn::Rng rng(1);
  mn::Tensor fake_data = mn::uniform({10, 784}, rng);             // float32 in [0, 1)
  mn::Tensor fake_labels = mn::randint(0, 10, {10}, rng);         // int64

  model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  try {
    model.fit(fake_data, fake_labels, {.epochs = 1});
  } catch (const mn::InvalidArgument& e) {
    std::cout << "Caught an error: " << e.what() << '\n';
  }
  model.fit(fake_data.reshape({10, 28, 28, 1}), fake_labels, {.epochs = 1});
}
