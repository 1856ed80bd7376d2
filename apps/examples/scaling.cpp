#include <minnow/minnow.h>
#include <iostream>
namespace mn = minnow;

int main() {
  mn::Sequential model({
      mn::Input({10}, {.expects = mn::Standardized{.over = mn::Standardized::Over::sample}}),
      mn::Dense(10, {.activation = mn::Activation::relu}),
      mn::Dense(1, {.activation = mn::Activation::sigmoid}),
  });

  mn::Rng rng(1);
  mn::Tensor raw = mn::uniform({100, 10}, rng, 100, 1000);        // far from mean 0, deviation 1
  mn::Tensor labels = mn::randint(0, 2, {100}, rng);              // int64

  model.compile({.optimizer = "adam", .loss = "binary_crossentropy", .metrics = {"accuracy"}});
  try {
    model.fit(raw, labels, {.epochs = 1});
  } catch (const mn::InvalidArgument& e) {
    std::cout << "Caught an error: " << e.what() << '\n';
  }

  mn::Tensor mean = mn::mean(raw, {.axis = 1, .keepdims = true});
  mn::Tensor std = mn::stddev(raw, {.axis = 1, .keepdims = true});
  model.fit((raw - mean) / std, labels, {.epochs = 1});

  // Without a declaration the same data train, and there is one warning.
  mn::Sequential undeclared({
      mn::Input({10}),
      mn::Dense(10, {.activation = mn::Activation::relu}),
      mn::Dense(1, {.activation = mn::Activation::sigmoid}),
  });
  undeclared.compile({.optimizer = "adam", .loss = "binary_crossentropy", .metrics = {"accuracy"}});
  mn::History history = undeclared.fit(raw, labels, {.epochs = 1});
  for (const std::string& warning : history.warnings) std::cout << "Warning: " << warning << '\n';
}
