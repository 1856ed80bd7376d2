// The command line itself: help, versions, and what cannot be read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/minnow/parse.h"
#include "tests/apps/program.h"
#include "tests/expect_error.h"

namespace minnow::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

void expect_usage_error(const std::vector<std::string>& arguments, const std::string& text) {
  const Finished run = run_minnow(arguments);
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(run.err, "minnow: InvalidArgument: " + text + "\n");
  EXPECT_EQ(run.out, "");
}

TEST(Usage, VersionAndHelpAreResults) {
  const Finished version = run_minnow({"--version"});
  EXPECT_EQ(version.status, 0);
  EXPECT_THAT(version.out, StartsWith("minnow 0."));
  const Finished help = run_minnow({"--help"});
  EXPECT_EQ(help.status, 0);
  for (auto word : {"fit", "evaluate", "predict", "summary", "example", "130 interrupted"}) {
    EXPECT_THAT(help.out, HasSubstr(word));
  }
  const Finished fit = run_minnow({"fit", "--help"});
  EXPECT_EQ(fit.status, 0);
  for (auto word : {"--validation-split", "--class-weight", "--batch-size N=32", "Examples:"}) {
    EXPECT_THAT(fit.out, HasSubstr(word));
  }
  EXPECT_EQ(help.err + fit.err + version.err, "");
}

TEST(Usage, NoCommandShowsTheHelpOnStandardError) {
  const Finished run = run_minnow({});
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(run.out, "");
  EXPECT_THAT(run.err, HasSubstr("evaluate"));
}

TEST(Usage, SlipsAreNamedWithWhatIsNearest) {
  expect_usage_error({"fti", "m.json"},
                     "[minnow] expected a command, got 'fti'. Did you mean 'fit'? See minnow "
                     "--help.");
  expect_usage_error({"fit", "m.json", "--epoch", "3"},
                     "[fit] expected known options, got '--epoch'. Did you mean '--epochs'? See "
                     "minnow fit --help.");
  expect_usage_error({"fit"}, "[fit] MODEL: expected a value, got none. See minnow fit --help.");
  expect_usage_error({"predict", "m.json"},
                     "[predict] --out: expected a value, got none. See minnow predict --help.");
  expect_usage_error({"example", "shapes"},
                     "[example] NAME: expected shape, dtype or scaling, got 'shapes'.");
}

TEST(Usage, ValuesThatCannotBeRead) {
  expect_usage_error({"fit", "m.json", "--epochs", "ten"},
                     "[fit] --epochs: expected a whole number, got 'ten'.");
  expect_usage_error({"fit", "m.json", "--threads", "1e99"},
                     "[fit] --threads: expected a whole number from -2147483648 to 2147483647, got "
                     "'1e99'.");
  expect_usage_error({"fit", "m.json", "--learning-rate", "fast"},
                     "[fit] --learning-rate: expected a number, got 'fast'.");
  expect_usage_error({"fit", "m.json", "--verbose", "3"},
                     "[fit] --verbose: expected 0, 1 or 2, got 3.");
  expect_usage_error({"fit", "m.json", "--x", "x.npy", "--dataset", "fashion-mnist"},
                     "[fit] expected a command line that can be read, got this: --x excludes "
                     "--dataset. See minnow fit --help.");
  for (auto scale : {"1/0", "0", "-1", "1/255/3", "nan", "inf"}) {
    expect_usage_error({"fit", "m.json", std::string("--scale=") + scale},
                       std::string("[fit] --scale: expected a number above 0, or a fraction such "
                                   "as 1/255, got '") +
                           scale + "'.");
  }
  for (auto weights : {"0", "0:", "0:1,", ",", "0:1,0:2", "a:1", "0:1;1:2"}) {
    expect_usage_error({"fit", "m.json", "--class-weight", weights},
                       std::string("[fit] --class-weight: expected each class once with its "
                                   "weight, such as 0:1,1:2.5, got '") +
                           weights + "'.");
  }
}

TEST(Parse, Values) {
  using apps::Argument;
  EXPECT_EQ(apps::scale_from(Argument{"fit", "--scale", "1/255"}), 1 / 255.F);
  EXPECT_EQ(apps::scale_from(Argument{"fit", "--scale", "0.5"}), 0.5F);
  const std::map<std::int64_t, float> weights{{0, 1.F}, {7, 2.5F}};
  EXPECT_EQ(apps::class_weight_from(Argument{"fit", "--class-weight", "0:1,7:2.5"}), weights);
  EXPECT_EQ(apps::integer_from<std::uint64_t>(Argument{"fit", "--seed", "18446744073709551615"}),
            UINT64_MAX);
  expect_error<InvalidArgument>(
      [] {
        apps::integer_from<std::uint64_t>(Argument{"fit", "--seed", "-1"});
      },
      "[fit] --seed: expected a whole number from 0 to 18446744073709551615, got '-1'.");
}

}  // namespace
}  // namespace minnow::testing
