// The rooms of the house and who may use whom, read off the #include lines.

#include "tests/include_rules.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace minnow::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Sources house() {
  return {{"core/shape.h", "#pragma once\n#include <string>\n"},
          {"core/tensor.h", "#include \"shape.h\"\n"},
          {"core/parallel.h", ""},
          {"core/parallel.cpp", "#include <omp.h>\n#pragma omp parallel\n"},
          {"core/kernels/gemm.h", "#include \"../parallel.h\"\n"},
          {"core/kernels/gemm.cpp",
           "#include \"core/kernels/gemm.h\"\n#include <hwy/highway.h>\n#include "
           "\"core/parallel.h\"\n"},
          {"core/graph/layer.h", "#include \"../kernels/gemm.h\"\n#include \"../tensor.h\"\n"},
          {"core/train/model.h", "#include \"../graph/layer.h\"\n"},
          {"layers/dense.h", "#include \"../core/graph/layer.h\"\n"},
          {"layers/dense.cpp", "#include \"layers/dense.h\"\n"},
          {"layers/flatten.h", ""},
          {"optim/adam.h", "#include \"../core/kernels/gemm.h\"\n"},
          {"registry/registry.cpp", "#include \"layers/dense.h\"\n"},
          {"interop/keras.cpp", "#include \"core/train/model.h\"\n"},
          {"minnow.h", "#include \"layers/dense.h\"\n"},
          {"apps/minnow/main.cpp", "#include \"minnow.h\"\n#include \"apps/minnow/fit.h\"\n"},
          {"apps/minnow/fit.h", "#include \"core/train/model.h\"\n"},
          {"apps/examples/shape.cpp", "#include <minnow/minnow.h>\n"},
          {"tests/apps/fit_test.cpp", "#include \"apps/minnow/fit.h\"\n"},
          {"bench/step.cpp", "#include \"core/train/model.h\"\n"}};
}

/// What the check says of the house with one file more.
std::vector<std::string> with(const std::string& path, const std::string& text) {
  Sources sources = house();
  sources[path] = text;
  return broken_include_rules(sources);
}

TEST(IncludeRules, TheHouseKeepsThem) {
  const Sources sources = read_sources(MINNOW_SOURCE_DIR);
  EXPECT_TRUE(sources.contains("core/shape.h")) << "looked in " << MINNOW_SOURCE_DIR;
  EXPECT_TRUE(sources.contains("tests/include_rules_test.cpp"));
  const auto broken = broken_include_rules(sources);
  EXPECT_TRUE(broken.empty()) << fmt::format("{}", fmt::join(broken, "\n"));
}

TEST(IncludeRulesSelfTest, ACleanHousePasses) {
  EXPECT_THAT(broken_include_rules(house()), IsEmpty());
}

TEST(IncludeRulesSelfTest, FindsARoomThatIsOutOfBounds) {
  EXPECT_THAT(with("core/ops.cpp", "\n#include \"layers/dense.h\"\n"),
              ElementsAre("core/ops.cpp:2: core must not include layers/dense.h"));
  EXPECT_THAT(with("core/shape.h", "#include \"graph/layer.h\"\n"),
              ElementsAre("core/shape.h:1: core must not include core/graph/layer.h"));
  EXPECT_THAT(with("core/kernels/pool.cpp", "#include \"core/tensor.h\"\n"),
              ElementsAre("core/kernels/pool.cpp:1: core/kernels must not include core/tensor.h"));
  EXPECT_THAT(with("core/train/fit.cpp", "#include \"core/kernels/gemm.h\"\n"),
              ElementsAre("core/train/fit.cpp:1: core/train must not include core/kernels/gemm.h"));
  EXPECT_THAT(with("core/train/fit.cpp", "#include \"layers/dense.h\"\n"),
              ElementsAre("core/train/fit.cpp:1: core/train must not include layers/dense.h"));
  EXPECT_THAT(with("layers/lstm.cpp", "#include \"core/train/model.h\"\n"),
              ElementsAre("layers/lstm.cpp:1: layers must not include core/train/model.h"));
  EXPECT_THAT(with("layers/lstm.cpp", "#include \"optim/adam.h\"\n"),
              ElementsAre("layers/lstm.cpp:1: layers must not include optim/adam.h"));
  EXPECT_THAT(with("data/csv.h", "#include \"../core/graph/layer.h\"\n"),
              ElementsAre("data/csv.h:1: data must not include core/graph/layer.h"));
  EXPECT_THAT(with("interop/onnx.cpp", "#include \"apps/minnow/fit.h\"\n"),
              ElementsAre("interop/onnx.cpp:1: interop must not include apps/minnow/fit.h"));
  EXPECT_THAT(with("layers/lstm.cpp", "#include \"minnow.h\"\n"),
              ElementsAre("layers/lstm.cpp:1: layers must not include minnow.h"));
}

TEST(IncludeRulesSelfTest, FindsALayerThatIncludesItsNeighbour) {
  EXPECT_THAT(with("layers/lstm.h", "#include \"dense.h\"\n"),
              ElementsAre("layers/lstm.h:1: layers/lstm.h must not include its neighbour "
                          "layers/dense.h"));
}

TEST(IncludeRulesSelfTest, FindsAnIncludeThatIsNotReadByItsTextAlone) {
  EXPECT_THAT(with("core/tensor.h", "#include \"core/shape.h\"\n"),
              ElementsAre("core/tensor.h:1: \"core/shape.h\" names no file: a header includes by "
                          "relative path"));
  EXPECT_THAT(with("core/shape.cpp", "#include \"shape.h\"\n"),
              ElementsAre("core/shape.cpp:1: \"shape.h\" names no file: a source includes from "
                          "the root"));
  EXPECT_THAT(with("core/graph/plan.cpp", "#include \"core/graph/../shape.h\"\n"),
              ElementsAre("core/graph/plan.cpp:1: expected an include from the root, got "
                          "\"core/graph/../shape.h\""));
  EXPECT_THAT(with("core/shape.cpp", "#include <minnow/core/shape.h>\n"),
              ElementsAre("core/shape.cpp:1: expected an include from the root, got "
                          "<minnow/core/shape.h>"));
  EXPECT_THAT(with("apps/examples/dtype.cpp", "#include <minnow/mino.h>\n"),
              ElementsAre("apps/examples/dtype.cpp:1: <minnow/mino.h> names no file"));
}

TEST(IncludeRulesSelfTest, FindsOpenMpSimdAndEigenOutsideTheirPlace) {
  EXPECT_THAT(with("core/ops.cpp", "  #  pragma omp parallel\n"),
              ElementsAre("core/ops.cpp:1: only core/parallel names OpenMP"));
  EXPECT_THAT(with("core/kernels/pool.cpp", "#include <omp.h>\n"),
              ElementsAre("core/kernels/pool.cpp:1: only core/parallel names OpenMP"));
  EXPECT_THAT(with("layers/lstm.cpp", "#include <hwy/highway.h>\n"),
              ElementsAre("layers/lstm.cpp:1: only core/kernels has SIMD: <hwy/highway.h>"));
  EXPECT_THAT(with("core/ops.cpp", "#include <immintrin.h>\n"),
              ElementsAre("core/ops.cpp:1: only core/kernels has SIMD: <immintrin.h>"));
  EXPECT_THAT(with("core/ops.h", "#include <Eigen/Core>\n"),
              ElementsAre("core/ops.h:1: the one header that may include Eigen is core/eigen.h"));
}

}  // namespace
}  // namespace minnow::test
