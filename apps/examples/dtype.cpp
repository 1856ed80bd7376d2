#include <minnow/minnow.h>
#include <iostream>
namespace mn = minnow;

int main() {
  mn::Sequential model({
      mn::Input({10}),
      mn::Dense(10, {.activation = mn::Activation::relu}),
      mn::Dense(1, {.activation = mn::Activation::sigmoid}),
  });

  mn::Rng rng(1);
  mn::Tensor integers = mn::randint(0, 10, {100, 10}, rng);       // int64: the wrong dtype
  mn::Tensor labels = mn::randint(0, 2, {100}, rng);              // int64: fine for labels

  model.compile({.optimizer = "adam", .loss = "binary_crossentropy", .metrics = {"accuracy"}});
  try {
    model.fit(integers, labels, {.epochs = 1});
  } catch (const mn::InvalidArgument& e) {
    std::cout << "Caught an error: " << e.what() << '\n';
  }
  model.fit(integers.astype(mn::DType::float32), labels, {.epochs = 1});
}
