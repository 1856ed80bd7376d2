// minnow fit on small files: what it writes, says, and refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "core/ops.h"
#include "core/train/model.h"
#include "data/npy.h"
#include "interop/architecture.h"
#include "interop/checkpoint.h"
#include "layers/dense.h"
#include "tests/apps/program.h"

namespace minnow::testing {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

void expect_run(const std::vector<std::string>& arguments, int status, const std::string& err) {
  const Finished run = run_minnow(arguments);
  EXPECT_EQ(run.status, status);
  EXPECT_EQ(run.err, err);
  EXPECT_EQ(run.out, "");
}

bool same_tensors(const std::vector<NamedTensor>& a, const std::vector<NamedTensor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const NamedTensor& x, const NamedTensor& y) {
                      return x.name == y.name && same_bits(x.value, y.value);
                    });
}

CompileOptions settings() {
  return {.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}};
}

TEST(Fit, TrainsAsTheLibraryDoesAndWritesAllFiles) {
  const Job job;
  const Finished run =
      run_minnow(job.fit({"--metrics", "accuracy", "--epochs", "3", "--batch-size", "16", "--seed",
                          "5", "--validation-split", "0.2", "--class-weight", "0:1,1:2.5", "--out",
                          job / "t", "--history", job / "h.csv", "--plot", job / "h.svg"}));
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out, "");
  EXPECT_THAT(run.err, AllOf(HasSubstr("Epoch 3/3\n"), HasSubstr("val_accuracy"),
                             Not(HasSubstr("warning"))));

  Model whole = model_from_json(read_text(job / "model.json"), "", {.seed = 5});
  whole.compile(settings());
  const History history = whole.fit(
      job.x, job.y,
      {.epochs = 3, .batch_size = 16, .validation_split = 0.2, .class_weight = {{1, 2.5F}}});
  const Model trained = load_checkpoint(job / "t");
  EXPECT_TRUE(same_tensors(trained.named_weights(), whole.named_weights()));
  EXPECT_TRUE(same_tensors(trained.optimizer_state(), whole.optimizer_state()));
  EXPECT_EQ(trained.progress().history, history);

  const std::string csv = read_text(job / "h.csv");
  EXPECT_EQ(csv.substr(0, csv.find('\n')), "epoch,accuracy,loss,val_accuracy,val_loss");
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 4);
  EXPECT_THAT(csv, HasSubstr("\n2,"));
  EXPECT_THAT(read_text(job / "h.svg"), EndsWith("</svg>\n"));
}

TEST(Fit, ACheckpointGoesOnWithItsOptimizersState) {
  const Job job;
  ASSERT_EQ(run_minnow(job.fit({"--metrics", "accuracy", "--out", job / "one"})).status, 0);
  const std::vector<std::string> again = {"fit", job / "one",   "--x",   job / "x.npy",
                                          "--y", job / "y.npy", "--out", job / "two"};
  ASSERT_EQ(run_minnow(again).status, 0);

  Model whole = model_from_json(read_text(job / "model.json"));
  whole.compile(settings());
  whole.fit(job.x, job.y);
  whole.fit(job.x, job.y);
  const Model trained = load_checkpoint(job / "two");
  EXPECT_TRUE(same_tensors(trained.named_weights(), whole.named_weights()));
  EXPECT_TRUE(same_tensors(trained.optimizer_state(), whole.optimizer_state()));
  EXPECT_EQ(trained.step(), 4);
}

TEST(Fit, OptionsOverrideACheckpoint) {
  const Job job;
  ASSERT_EQ(run_minnow(job.fit({"--out", job / "one"})).status, 0);
  const auto with = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments = {"fit", job / "one",   "--x",   job / "x.npy",
                                          "--y", job / "y.npy", "--out", job / "two"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Finished run = run_minnow(arguments);
    EXPECT_EQ(run.status, 0) << run.err;
    return load_checkpoint(job / "two");
  };
  const Model slower = with({"--learning-rate", "0.25", "--optimizer", "adam"});
  EXPECT_EQ(slower.learning_rate(), 0.25F);
  EXPECT_EQ(slower.step(), 4);
  const Model measured = with({"--metrics", "accuracy,sparse_categorical_accuracy"});
  EXPECT_EQ(measured.compile_options()->metrics.lists().front().size(), 2U);
  EXPECT_EQ(measured.step(), 4);
  const Model other = with({"--optimizer", "sgd", "--learning-rate", "0.25"});
  EXPECT_EQ(other.compile_options()->optimizer->class_name(), "SGD");
  EXPECT_EQ(other.learning_rate(), 0.25F);
  EXPECT_EQ(other.step(), 2);
}

TEST(Fit, VerboseZeroIsSilentButForWarnings) {
  const Job job;
  expect_run(job.fit({"--verbose", "0", "--epochs", "2"}), 0, "");
  write_npy(job / "x.npy", job.x * 1000.0);
  const std::string warning = run_minnow(job.fit({"--verbose", "0", "--epochs", "2"})).err;
  EXPECT_THAT(warning, AllOf(HasSubstr("minnow: warning: [fit] x: values in ["), EndsWith(".\n")));
  EXPECT_EQ(std::count(warning.begin(), warning.end(), '\n'), 1);
  const std::string verbose = run_minnow(job.fit({"--epochs", "2"})).err;
  EXPECT_EQ(verbose.find("warning"), verbose.rfind("warning"));
  EXPECT_THAT(verbose, HasSubstr(warning));
}

TEST(Fit, BadInputIsTwo) {
  const Job job;
  write_npy(job / "wide.npy", zeros({60, 7}));
  expect_run(job.fit({"--x", job / "wide.npy"}), 2,
             "minnow: InvalidArgument: [fit] x: expected 1 tensor, one for each Input, got 2.\n");
  expect_run({"fit", job / "model.json", "--x", job / "wide.npy", "--y", job / "y.npy", "--loss",
              "sparse_categorical_crossentropy"},
             2,
             "minnow: InvalidArgument: [fit] x: expected shape (N, 6) for Input 'input_layer', got "
             "(60, 7).\n");
  expect_run({"fit", job / "model.json", "--x", job / "x.npy", "--y", job / "y.npy"}, 2,
             "minnow: InvalidArgument: [fit] --loss: expected a loss, as --loss "
             "sparse_categorical_crossentropy, got none. " +
                 (job / "model.json") + " brings no compile settings.\n");
  expect_run({"fit", job / "model.json", "--x", job / "x.npy", "--loss", "mse"}, 2,
             "minnow: InvalidArgument: [fit] --y: expected a file of targets, got none. Give "
             "--dataset fashion-mnist to try it without files.\n");
  expect_run(job.fit({"--val-x", job / "x.npy"}), 2,
             "minnow: InvalidArgument: [fit] --val-y: expected a file beside --val-x, got none.\n");
  expect_run(
      job.fit({"--resume"}), 2,
      "minnow: InvalidArgument: [fit] --resume: expected a checkpoint to go on from, got the "
      "architecture " +
          (job / "model.json") + ".\n");
  expect_run(job.fit({"--epochs", "-1"}), 2,
             "minnow: InvalidArgument: [fit] epochs: expected at least 0, got -1.\n");
  expect_run({"fit", job / "model.json", "--dataset", "fashon-mnist", "--loss", "mse"}, 2,
             "minnow: InvalidArgument: [fit] --dataset: expected a known data set, got "
             "'fashon-mnist'. Did you mean 'fashion-mnist'? Known: fashion-mnist.\n");
}

TEST(Fit, OtherErrorsAreOne) {
  const Job job;
  const Finished absent = run_minnow(job.fit({"--val-x", job / "none.npy", "--val-y", "y"}));
  EXPECT_EQ(absent.status, 1);
  EXPECT_THAT(absent.err, HasSubstr("minnow: NotFound: ["));
  expect_run(job.fit({"--out", job / "no/folder"}), 1,
             "minnow: IoError: [fit] --out: " + (job / "no/folder") + ": there is no folder " +
                 (job / "no") + ".\n");
}

TEST(Fit, DivergenceKeepsTheHistoryOfWholeEpochs) {
  const Job job;
  const Sequential model({Input({6}), Dense(1)});
  store(job / "model.json", to_json(model));
  write_npy(job / "y.npy", full({60}, 3));
  const Finished run =
      run_minnow({"fit", job / "model.json", "--x", job / "x.npy", "--y", job / "y.npy", "--loss",
                  "mse", "--optimizer", "sgd", "--learning-rate", "1e5", "--epochs", "9",
                  "--history", job / "h.csv"});
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.err, HasSubstr("minnow: Diverged: [fit]"));
  EXPECT_THAT(read_text(job / "h.csv"), HasSubstr("epoch,loss\n0,"));
}

TEST(Fit, FashionMnistNeedsAScale) {
  const TemporaryFolder folder;
  const std::vector<std::string> arguments = {
      "fit",       MINNOW_SOURCE_DIR "/apps/examples/example1.json",
      "--dataset", "fashion-mnist",
      "--data",    MINNOW_SOURCE_DIR "/data/fashion_mnist_sample",
      "--loss",    "sparse_categorical_crossentropy",
      "--epochs",  "0"};
  const Finished refused = run_minnow(arguments);
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err,
              HasSubstr("minnow: InvalidArgument: [fit] x: expected dtype float32 for Input "
                        "'input_layer', got uint8."));
  std::vector<std::string> scaled = arguments;
  scaled.insert(scaled.end(), {"--scale", "1/255", "--out", folder / "t"});
  expect_run(scaled, 0, "");
  EXPECT_EQ(load_checkpoint(folder / "t").compile_options()->input_scale, 1 / 255.F);
  const Finished evaluated = run_minnow({"evaluate", folder / "t", "--dataset", "fashion-mnist",
                                         "--data", MINNOW_SOURCE_DIR "/data/fashion_mnist_sample"});
  EXPECT_EQ(evaluated.status, 0) << evaluated.err;
  EXPECT_THAT(evaluated.out, HasSubstr("loss: 2."));
}

}  // namespace
}  // namespace minnow::testing
