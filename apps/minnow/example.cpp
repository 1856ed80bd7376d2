// minnow example: the three programs of apps/examples, explained as they run.
#include <fmt/format.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <array>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "apps/minnow/command.h"
#include "core/error.h"
#include "core/ops.h"
#include "core/random.h"
#include "core/train/model.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/flatten.h"

namespace minnow::apps {
namespace {

void say(std::string_view text) { std::cout << text << std::endl; }

// Hands the model data that it must refuse, and shows that this leaves no trace.
void fit_refused(Model& model, const Tensor& x, const Tensor& y) {
  const std::vector<Tensor> before = model.get_weights();
  try {
    model.fit(x, y, {.epochs = 1});
    say("   Nothing was refused: this should not be.");
  } catch (const InvalidArgument& e) {
    say(fmt::format("   Caught an error: {}", e.what()));
  }
  const std::vector<Tensor> after = model.get_weights();
  const bool same = std::equal(before.begin(), before.end(), after.begin(), after.end(), same_bits);
  say(fmt::format("   The weights are {}.\n", same ? "as they were, to the bit" : "changed"));
}

void fit_accepted(Model& model, const Tensor& x, const Tensor& y) {
  constexpr std::int64_t epochs = 3;
  const History history = model.fit(x, y, {.epochs = epochs});
  for (const std::string& warning : history.warnings) say("   Warning: " + warning);
  for (std::size_t i = 0; i < history.epoch.size(); ++i) {
    say(fmt::format("   Epoch {}/{}: accuracy {:.4f}, loss {:.4f}", i + 1, epochs,
                    history["accuracy"][i], history["loss"][i]));
  }
  say("");
}

// The network of the second and the third program.
Sequential two_dense(const InputOptions& input) {
  Sequential model(
      {Input({10}, input), Dense(10, {.activation = "relu"}), Dense(1, {.activation = "sigmoid"})});
  model.compile({.optimizer = "adam", .loss = "binary_crossentropy", .metrics = {"accuracy"}});
  return model;
}

void shape() {
  Rng rng(1);
  const Tensor x = uniform({10, 784}, rng);
  const Tensor y = randint(0, 10, {10}, rng);
  say("1. A network for images of 28 x 28 points and one channel: Conv2D 32 3x3 relu, Flatten,\n"
      "   Dense 10 softmax; adam, sparse_categorical_crossentropy.\n");
  Sequential model({Input({28, 28, 1}), Conv2D(32, {3, 3}, {.activation = "relu"}), Flatten(),
                    Dense(10, {.activation = "softmax"})});
  model.compile(
      {.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  say("2. fit with x of shape (10, 784): rows of points instead of images.\n"
      "   (Keras 3.15 raises a ValueError here, and the model can not be trained afterwards.)");
  fit_refused(model, x, y);
  say("3. fit with x.reshape({10, 28, 28, 1}): the same numbers as images. The same model trains.");
  fit_accepted(model, x.reshape({10, 28, 28, 1}), y);
}

void dtype() {
  Rng rng(1);
  const Tensor x = randint(0, 10, {100, 10}, rng);
  const Tensor y = randint(0, 2, {100}, rng);
  say("1. A network for rows of 10 numbers: Dense 10 relu, Dense 1 sigmoid; adam,\n"
      "   binary_crossentropy.\n");
  Sequential model = two_dense({});
  say("2. fit with x of int64, where the Input takes float32.\n"
      "   (Keras 3.15 converts in silence and trains. compile with .autocast = true, or\n"
      "   minnow fit --autocast, asks for that.)");
  fit_refused(model, x, y);
  say("3. fit with x.astype(float32). The labels stay int64: they name classes, and that is fine.");
  fit_accepted(model, x.astype(DType::float32), y);
}

void scaling() {
  Rng rng(1);
  const Tensor x = uniform({100, 10}, rng, 100, 1000);
  const Tensor y = randint(0, 2, {100}, rng);
  say("1. The network of the second example, on values of 100 to 1000. Its Input declares what it\n"
      "   expects: every row standardised, with a mean near 0 and a deviation near 1.\n");
  Sequential model = two_dense({.expects = Standardized{.over = Standardized::Over::sample}});
  say("2. fit with the raw values.\n"
      "   (Keras 3.15 trains in silence: there is nothing to declare with, and the loss is 75.)");
  fit_refused(model, x, y);
  say("3. fit with (x - mean(x)) / stddev(x), each taken over a row.");
  const Tensor row_mean = mean(x, {.axis = 1, .keepdims = true});
  const Tensor row_stddev = stddev(x, {.axis = 1, .keepdims = true});
  fit_accepted(model, (x - row_mean) / row_stddev, y);
  say("4. The raw values once more, on an Input that declares nothing: they train, and there is\n"
      "   one warning.");
  Sequential undeclared = two_dense({});
  fit_accepted(undeclared, x, y);
}

struct Example {
  std::string_view name;
  void (*run)();
};
constexpr std::array examples = {Example{"shape", shape}, Example{"dtype", dtype},
                                 Example{"scaling", scaling}};

ExitStatus run(const std::string& name) {
  for (const Example& example : examples) {
    if (example.name != name) continue;
    example.run();
    say(fmt::format("As a program of its own: apps/examples/{}.cpp", name));
    return exit_done;
  }
  throw InvalidArgument(
      {"example", "NAME", "shape, dtype or scaling", fmt::format("'{}'", name), ""});
}

}  // namespace

Command add_example(CLI::App& program) {
  CLI::App* app = program.add_subcommand(
      "example", "Run one of three small programs on what fit refuses, and say what it does");
  auto name = std::make_shared<std::string>();
  app->add_option("NAME", *name, "shape, dtype or scaling")->required()->type_name("");
  return {app, [name] { return run(*name); }};
}

}  // namespace minnow::apps
