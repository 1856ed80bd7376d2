// minnow bench train: what the benchmarks' scripts read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "core/config.h"
#include "interop/json.h"
#include "tests/apps/program.h"

namespace minnow::testing {
namespace {

using ::testing::StartsWith;

TEST(Bench, PrintsALineOfJsonForEachEpoch) {
  for (const std::string job : {"ex1", "convnet", "mlp784", "mlp10"}) {
    const Finished run =
        run_minnow({"bench", "train", job, "--rows", "64", "--epochs", "2", "--batch", "16"});
    EXPECT_EQ(run.status, 0) << job;
    EXPECT_EQ(run.err, "") << job;
    std::istringstream lines(run.out);
    std::vector<double> losses;
    for (std::string line; std::getline(lines, line);) {
      const Config epoch = parse_json(line, "line");
      EXPECT_EQ(epoch["job"].string(), job);
      EXPECT_EQ(epoch["epoch"].number(), static_cast<double>(losses.size()));
      EXPECT_GT(epoch["samples_per_s"].number(), 0);
      losses.push_back(epoch["loss"].number());
    }
    ASSERT_EQ(losses.size(), 2U) << job;
    EXPECT_LT(losses[1], losses[0]) << job;
  }
}

TEST(Bench, NamesTheJobsThereAre) {
  const Finished run = run_minnow({"bench", "train", "mlp78"});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.err, StartsWith("minnow: InvalidArgument: [bench train] JOB: expected ex1, "
                                  "convnet, mlp784, mlp10, got 'mlp78'. Did you mean 'mlp784'?"));
}

TEST(Bench, WantsARow) {
  const Finished run = run_minnow({"bench", "train", "mlp10", "--rows", "0"});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.err,
              StartsWith("minnow: InvalidArgument: [bench train] --rows: expected at least 1, got "
                         "0."));
}

}  // namespace
}  // namespace minnow::testing
