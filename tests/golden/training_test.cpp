// Layers, activations, optimizers, schedules, losses, metrics, penalties and outputs against
// recorded runs of Keras, one file each: see README.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "core/graph/registry.h"
#include "core/train/model.h"
#include "interop/architecture.h"
#include "interop/json.h"
#include "tests/golden/golden.h"

namespace minnow {
namespace {

using golden::largest_difference;
using golden::loss_bound;
using golden::relative;
using golden::weight_bound;

Config read_record(const std::string& name) {
  return parse_json(golden::read_text(golden::folder + "/" + name + ".json"), name);
}

std::vector<std::string> run_names() {
  std::vector<std::string> names;
  for (const std::string part : {"layers", "training"}) {
    for (const auto& entry : std::filesystem::directory_iterator(golden::folder + "/" + part)) {
      const std::string name = entry.path().stem().string();
      if (name != "schedules") names.push_back(part + "/" + name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

// Integers where all values are, else float32.
Tensor tensor_of(const Config& recorded) {
  std::vector<std::int64_t> dims;
  for (const Config& dim : recorded["shape"].list()) dims.push_back(dim.integer());
  const Config::List& values = recorded["values"].list();
  const bool whole =
      std::all_of(values.begin(), values.end(), [](const Config& v) { return v.is_integer(); });
  Tensor tensor(Shape(dims), whole ? DType::int64 : DType::float32);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (whole) {
      tensor.mutable_values<std::int64_t>()[i] = values[i].integer();
    } else {
      tensor.mutable_values<float>()[i] = static_cast<float>(values[i].number());
    }
  }
  return tensor;
}

std::vector<Tensor> tensors_of(const Config& recorded) {
  std::vector<Tensor> tensors;
  if (recorded.is_null()) return tensors;
  for (const Config& tensor : recorded.list()) tensors.push_back(tensor_of(tensor));
  return tensors;
}

// All float32: Keras counts in integers what a Normalization has seen.
std::vector<Tensor> weights_of(const Config& recorded) {
  std::vector<Tensor> weights = tensors_of(recorded);
  for (Tensor& w : weights) w = w.astype(DType::float32);
  return weights;
}

// Takes down the running mean of the loss behind every batch, and the rate of its step.
struct RunningLoss : Callback {
  std::vector<double> losses, rates;

  void on_batch_begin(FitContext& context, std::int64_t) override {
    rates.push_back(static_cast<double>(context.model().learning_rate()));
  }
  void on_batch_end(FitContext&, std::int64_t, const Logs& logs) override {
    losses.push_back(logs["loss"]);
  }
};

class GoldenTraining : public testing::TestWithParam<std::string> {};

TEST_P(GoldenTraining, ComesToTheRecordedNumbers) {
  const Config run = read_record(GetParam());
  Model model = model_from_config(run["model"], GetParam());
  model.compile(compile_options_from(run["model"]["compile_config"]));
  model.set_weights(weights_of(run["init"]));
  const std::vector<Tensor> x = tensors_of(run["x"]), y = tensors_of(run["y"]);
  const std::vector<Tensor> weights = tensors_of(run["sample_weight"]);
  double worst_loss = 0, worst_weight = 0;
  const auto check = [&](double value, const Config& expected, const std::string& what) {
    const double d = relative(value, expected.number());
    EXPECT_LE(d, loss_bound) << what << ": " << value << ", recorded " << expected.number();
    worst_loss = std::max(worst_loss, d);
  };

  RunningLoss running;
  const Config& split = run["validation_split"];
  const History history = model.fit(x, y,
                                    {.epochs = run["epochs"].integer(),
                                     .batch_size = run["batch_size"].integer(),
                                     .shuffle = false,
                                     .validation_split = split.is_null() ? 0 : split.number(),
                                     .sample_weight = weights,
                                     .callbacks = {&running}});

  const Config::List& losses = run["running_loss"].list();
  ASSERT_EQ(running.losses.size(), losses.size());
  for (std::size_t i = 0; i < losses.size(); ++i) {
    check(running.losses[i], losses[i], "loss of step " + std::to_string(i));
    EXPECT_NEAR(running.rates[i], run["rates"].list()[i].number(), 1e-7) << "step " << i;
  }
  EXPECT_EQ(history.values.size(), run["history"].entries().size());
  for (const auto& [key, series] : run["history"].entries()) {
    ASSERT_TRUE(history.contains(key)) << key;
    ASSERT_EQ(history[key].size(), series.list().size());
    for (std::size_t i = 0; i < series.list().size(); ++i) {
      check(history[key][i], series.list()[i], key + " of epoch " + std::to_string(i));
    }
  }
  const std::vector<Tensor> expected = weights_of(run["final"]);
  const std::vector<NamedTensor> trained = model.named_weights();
  ASSERT_EQ(trained.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double d = largest_difference(trained[i].value, expected[i]);
    EXPECT_LE(d, weight_bound) << trained[i].name;
    worst_weight = std::max(worst_weight, d);
  }
  const Logs evaluated =
      model.evaluate(x, y, {.batch_size = run["batch_size"].integer(), .sample_weight = weights});
  EXPECT_EQ(evaluated.size(), run["evaluate"].entries().size());
  for (const auto& [key, value] : run["evaluate"].entries()) check(evaluated[key], value, key);
  const std::vector<Tensor> predicted = model.predict_all(x), outputs = tensors_of(run["predict"]);
  ASSERT_EQ(predicted.size(), outputs.size());
  for (std::size_t o = 0; o < outputs.size(); ++o) {
    EXPECT_LE(largest_difference(predicted[o], outputs[o]), weight_bound) << "output " << o;
  }
  std::cout << GetParam() << ": largest difference in a weight " << worst_weight
            << ", in a loss or metric " << worst_loss << " (relative)\n";
}

TEST(GoldenSchedules, GiveTheRecordedRates) {
  const Config schedules = read_record("training/schedules");
  ASSERT_FALSE(schedules.entries().empty());
  for (const auto& [name, record] : schedules.entries()) {
    const LearningRateSchedule schedule =
        make_schedule(record["config"]["class_name"].string(), record["config"]["config"]);
    for (std::size_t i = 0; i < record["steps"].list().size(); ++i) {
      const std::int64_t step = record["steps"].list()[i].integer();
      const double expected = record["values"].list()[i].number();
      EXPECT_NEAR(schedule->at(step), expected, 1e-6 * expected + 1e-8) << name << ", " << step;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Runs, GoldenTraining, testing::ValuesIn(run_names()), [](const auto& run) {
  std::string name = run.param;
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
});

}  // namespace
}  // namespace minnow
