// evaluate, predict, summary, and which files are models.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/ops.h"
#include "core/random.h"
#include "core/train/model.h"
#include "data/npy.h"
#include "interop/architecture.h"
#include "interop/checkpoint.h"
#include "interop/safetensors.h"
#include "layers/dense.h"
#include "tests/apps/program.h"

namespace minnow::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Trained : Job {
  Trained() {
    model.compile(
        {.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
    model.fit(x, y, {.epochs = 2});
    save_checkpoint(*this / "model.safetensors", model);
  }
  Sequential model{
      {Input({6}), Dense(8, {.activation = "relu"}), Dense(3, {.activation = "softmax"})}};
};

TEST(Evaluate, PrintsResultsAndNothingElse) {
  Trained job;
  const Finished run = run_minnow(
      {"evaluate", job / "model.safetensors", "--x", job / "x.npy", "--y", job / "y.npy"});
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.err, "");
  const Logs results = job.model.evaluate(job.x, job.y);
  std::string text;
  for (const auto& [key, value] : results) text += fmt::format("{}: {:.6g}\n", key, value);
  EXPECT_EQ(run.out, text);
  EXPECT_THAT(run.out, AllOf(StartsWith("accuracy: 0."), HasSubstr("\nloss: ")));
}

TEST(Evaluate, AnArchitectureNeedsALossAndIsNotTrained) {
  Trained job;
  const std::vector<std::string> bare = {"evaluate", job / "model.json", "--x", job / "x.npy",
                                         "--y",      job / "y.npy"};
  const Finished refused = run_minnow(bare);
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, StartsWith("minnow: InvalidArgument: [evaluate] --loss: expected"));
  store(job / "compiled.json", to_json(job.model));  // compile settings go with it
  const Finished run =
      run_minnow({"evaluate", job / "compiled.json", "--x", job / "x.npy", "--y", job / "y.npy"});
  EXPECT_EQ(run.status, 0);
  EXPECT_THAT(run.out, StartsWith("accuracy: "));
  EXPECT_EQ(run.err, "minnow: warning: " + (job / "compiled.json") +
                         " is an architecture: its weights are not trained\n");
}

TEST(Predict, WritesWhatTheLibraryGives) {
  Trained job;
  const Finished run = run_minnow({"predict", job / "model.safetensors", "--x", job / "x.npy",
                                   "--out", job / "p.npy", "--batch-size", "7"});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out + run.err, "");
  EXPECT_TRUE(same_bits(read_npy(job / "p.npy"), job.model.predict(job.x)));
}

TEST(Predict, ConvertsWhereItIsAsked) {
  Trained job;
  const Tensor bytes = (job.x * 255.0).astype(DType::uint8);
  write_npy(job / "bytes.npy", bytes);
  write_npy(job / "doubles.npy", job.x.astype(DType::float64));
  const auto predict = [&](const std::string& file, const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {
        "predict", job / "model.safetensors", "--x", job / file, "--out", job / "p.npy"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_minnow(arguments).status;
  };
  EXPECT_EQ(predict("bytes.npy", {}), 2);
  EXPECT_EQ(predict("bytes.npy", {"--scale", "1/255"}), 0);
  const Tensor scaled = bytes.astype(DType::float32) * static_cast<double>(1 / 255.F);
  EXPECT_TRUE(same_bits(read_npy(job / "p.npy"), job.model.predict(scaled)));
  EXPECT_EQ(predict("doubles.npy", {}), 2);
  EXPECT_EQ(predict("doubles.npy", {"--autocast"}), 0);
  EXPECT_TRUE(same_bits(read_npy(job / "p.npy"), job.model.predict(job.x)));
}

TEST(Summary, IsTheLibrarys) {
  Trained job;
  const Finished run = run_minnow({"summary", job / "model.safetensors"});
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.err, "");
  EXPECT_THAT(run.out, HasSubstr(job.model.summary()));
  EXPECT_THAT(run.out, AllOf(HasSubstr("dense_1"), HasSubstr("83")));  // 6*8+8 + 8*3+3
}

TEST(Formats, AreToldByContent) {
  Trained job;
  std::filesystem::copy_file(job / "model.safetensors", job / "checkpoint.json");
  std::filesystem::copy_file(job / "model.json", job / "architecture.keras");
  const std::string summary = run_minnow({"summary", job / "model.json"}).out;
  EXPECT_EQ(run_minnow({"summary", job / "checkpoint.json"}).status, 0);
  EXPECT_EQ(run_minnow({"summary", job / "architecture.keras"}).out, summary);
}

TEST(Formats, OthersAreNamed) {
  Trained job;
  const auto refused = [&](const std::string& file, std::string_view content, int status,
                           const std::string& text) {
    store(job / file, content);
    const Finished run = run_minnow({"summary", job / file});
    EXPECT_EQ(run.status, status);
    EXPECT_EQ(run.err, "minnow: " + text + "\n");
  };
  const std::string supported =
      "Keras's architecture JSON (model.to_json()) and .keras archive, and minnow's checkpoint";
  refused("m.h5", "\x89HDF\r\n\x1a\n....", 1,
          "Unimplemented: [summary] " + (job / "m.h5") +
              ": an HDF5 file has weights, but no model that minnow reads. Supported: " +
              supported + "; minnow convert MODEL OUT --weights " + (job / "m.h5") +
              " gives a model these weights.");
  refused("m", "", 2,
          "InvalidArgument: [summary] " + (job / "m") + ": expected " + supported +
              ", got an empty file.");
  refused("m", "hello", 2,
          "InvalidArgument: [summary] " + (job / "m") + ": expected " + supported +
              ", got a file that begins with the bytes 68 65 6c 6c 6f.");
  store(job / "cut.json", read_text(job / "model.json").substr(0, 40));
  const Finished cut = run_minnow({"summary", job / "cut.json"});
  EXPECT_EQ(cut.status, 1);
  EXPECT_THAT(cut.err, HasSubstr("minnow: DataLoss: [JSON] " + (job / "cut.json")));
  const Finished absent = run_minnow({"summary", job / "absent"});
  EXPECT_EQ(absent.status, 1);
  EXPECT_THAT(absent.err, HasSubstr("minnow: NotFound: "));
}

}  // namespace
}  // namespace minnow::testing
