#include "core/kernels/gemm.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "core/kernels/cpu_target.h"
#include "core/parallel.h"
#include "tests/support/compare.h"
#include "tests/support/guarded.h"
#include "tests/support/numbers.h"
#include "tests/support/oracle.h"

namespace minnow::test {
namespace {

using kernels::Epilogue;
using kernels::GemmSize;

// One product: dense operands, and how they lie in memory.
struct Case {
  GemmSize size;
  bool a_transposed = false, b_transposed = false;
  bool accumulate = false;
  std::int64_t extra = 0;  // numbers between rows that belong to nobody
  bool bias = false;
  ActivationFn activation = {};
};

// rows x cols numbers laid out with a stride, perhaps transposed; NaN where nobody should read.
struct Laid {
  std::vector<float> memory;
  kernels::Operand operand;
};
Laid lay_out(const std::vector<float>& dense, std::int64_t rows, std::int64_t cols, bool transposed,
             std::int64_t extra) {
  const std::int64_t stride = (transposed ? rows : cols) + extra;
  Laid laid{all_nan((transposed ? cols : rows) * stride), {}};
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < cols; ++j) {
      const std::int64_t at = transposed ? j * stride + i : i * stride + j;
      laid.memory[static_cast<std::size_t>(at)] = dense[static_cast<std::size_t>(i * cols + j)];
    }
  }
  laid.operand = {laid.memory.data(), stride, transposed};
  return laid;
}

struct Outcome {
  std::vector<double> expected;
  std::vector<float> actual;  // m x n
  bool between_untouched;     // what lies between the rows of C
};

Outcome run(const Case& c, int threads = 1) {
  const auto [m, n, k] = c.size;
  const auto a = random_numbers(m * k, 1), b = random_numbers(k * n, 2);
  const auto bias = random_numbers(n, 3), old = random_numbers(m * n, 4);
  const std::int64_t stride = n + c.extra;
  std::vector<float> memory = all_nan(m * stride);
  if (c.accumulate) memory = lay_out(old, m, n, false, c.extra).memory;
  const Laid laid_a = lay_out(a, m, k, c.a_transposed, c.extra);
  const Laid laid_b = lay_out(b, k, n, c.b_transposed, 2 * c.extra);
  const Epilogue epilogue{c.bias ? bias.data() : nullptr, c.activation};
  kernels::gemm(Workers(threads), c.size, laid_a.operand, laid_b.operand, memory.data(), stride,
                c.accumulate, epilogue);

  Outcome out{oracle::product(m, n, k, widen(a), widen(b)), {}, true};
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t j = 0; j < stride; ++j) {
      const float v = memory[static_cast<std::size_t>(i * stride + j)];
      if (j >= n) {
        out.between_untouched = out.between_untouched && std::isnan(v);
        continue;
      }
      double& e = out.expected[static_cast<std::size_t>(i * n + j)];
      if (c.accumulate) e += old[static_cast<std::size_t>(i * n + j)];
      if (c.bias) e += bias[static_cast<std::size_t>(j)];
      e = oracle::activate(c.activation, e);
      out.actual.push_back(v);
    }
  }
  return out;
}

testing::AssertionResult is_right(const Case& c, int threads = 1) {
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
          Case c{.size = {m, n, k}, .a_transposed = way % 2 == 1, .b_transposed = way / 2 == 1};
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
      Case c{.size = size, .a_transposed = way % 2 == 1, .b_transposed = way / 2 == 1};
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
      Case c{.size = size, .a_transposed = way % 2 == 1, .b_transposed = way / 2 == 1};
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
      Case c{.size = size, .a_transposed = way % 2 == 1, .b_transposed = way / 2 == 1};
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
        Case c{.size = size, .a_transposed = way % 2 == 1, .b_transposed = way / 2 == 1};
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
        Case c{.size = {m, n, k}, .b_transposed = true, .extra = m % 3, .bias = k % 2 == 0};
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

// Thin layers predict the same whatever else is in the batch; those of 2048 inputs and more are cut
// into pieces where there are few results.
TEST(Gemm, GivesARowOfAThinProductTheSameBitsInAnyBatch) {
  constexpr std::int64_t rows = 53, first = 5;
  for (const std::int64_t n : {1, 2, 3, 4, 5, 6, 8, 10, 13, 15}) {
    for (const std::int64_t k : {33, 48, 64, 100, 125, 128, 192, 200, 256, 300, 320, 500, 1999}) {
      const auto a = random_numbers(rows * k, 1), b = random_numbers(n * k, 2);
      const auto product = [&](std::int64_t from, std::int64_t m) {
        auto c = all_nan(m * n);
        kernels::gemm(Workers(1), {m, n, k}, {a.data() + from * k, k}, {b.data(), k, true},
                      c.data(), n, /*accumulate=*/false);
        return c;
      };
      const auto whole = product(0, rows);
      for (const std::int64_t m : {1, 2, 9, 17}) {
        const auto begin = whole.begin() + first * n;
        EXPECT_TRUE(same_bits(std::vector<float>(begin, begin + m * n), product(first, m)))
            << m << " x " << n << " x " << k;
      }
    }
  }
}

// Or few rows.
TEST(Gemm, IsRightForFewRowsOfDotProducts) {
  for (const std::int64_t m : {1, 2, 3, 4, 5, 7, 8, 9, 10, 13, 16, 17, 32}) {
    for (const GemmSize size : {GemmSize{m, 16, 256}, GemmSize{m, 33, 400}, GemmSize{m, 10, 300},
                                GemmSize{m, 131, 2100}}) {
      Case c{.size = size, .b_transposed = true, .extra = m % 3, .bias = m % 2 == 0};
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
        Case c{.size = {m, n, k}, .a_transposed = true};
        c.activation.kind = m % 2 == 0 ? ActivationKind::relu : ActivationKind::tanh;
        ASSERT_TRUE(is_right(c));
        c.accumulate = true;
        c.bias = m == 67;
        ASSERT_TRUE(is_right(c));
      }
    }
  }
  Case afar{.size = {9000, 3, 33}, .a_transposed = true, .accumulate = true};
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
        Case c{.size = {7, n, k}, .bias = true, .activation = {.kind = kind, .slope = 0.3F}};
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

TEST(Gemm, GivesTheSameBitsForAnyNumberOfThreads) {
  for (const GemmSize size :
       {GemmSize{61, 130, 300}, GemmSize{32, 10, 5000}, GemmSize{3000, 10, 32},
        GemmSize{32, 3001, 10}, GemmSize{1, 500, 400}, GemmSize{1, 700, 500}, GemmSize{8, 300, 700},
        GemmSize{49, 48, 900},  // of which the last of 7 threads has one row
        GemmSize{400, 1, 500}, GemmSize{500, 300, 500}, GemmSize{270, 290, 1024},
        GemmSize{1024, 130, 600}, GemmSize{16, 70, 400}, GemmSize{12, 10, 300},
        GemmSize{300, 10, 64}, GemmSize{300, 20, 900}, GemmSize{700, 3, 2100}}) {
    for (const int way : {0, 1, 2, 3}) {
      for (const bool accumulate : {false, true}) {
        const Case c{.size = size,
                     .a_transposed = way % 2 == 1,
                     .b_transposed = way / 2 == 1,
                     .accumulate = accumulate};
        const auto alone = run(c, 1).actual;
        for (const int threads : {2, 3, 4, 7}) {
          EXPECT_TRUE(same_bits(alone, run(c, threads).actual)) << threads << " threads";
        }
      }
    }
  }
}

TEST(Gemm, GivesTheSameBitsOnAvx2AndAvx512) {
  const std::string before(kernels::cpu_target());
  for (const GemmSize size : {GemmSize{61, 130, 300}, GemmSize{32, 10, 500}, GemmSize{13, 70, 400},
                              GemmSize{9, 33, 300}, GemmSize{32, 300, 10}, GemmSize{1, 500, 400},
                              GemmSize{8, 40, 190}, GemmSize{300, 1, 170}, GemmSize{270, 290, 520},
                              GemmSize{300, 6, 40}, GemmSize{90, 20, 50}, GemmSize{300, 8, 900}}) {
    for (const int way : {0, 1, 2, 3}) {
      const Case c{.size = size, .a_transposed = way % 2 == 1, .b_transposed = way / 2 == 1};
      if (!kernels::use_cpu_target("AVX3")) GTEST_SKIP() << "needs AVX-512";
      const auto wide = run(c).actual;
      ASSERT_TRUE(kernels::use_cpu_target("AVX2"));
      EXPECT_TRUE(same_bits(wide, run(c).actual))
          << size.m << " x " << size.n << " x " << size.k << ", " << way;
    }
  }
  kernels::use_cpu_target(before);
}

RC_GTEST_PROP(Gemm, IsRightForAnything, ()) {
  const auto side = [] { return *rc::gen::inRange<std::int64_t>(0, 70); };
  Case c{.size = {side(), side(), side()}};
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
