#include "core/kernels/losses.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <string>

#include "core/parallel.h"
#include "tests/support/compare.h"
#include "tests/support/complex_step.h"
#include "tests/support/numbers.h"
#include "tests/support/oracle.h"

namespace minnow::test {
namespace {

using kernels::LossBatch;
using Complex = std::complex<double>;
template <class T>
using Row = std::vector<T>;

// A loss, its oracle, and what it is fed with.
struct Loss {
  std::string name;
  double (*kernel)(const Workers&, const LossBatch&);
  double (*value)(const Row<double>&, const Row<double>&);
  Complex (*complex_value)(const Row<Complex>&, const Row<double>&);
  bool sparse, on_logits;
};

std::vector<Loss> losses() {
  using namespace oracle;
  return {{"sparse softmax", kernels::softmax_crossentropy, softmax_crossentropy<double>,
           softmax_crossentropy<Complex>, true, true},
          {"dense softmax", kernels::softmax_crossentropy, softmax_crossentropy<double>,
           softmax_crossentropy<Complex>, false, true},
          {"sparse", kernels::sparse_crossentropy, sparse_crossentropy<double>,
           sparse_crossentropy<Complex>, true, false},
          {"dense", kernels::dense_crossentropy, dense_crossentropy<double>,
           dense_crossentropy<Complex>, false, false},
          {"sigmoid", kernels::sigmoid_crossentropy, sigmoid_crossentropy<double>,
           sigmoid_crossentropy<Complex>, false, true},
          {"binary", kernels::binary_crossentropy, binary_crossentropy<double>,
           binary_crossentropy<Complex>, false, false},
          {"squared", kernels::mean_squared_error, mean_squared_error<double>,
           mean_squared_error<Complex>, false, false}};
}

struct Batch {
  std::int64_t rows, cols;
  std::vector<float> p, targets, weights;
  std::vector<std::int32_t> labels;

  Batch(const Loss& loss, std::int64_t rows_, std::int64_t cols_)
      : rows(rows_),
        cols(cols_),
        p(loss.on_logits ? random_numbers(rows * cols, 1, -8, 8)
                         : random_numbers(rows * cols, 1, 0.01F, 0.99F)),
        targets(random_numbers(rows * cols, 2, 0, 1)),
        weights(random_numbers(rows, 3, 0.5F, 2)) {
    if (!loss.sparse) return;
    for (std::int64_t i = 0; i < rows; ++i) {
      labels.push_back(static_cast<std::int32_t>((i * 7 + 3) % cols));
    }
  }
  LossBatch view(bool weighted) const {
    LossBatch b{.rows = rows, .cols = cols, .prediction = p.data()};
    b.labels = labels.empty() ? nullptr : labels.data();
    b.targets = labels.empty() ? targets.data() : nullptr;
    b.weights = weighted ? weights.data() : nullptr;
    return b;
  }
  Row<double> target_row(std::int64_t i) const {
    Row<double> t(static_cast<std::size_t>(cols));
    if (labels.empty()) {
      std::copy_n(targets.begin() + i * cols, cols, t.begin());
    } else {
      t[static_cast<std::size_t>(labels[static_cast<std::size_t>(i)])] = 1;
    }
    return t;
  }
  Row<double> row(std::int64_t i) const {
    return Row<double>(p.begin() + i * cols, p.begin() + (i + 1) * cols);
  }
};

TEST(Losses, ValuesAndDeltasAgreeWithTheOracle) {
  for (const Loss& loss : losses()) {
    for (const std::int64_t rows : {0, 1, 3, 37}) {
      for (const std::int64_t cols : {1, 2, 10, 17}) {
        for (const bool weighted : {false, true}) {
          SCOPED_TRACE(loss.name);
          const Batch b(loss, rows, cols);
          LossBatch view = b.view(weighted);
          auto delta = all_nan(rows * cols);
          view.delta = delta.data();
          view.scale = 0.25F;
          double expected = 0;
          std::vector<double> slopes;
          for (std::int64_t i = 0; i < rows; ++i) {
            const double w = weighted ? b.weights[static_cast<std::size_t>(i)] : 1.0F;
            const auto t = b.target_row(i);
            expected += w * loss.value(b.row(i), t);
            const auto f = [&](const Row<Complex>& z) { return loss.complex_value(z, t); };
            for (const double slope : gradient(f, b.row(i))) slopes.push_back(0.25 * w * slope);
          }
          EXPECT_NEAR(loss.kernel(Workers(1), view), expected, 3e-7 * (1 + std::fabs(expected)));
          double scale = 0.01;
          for (const double s : slopes) scale = std::max(scale, std::fabs(s));
          EXPECT_TRUE(near_all(slopes, delta, 5e-7, {.scale = scale, .shape = {rows, cols}}));
          view.delta = nullptr;
          EXPECT_NEAR(loss.kernel(Workers(1), view), expected, 3e-7 * (1 + std::fabs(expected)));
        }
      }
    }
  }
}

TEST(Losses, OnLogitsLeaveProbabilitiesAlsoOverThePrediction) {
  for (const Loss& loss : losses()) {
    if (!loss.on_logits) continue;
    SCOPED_TRACE(loss.name);
    Batch b(loss, 5, 7);
    std::vector<double> expected = oracle::softmax(5, 7, 1, widen(b.p));
    if (loss.name == "sigmoid") {
      for (std::size_t i = 0; i < expected.size(); ++i) {
        expected[i] = oracle::sigmoid(static_cast<double>(b.p[i]));
      }
    }
    LossBatch view = b.view(false);
    auto apart = all_nan(35), delta = all_nan(35);
    view.probabilities = apart.data();
    view.delta = delta.data();
    const double value = loss.kernel(Workers(1), view);
    EXPECT_TRUE(near_each(expected, apart, 3e-6));

    auto delta_again = all_nan(35);
    view.probabilities = b.p.data();
    view.delta = delta_again.data();
    EXPECT_EQ(loss.kernel(Workers(1), view), value);
    EXPECT_TRUE(same_bits(apart, b.p));
    EXPECT_TRUE(same_bits(delta, delta_again));
  }
}

TEST(Losses, OnLogitsAreStableFarOut) {
  const std::vector<float> z = {1000, -1000, 0}, one_hot = {0, 1, 0};
  const std::vector<std::int32_t> label = {1};
  LossBatch b{.rows = 1, .cols = 3, .prediction = z.data(), .labels = label.data()};
  EXPECT_EQ(kernels::softmax_crossentropy(Workers(1), b), 2000);
  b.labels = nullptr;
  b.targets = one_hot.data();
  EXPECT_EQ(kernels::softmax_crossentropy(Workers(1), b), 2000);
  std::vector<float> delta(3);
  b.delta = delta.data();
  EXPECT_NEAR(kernels::sigmoid_crossentropy(Workers(1), b), (1000 + 1000 + std::log(2)) / 3, 1e-7);
  EXPECT_EQ(delta, (std::vector<float>{1.0F / 3, -1.0F / 3, 0.5F / 3}));
}

TEST(Losses, OnProbabilitiesClipAsKerasDoes) {
  const std::vector<float> p = {0, 1}, t = {1, 0};
  const std::vector<std::int32_t> label = {0};
  std::vector<float> delta(2, nan);
  LossBatch b{.rows = 1, .cols = 2, .prediction = p.data(), .delta = delta.data()};
  b.targets = t.data();
  EXPECT_NEAR(kernels::dense_crossentropy(Workers(1), b), 16.118095, 1e-5);
  EXPECT_EQ(delta, (std::vector<float>{0, 0}));
  // -log 1e-7 and -log 1.1920929e-7: the upper bound is float32's 1 - 1e-7.
  EXPECT_NEAR(kernels::binary_crossentropy(Workers(1), b), (16.118095 + 15.942385) / 2, 1e-5);
  EXPECT_EQ(delta, (std::vector<float>{0, 0}));
  b.labels = label.data();
  EXPECT_NEAR(kernels::sparse_crossentropy(Workers(1), b), 16.118095, 1e-5);
  EXPECT_EQ(delta, (std::vector<float>{0, 0}));
}

TEST(Losses, RowsOfWeightZeroCountNothingAndOthersShowNan) {
  for (const Loss& loss : losses()) {
    SCOPED_TRACE(loss.name);
    Batch b(loss, 3, 4);
    for (std::size_t j = 0; j < 4; ++j) b.p[4 + j] = j % 2 == 0 ? nan : inf;
    b.weights = {1, 0, 1};
    LossBatch view = b.view(true);
    auto delta = all_nan(12);
    view.delta = delta.data();
    EXPECT_TRUE(std::isfinite(loss.kernel(Workers(1), view)));
    for (std::size_t j = 0; j < 4; ++j) EXPECT_EQ(delta[4 + j], 0);
    for (const float d : delta) EXPECT_TRUE(std::isfinite(d));

    b.weights[1] = 0.5F;
    EXPECT_TRUE(std::isnan(loss.kernel(Workers(1), view)));
    b.p[4] = b.p[5] = b.p[6] = b.p[7] = 0.5F;
    b.p[7] = nan;
    EXPECT_TRUE(std::isnan(loss.kernel(Workers(1), view)));
  }
}

TEST(Losses, GiveTheSameBitsForAnyNumberOfThreads) {
  for (const Loss& loss : losses()) {
    SCOPED_TRACE(loss.name);
    const Batch b(loss, 3001, 10);
    const auto run = [&](int threads, double& value) {
      LossBatch view = b.view(true);
      auto delta = all_nan(30010);
      view.delta = delta.data();
      value = loss.kernel(Workers(threads), view);
      return delta;
    };
    double alone = 0, value = 0;
    const auto delta = run(1, alone);
    for (const int threads : {2, 3, 4, 7}) {
      EXPECT_TRUE(same_bits(delta, run(threads, value)));
      EXPECT_EQ(value, alone);
    }
  }
}

}  // namespace
}  // namespace minnow::test
