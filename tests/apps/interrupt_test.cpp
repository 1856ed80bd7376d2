// Signals: training stops, is saved, and goes on to the same bits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <string>

#include "interop/checkpoint.h"
#include "interop/safetensors.h"
#include "tests/apps/program.h"

namespace minnow::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

bool same_tensors(const std::string& a, const std::string& b) {
  const SafeTensors x = read_safetensors(a), y = read_safetensors(b);
  return std::equal(x.tensors.begin(), x.tensors.end(), y.tensors.begin(), y.tensors.end(),
                    [](const NamedTensor& l, const NamedTensor& r) {
                      return l.name == r.name && same_bits(l.value, r.value);
                    });
}

class Interrupt : public ::testing::TestWithParam<int> {};

TEST_P(Interrupt, SavesAndResumesToTheSameBits) {
  const Job job;
  const std::vector<std::string> common = {"--metrics", "accuracy",           "--batch-size",
                                           "1",         "--validation-split", "0.1"};
  std::vector<std::string> endless = common;
  endless.insert(endless.end(), {"--epochs", "1000000000", "--out", job / "part"});
  Program program(MINNOW_PROGRAM, job.fit(endless));
  program.wait_for("Epoch 3/");
  program.signal(GetParam());
  const Finished stopped = program.wait();
  EXPECT_EQ(stopped.status, 130);
  EXPECT_EQ(stopped.out, "");
  EXPECT_THAT(stopped.err, AllOf(HasSubstr("minnow: interrupted after "),
                                 HasSubstr("minnow: saved to " + (job / "part") +
                                           "; to go on: minnow fit " + (job / "part"))));

  const std::int64_t done = load_checkpoint(job / "part").progress().epoch;
  ASSERT_GE(done, 2);
  std::vector<std::string> whole = common;
  whole.insert(whole.end(),
               {"--verbose", "0", "--epochs", std::to_string(done + 2), "--out", job / "whole"});
  ASSERT_EQ(run_minnow(job.fit(whole)).status, 0);
  const Finished resumed =
      run_minnow({"fit", job / "part", "--x", job / "x.npy", "--y", job / "y.npy", "--batch-size",
                  "1", "--validation-split", "0.1", "--resume", "--epochs",
                  std::to_string(done + 2), "--out", job / "resumed", "--history", job / "h.csv"});
  ASSERT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_TRUE(same_tensors(job / "whole", job / "resumed"));
  EXPECT_FALSE(same_tensors(job / "part", job / "resumed"));
  EXPECT_EQ(load_checkpoint(job / "whole").progress().history,
            load_checkpoint(job / "resumed").progress().history);
  const std::string csv = read_text(job / "h.csv");  // of all epochs, those before included
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), done + 3);
}

INSTANTIATE_TEST_SUITE_P(Signals, Interrupt, ::testing::Values(SIGINT, SIGTERM));

TEST(Interrupt, WithoutOutNothingIsSaved) {
  const Job job;
  Program program(MINNOW_PROGRAM, job.fit({"--epochs", "1000000000"}));
  program.wait_for("Epoch 2/");
  program.signal(SIGINT);
  const Finished stopped = program.wait();
  EXPECT_EQ(stopped.status, 130);
  EXPECT_THAT(stopped.err, HasSubstr("minnow: nothing was saved: there is no --out\n"));
}

// Saving into a pipe that nobody reads takes for ever.
TEST(Interrupt, ASecondSignalEndsAtOnce) {
  const Job job;
  ASSERT_EQ(::mkfifo((job / "pipe").c_str(), 0600), 0);
  Program program(MINNOW_PROGRAM, job.fit({"--epochs", "1000000000", "--out", job / "pipe"}));
  program.wait_for("Epoch 2/");
  program.signal(SIGINT);
  program.wait_for("minnow: interrupted after");
  program.signal(SIGINT);
  EXPECT_EQ(program.wait().status, 130);
}

TEST(Resume, RefusesOtherSettingsAndSaysWhenNothingIsLeft) {
  const Job job;
  ASSERT_EQ(run_minnow(job.fit({"--out", job / "one"})).status, 0);
  const auto resumed = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments = {"fit", job / "one",   "--x",     job / "x.npy",
                                          "--y", job / "y.npy", "--resume"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_minnow(arguments);
  };
  const Finished other = resumed({"--epochs", "2", "--optimizer", "sgd"});
  EXPECT_EQ(other.status, 2);
  EXPECT_EQ(other.err,
            "minnow: InvalidArgument: [fit] --resume: expected the settings of the run that was "
            "stopped, got others by --optimizer, --loss, --metrics, --autocast or --scale. Leave "
            "those out, or train on from the checkpoint without --resume.\n");
  const Finished same = resumed(
      {"--epochs", "2", "--optimizer", "adam", "--loss", "sparse_categorical_crossentropy"});
  EXPECT_EQ(same.status, 0) << same.err;
  const Finished nothing = resumed({"--epochs", "1"});
  EXPECT_EQ(nothing.status, 0);
  EXPECT_EQ(nothing.err, "minnow: warning: " + (job / "one") +
                             " has 1 epochs behind it, and --epochs is 1: nothing is left to "
                             "train\n");
}

}  // namespace
}  // namespace minnow::testing
