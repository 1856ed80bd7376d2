// Whole training runs against recorded runs of Keras.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "core/train/model.h"
#include "data/npy.h"
#include "interop/architecture.h"
#include "interop/json.h"
#include "tests/golden/golden.h"

namespace minnow {
namespace {

using golden::largest_difference;
using golden::loss_bound;
using golden::read_text;
using golden::relative;
using golden::weight_bound;

std::vector<Tensor> read_weights(const std::string& folder) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<Tensor> weights;
  for (const std::string& path : paths) weights.push_back(read_npy(path));
  return weights;
}

// Takes down the loss of every step: the running mean times its rows, minus what was there before.
class StepLosses : public Callback {
 public:
  StepLosses(std::int64_t rows, std::int64_t batch_size) : rows_(rows), batch_size_(batch_size) {}
  std::vector<double> losses;

  void on_epoch_begin(FitContext&, std::int64_t) override { seen_ = total_ = 0; }
  void on_batch_end(FitContext&, std::int64_t, const Logs& logs) override {
    const double rows =
        std::min<double>(static_cast<double>(batch_size_), static_cast<double>(rows_) - seen_);
    seen_ += rows;
    losses.push_back((logs["loss"] * seen_ - total_) / rows);
    total_ = logs["loss"] * seen_;
  }

 private:
  std::int64_t rows_, batch_size_;
  double seen_ = 0, total_ = 0;
};

class Golden : public testing::TestWithParam<std::string> {};

TEST_P(Golden, TrainsToTheRecordedNumbers) {
  const std::string folder = golden::folder + "/" + GetParam();
  const Config run = parse_json(read_text(folder + "/run.json"), "run.json");
  const Config architecture = parse_json(read_text(folder + "/model.json"), "model.json");
  Model model = model_from_config(architecture, "model.json");
  model.compile(compile_options_from(architecture["compile_config"]));
  model.set_weights(read_weights(folder + "/init"));
  const Tensor x = read_npy(folder + "/x.npy"), y = read_npy(folder + "/y.npy");

  EXPECT_LE(largest_difference(model.predict(x), read_npy(folder + "/pred_init.npy")), 2e-6);

  StepLosses steps(x.rows(), run["batch_size"].integer());
  const History history = model.fit(x, y,
                                    {.epochs = run["epochs"].integer(),
                                     .batch_size = run["batch_size"].integer(),
                                     .shuffle = false,
                                     .callbacks = {&steps}});

  double worst_loss = 0, worst_weight = 0;
  const Config::List& recorded = run["step_loss"].list();
  ASSERT_EQ(steps.losses.size(), recorded.size());
  for (std::size_t i = 0; i < recorded.size(); ++i) {
    const double d = relative(steps.losses[i], recorded[i].number());
    EXPECT_LE(d, loss_bound) << "step " << i << ": " << steps.losses[i];
    worst_loss = std::max(worst_loss, d);
  }
  for (const auto& [key, series] : run["history"].entries()) {
    ASSERT_EQ(history[key].size(), series.list().size());
    for (std::size_t i = 0; i < series.list().size(); ++i) {
      EXPECT_LE(relative(history[key][i], series.list()[i].number()), loss_bound)
          << key << " of epoch " << i << ": " << history[key][i];
    }
  }
  const std::vector<Tensor> expected = read_weights(folder + "/final");
  const std::vector<NamedTensor> weights = model.named_weights();
  ASSERT_EQ(weights.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double d = largest_difference(weights[i].value, expected[i]);
    EXPECT_LE(d, weight_bound) << weights[i].name;
    worst_weight = std::max(worst_weight, d);
  }
  for (const auto& [key, value] : run["evaluate"].entries()) {
    EXPECT_LE(relative(model.evaluate(x, y)[key], value.number()), loss_bound) << key;
  }
  EXPECT_LE(largest_difference(model.predict(x), read_npy(folder + "/pred_final.npy")), 5e-6);
  std::cout << GetParam() << ": largest difference in a weight " << worst_weight
            << ", in a step loss " << worst_loss << " (relative)\n";
}

INSTANTIATE_TEST_SUITE_P(Runs, Golden,
                         testing::Values("ex1_cnn", "ex2_mlp", "ex3_mlp_raw", "ex3_mlp_scaled",
                                         "onehot_sgd_momentum"),
                         [](const auto& name) { return name.param; });

}  // namespace
}  // namespace minnow
