#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/train/model.h"
#include "interop/architecture.h"
#include "interop/checkpoint.h"
#include "interop/safetensors.h"
#include "interop/weights.h"
#include "layers/dense.h"
#include "tests/apps/program.h"

namespace minnow::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Converted : Job {
  Converted() {
    model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy"});
    model.fit(x, y, {.epochs = 2});
    save_checkpoint(*this / "model.safetensors", model);
  }
  void convert(const std::vector<std::string>& arguments) const {
    std::vector<std::string> all{"convert"};
    for (const std::string& file : arguments) {
      all.push_back(file.starts_with("--") ? file : *this / file);
    }
    const Finished run = run_minnow(all);
    EXPECT_EQ(run.status, 0) << run.err;
    EXPECT_EQ(run.out + run.err, "");
  }
  void expect_weights(const std::string& path) const {
    Model other = model_from_config(architecture_of(model), "test", {.seed = 9});
    load_weights(path, other);
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_TRUE(same_bits(other.get_weights()[i], model.get_weights()[i]));
    }
  }
  Sequential model{
      {Input({6}), Dense(8, {.activation = "relu"}), Dense(3, {.activation = "softmax"})}};
};

TEST(Convert, WeightsGoOutAndInByLayer) {
  const Converted job;
  for (const char* file : {"w.npz", "w.weights.safetensors"}) {
    job.convert({"model.safetensors", file});
    job.expect_weights(job / file);
    job.convert({"model.json", "other.safetensors", "--weights", file});
    job.expect_weights(job / "other.safetensors");
  }
  EXPECT_TRUE(read_safetensors(job / "w.weights.safetensors").metadata.empty());
}

TEST(Convert, ACheckpointBecomesAnArchitectureWithItsSettings) {
  const Converted job;
  job.convert({"model.safetensors", "out.json"});
  EXPECT_EQ(read_text(job / "out.json"), to_json(job.model, 2) + "\n");
}

TEST(Convert, AnArchitectureHasNoTrainedWeights) {
  const Job job;
  const Finished run = run_minnow({"convert", job / "model.json", job / "out.safetensors"});
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.err, "minnow: warning: " + (job / "model.json") +
                         " is an architecture: its weights are not trained\n");
}

TEST(Convert, ListsWhatIsSupported) {
  const Finished run = run_minnow({"convert", "--list"});
  EXPECT_EQ(run.status, 0);
  EXPECT_THAT(run.out, AllOf(StartsWith("layers: Activation, "), HasSubstr("\noptimizers: Ada"),
                             HasSubstr("\nlosses: "), HasSubstr("\nmetrics: "),
                             HasSubstr("\nlayers in ONNX: Activation, ")));
}

TEST(Convert, BadUsageIsNamed) {
  const Converted job;
  const auto refused = [](const std::vector<std::string>& arguments, const std::string& text) {
    const Finished run = run_minnow(arguments);
    EXPECT_EQ(run.status, 2);
    EXPECT_EQ(run.err, "minnow: InvalidArgument: [convert] " + text + "\n");
  };
  refused({"convert"}, "IN: expected a file, got none. See minnow convert --help.");
  refused({"convert", job / "model.json"},
          "OUT: expected a file, got none. See minnow convert --help.");
  refused({"convert", job / "model.json", "out.h6"},
          "OUT: expected a name that ends in .keras, .json, .safetensors, .onnx, .weights.h5, "
          ".weights.safetensors or .npz, got out.h6.");
}

}  // namespace
}  // namespace minnow::testing
