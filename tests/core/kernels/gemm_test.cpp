#include "core/kernels/gemm.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "core/parallel.h"
#include "tests/core/kernels/gemm_case.h"
#include "tests/support/compare.h"
#include "tests/support/guarded.h"
#include "tests/support/numbers.h"
#include "tests/support/oracle.h"

namespace minnow::test {
namespace {

using kernels::Epilogue;
using kernels::GemmSize;

testing::AssertionResult is_right(const GemmCase& c, int threads = 1) {
  const Outcome out = run(c, threads);
  if (!out.between_untouched) return testing::AssertionFailure() << "wrote between the rows of C";
  const double scale = std::max(1.0, static_cast<double>(c.size.k));
  return near_all(out.expected, out.actual, 2e-7, {.scale = scale, .shape = {c.size.m, c.size.n}})
         << fmt::format(" for {} x {} x {}, transposed {} {}, extra {}", c.size.m, c.size.n,
                        c.size.k, c.a_transposed, c.b_transposed, c.extra);
}

TEST(Gemm, IsRightForOddSizesAndEveryTransposition) {
  constexpr std::array<std::int64_t, 14> sizes = {0, 1, 2, 3, 5, 7, 8, 9, 16, 17, 31, 33, 64, 100};
  std::size_t turn = 0;
  for (const std::int64_t m : sizes) {
    for (const std::int64_t n : sizes) {
      for (int more = 0; more < 2; ++more) {
        const std::int64_t k = sizes[turn++ % sizes.size()];
        for (const int way : {0, 1, 2, 3}) {
          GemmCase c{.size = {m, n, k}, .a_transposed = way % 2 == 1, .b_transposed = way / 2 == 1};
          c.extra = static_cast<std::int64_t>(turn % 3);
          c.accumulate = turn % 5 == 0;
          ASSERT_TRUE(is_right(c));
        }
      }
    }
  }
}

TEST(Gemm, IsRightWhereItIsLarge) {
  for (const int way : {0, 1, 2, 3}) {
    for (const GemmSize size :
         {GemmSize{289, 256, 128}, GemmSize{97, 291, 300}, GemmSize{300, 273, 515},
          GemmSize{300, 272, 300},                            // of which a register is left
          GemmSize{11, 1030, 300}, GemmSize{9, 4100, 70},     // too few for AVX-512 to copy B
          GemmSize{3, 1030, 300}, GemmSize{7, 1030, 300},     // and for AVX2, or just enough
          GemmSize{300, 514, 401}, GemmSize{139, 260, 1021},  // A's rows are a page apart
          GemmSize{1021, 150, 200},                           // and its terms, transposed
          GemmSize{20, 1021, 850}}) {                         // B's rows are
      GemmCase c{.size = size, .a_transposed = way % 2 == 1, .b_transposed = way / 2 == 1};
      c.extra = 3;
      c.bias = true;
      c.activation = {ActivationKind::relu};
      EXPECT_TRUE(is_right(c));
      EXPECT_TRUE(is_right(c, 2));
      c.bias = false;
      c.activation = {};
      c.accumulate = true;
      EXPECT_TRUE(is_right(c));
    }
  }
}

TEST(Gemm, IsRightForFewTerms) {
  for (const int way : {0, 1, 2, 3}) {
    for (const GemmSize size : {GemmSize{1, 140, 3}, GemmSize{7, 129, 1}, GemmSize{33, 1100, 10},
                                GemmSize{300, 527, 16}, GemmSize{20, 150, 17}}) {
      GemmCase c{.size = size, .a_transposed = way % 2 == 1, .b_transposed = way / 2 == 1};
      c.extra = way;
      c.bias = true;
      c.activation = {way % 2 == 0 ? ActivationKind::relu : ActivationKind::tanh};
      EXPECT_TRUE(is_right(c));
      EXPECT_TRUE(is_right(c, 3));
      c.bias = false;
      c.accumulate = true;
      EXPECT_TRUE(is_right(c));
    }
  }
}

TEST(Gemm, IsRightBeyondOneBlock) {
  for (const int way : {0, 1, 2, 3}) {
    for (const GemmSize size :
         {GemmSize{5, 130, 513}, GemmSize{150, 273, 515}, GemmSize{67, 10, 600},
          GemmSize{9, 65, 385}, GemmSize{1, 77, 500}, GemmSize{40, 131, 400}, GemmSize{130, 3, 31},
          GemmSize{21, 300, 1100}}) {  // B from afar
      GemmCase c{.size = size, .a_transposed = way % 2 == 1, .b_transposed = way / 2 == 1};
      EXPECT_TRUE(is_right(c));
      c.accumulate = true;
      EXPECT_TRUE(is_right(c));
    }
  }
}

// A matrix times a vector, from either side.
TEST(Gemm, IsRightForOneRowAndOneColumn) {
  for (const int way : {0, 1, 2, 3}) {
    for (const GemmSize size :
         {GemmSize{1, 203, 70}, GemmSize{203, 1, 70}, GemmSize{2, 67, 65}, GemmSize{1, 16, 1},
          GemmSize{64, 1, 600}, GemmSize{1, 129, 0}, GemmSize{1, 1, 33}, GemmSize{1, 523, 303},
          GemmSize{1, 1101, 403},  // in pieces
          GemmSize{1, 2101, 77}, GemmSize{1, 13, 6003}}) {
      for (const bool accumulate : {false, true}) {
        GemmCase c{.size = size, .a_transposed = way % 2 == 1, .b_transposed = way / 2 == 1};
        c.accumulate = accumulate;
        c.extra = way;
        EXPECT_TRUE(is_right(c));
        c.bias = true;
        c.activation = {ActivationKind::relu};
        EXPECT_TRUE(is_right(c, 2));
        c.activation = {ActivationKind::tanh};
        EXPECT_TRUE(is_right(c));
      }
    }
  }
}

// Few columns and both operands in a row along k: dot products.
TEST(Gemm, IsRightForThinProducts) {
  for (const std::int64_t n : {1, 2, 3, 4, 5, 6, 7, 10, 13, 15, 16}) {
    for (const std::int64_t m : {1, 2, 3, 4, 7, 33, 300}) {
      for (const std::int64_t k : {33, 48, 64, 79, 101, 203, 513, 2047, 2100, 4500}) {
        if (m * k > 70000 && n % 5 != 0) continue;
        GemmCase c{.size = {m, n, k}, .b_transposed = true, .extra = m % 3, .bias = k % 2 == 0};
        c.activation.kind = m % 2 == 0 ? ActivationKind::relu : ActivationKind::tanh;
        ASSERT_TRUE(is_right(c));
        c.bias = false;
        c.accumulate = true;
        c.activation = {};
        ASSERT_TRUE(is_right(c));
      }
    }
  }
}

// Few rows, too, where both operands lie so.
TEST(Gemm, IsRightForFewRowsOfDotProducts) {
  for (const std::int64_t m : {1, 2, 3, 4, 5, 7, 8, 9, 10, 13, 16, 17, 32}) {
    for (const GemmSize size : {GemmSize{m, 16, 256}, GemmSize{m, 33, 400}, GemmSize{m, 10, 300},
                                GemmSize{m, 131, 2100}}) {
      GemmCase c{.size = size, .b_transposed = true, .extra = m % 3, .bias = m % 2 == 0};
      c.activation.kind = m % 2 == 0 ? ActivationKind::relu : ActivationKind::tanh;
      EXPECT_TRUE(is_right(c));
      EXPECT_TRUE(is_right(c, 2));
    }
  }
}

// Kernel gradients of narrow layers, which are computed as columns.
TEST(Gemm, IsRightForFewColumnsOfATransposedMatrix) {
  for (const std::int64_t n : {1, 2, 3, 5, 6, 7, 9, 10, 12, 15, 17, 20, 21, 23, 25}) {
    for (const std::int64_t m : {63, 64, 67, 255, 256, 257, 700}) {
      for (const std::int64_t k : {1, 9, 32, 65, 256, 600}) {
        GemmCase c{.size = {m, n, k}, .a_transposed = true};
        c.activation.kind = m % 2 == 0 ? ActivationKind::relu : ActivationKind::tanh;
        ASSERT_TRUE(is_right(c));
        c.accumulate = true;
        c.bias = m == 67;
        ASSERT_TRUE(is_right(c));
      }
    }
  }
  GemmCase afar{.size = {9000, 3, 33}, .a_transposed = true, .accumulate = true};
  EXPECT_TRUE(is_right(afar));
  afar.size.n = 10;
  EXPECT_TRUE(is_right(afar));
}

TEST(Gemm, AppliesBiasAndActivationOnceHoweverManyBlocks) {
  using enum ActivationKind;
  for (const ActivationKind kind :
       {linear, relu, sigmoid, tanh, softplus, elu, leaky_relu, silu, gelu, clipped_relu}) {
    for (const std::int64_t k : {0, 3, 300}) {
      for (const std::int64_t n : {1, 10, 70}) {
        GemmCase c{.size = {7, n, k}, .bias = true, .activation = {.kind = kind, .slope = 0.3F}};
        EXPECT_TRUE(is_right(c));
        c.bias = false;
        EXPECT_TRUE(is_right(c));
      }
    }
  }
}

// A gradient times a derivative has the bits that it has when the two come one after the other.
TEST(Gemm, MultipliesAGradientByADerivative) {
  const GemmSize sizes[] = {{300, 273, 515}, {33, 1100, 10}, {1, 140, 3},  {7, 4, 600},
                            {9, 65, 385},    {1, 203, 70},   {203, 1, 70}, {1, 1101, 403},
                            {32, 10, 5000},  {67, 70, 600},  {5, 33, 0},   {0, 3, 2}};
  for (const GemmSize& size : sizes) {
    const auto [m, n, k] = size;
    const std::int64_t stride = m == 203 ? n : n + 3;
    const auto a = random_numbers(m * k, 1), b = random_numbers(k * n, 2);
    const auto saved = random_numbers(m * stride, 3);
    for (const int way : {0, 1, 2, 3}) {
      const kernels::Operand left{a.data(), way % 2 == 1 ? m : k, way % 2 == 1};
      const kernels::Operand right{b.data(), way / 2 == 1 ? k : n, way / 2 == 1};
      auto plain = random_numbers(m * stride, 4);
      std::vector<float> untouched = plain;
      kernels::gemm(Workers(1), size, left, right, plain.data(), stride, false);
      for (const ActivationKind kind : {ActivationKind::relu, ActivationKind::gelu}) {
        auto expected = plain;
        for (std::int64_t i = 0; i < m; ++i) {
          kernels::activate_backward(Workers(1), {.kind = kind}, 1, n, saved.data() + i * stride,
                                     expected.data() + i * stride);
        }
        for (const int threads : {1, 2}) {
          auto c = untouched;
          bool finite = true;
          const kernels::Derivative derivative{{.kind = kind}, saved.data(), &finite};
          kernels::gemm(Workers(threads), size, left, right, c.data(), stride, false,
                        {.derivative = &derivative});
          EXPECT_TRUE(same_bits(expected, c)) << m << " x " << n << " x " << k << ", " << way;
          EXPECT_TRUE(finite);
        }
      }
    }
  }
}

// Even where relu's derivative is 0.
TEST(Gemm, TellsOfAGradientThatIsNotFinite) {
  for (const std::int64_t n : {9, 200}) {
    for (const float bad : {inf, -inf, nan}) {
      std::vector<float> a = {1, 1, 1};
      a[1] = bad;
      const std::vector<float> b(static_cast<std::size_t>(n), 1.0F);
      const auto saved = std::vector<float>(static_cast<std::size_t>(3 * n), -1.0F);
      auto c = all_nan(3 * n);
      bool finite = true;
      const kernels::Derivative derivative{{.kind = ActivationKind::relu}, saved.data(), &finite};
      kernels::gemm(Workers(1), {3, n, 1}, {a.data(), 1}, {b.data(), n}, c.data(), n, false,
                    {.derivative = &derivative});
      EXPECT_FALSE(finite);
      EXPECT_EQ(c, std::vector<float>(c.size(), 0.0F));
    }
  }
}

TEST(Gemm, LetsNanThroughRelu) {
  const std::vector<float> a = {std::numeric_limits<float>::quiet_NaN(), -1};
  const std::vector<float> b(9, 1.0F);
  auto c = std::vector<float>(18);
  kernels::gemm(Workers(1), {2, 9, 1}, {a.data(), 1}, {b.data(), 9}, c.data(), 9, false,
                {.activation = {.kind = ActivationKind::relu}});
  for (std::size_t j = 0; j < 9; ++j) {
    EXPECT_TRUE(std::isnan(c[j]));
    EXPECT_EQ(c[9 + j], 0.0F);
  }
}

TEST(Gemm, TouchesNothingBehindItsOperands) {
  for (const GemmSize size :
       {GemmSize{64, 10, 100}, GemmSize{300, 20, 50}, GemmSize{300, 10, 50}, GemmSize{70, 3, 9},
        GemmSize{40, 7, 33}, GemmSize{5, 70, 40}, GemmSize{30, 85, 21}, GemmSize{1, 33, 40},
        GemmSize{300, 150, 140}, GemmSize{70, 600, 30}, GemmSize{15, 1040, 260}}) {
    for (const int way : {0, 1, 2, 3}) {
      const Guarded a(random_numbers(size.m * size.k, 1)), b(random_numbers(size.k * size.n, 2));
      const Guarded c(random_numbers(size.m * size.n, 3));
      const kernels::Operand left{a.data(), way % 2 == 1 ? size.m : size.k, way % 2 == 1};
      const kernels::Operand right{b.data(), way / 2 == 1 ? size.k : size.n, way / 2 == 1};
      kernels::gemm(Workers(1), size, left, right, c.data(), size.n, /*accumulate=*/true);
      EXPECT_TRUE(std::isfinite(c.data()[0]));
    }
  }
}

RC_GTEST_PROP(Gemm, IsRightForAnything, ()) {
  const auto side = [] { return *rc::gen::inRange<std::int64_t>(0, 70); };
  GemmCase c{.size = {side(), side(), side()}};
  c.a_transposed = *rc::gen::arbitrary<bool>();
  c.b_transposed = *rc::gen::arbitrary<bool>();
  c.accumulate = *rc::gen::arbitrary<bool>();
  c.extra = *rc::gen::inRange<std::int64_t>(0, 5);
  if (!c.accumulate) {
    c.bias = *rc::gen::arbitrary<bool>();
    c.activation.kind = *rc::gen::element(ActivationKind::linear, ActivationKind::relu);
  }
  const auto result = is_right(c, *rc::gen::inRange(1, 4));
  if (!result) RC_FAIL(result.message());
}

}  // namespace
}  // namespace minnow::test
