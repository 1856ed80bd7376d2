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

double quarter_huber(const Workers& workers, const LossBatch& batch) {
  return kernels::huber(workers, batch, 0.25F);
}

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
           mean_squared_error<Complex>, false, false},
          {"absolute", kernels::mean_absolute_error, mean_absolute_error<double>,
           mean_absolute_error<Complex>, false, false},
          {"percentage", kernels::mean_absolute_percentage_error,
           mean_absolute_percentage_error<double>, mean_absolute_percentage_error<Complex>, false,
           false},
          {"logarithmic", kernels::mean_squared_logarithmic_error,
           mean_squared_logarithmic_error<double>, mean_squared_logarithmic_error<Complex>, false,
           false},
          {"huber", quarter_huber, huber<double>, huber<Complex>, false, false},
          {"log-cosh", kernels::log_cosh, log_cosh<double>, log_cosh<Complex>, false, false},
          {"hinge", kernels::hinge, hinge<double>, hinge<Complex>, false, false},
          {"squared hinge", kernels::squared_hinge, squared_hinge<double>, squared_hinge<Complex>,
           false, false},
          {"categorical hinge", kernels::categorical_hinge, categorical_hinge<double>,
           categorical_hinge<Complex>, false, false},
          {"divergence", kernels::kl_divergence, kl_divergence<double>, kl_divergence<Complex>,
           false, false},
          {"poisson", kernels::poisson, poisson<double>, poisson<Complex>, false, false}};
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

TEST(Losses, SmoothedTargetsAreTargets) {
  for (const Loss& loss : losses()) {
    const bool smooths = loss.name == "dense softmax" || loss.name == "dense" ||
                         loss.name == "sigmoid" || loss.name == "binary";
    if (!smooths) continue;
    SCOPED_TRACE(loss.name);
    Batch b(loss, 5, 7);
    LossBatch view = b.view(true);
    auto delta = all_nan(35), expected_delta = all_nan(35);
    view.delta = delta.data();
    view.target_factor = 0.75;
    view.target_offset = 0.125;
    const double value = loss.kernel(Workers(1), view);
    for (float& t : b.targets) t = 0.75F * t + 0.125F;
    LossBatch plain = b.view(true);
    plain.delta = expected_delta.data();
    EXPECT_NEAR(value, loss.kernel(Workers(1), plain), 1e-6);
    EXPECT_TRUE(near_all(expected_delta, delta, 1e-6));
  }
}

TEST(Losses, HingesReadZerosAndOnesAsSides) {
  const std::vector<float> p = {0.5F, -0.25F, 0.5F, 2}, binary = {0, 1, 1, 1},
                           sides = {-1, 1, 1, 1};
  for (const auto hinge : {kernels::hinge, kernels::squared_hinge}) {
    std::vector<float> delta(4), same(4);
    LossBatch b{.rows = 2, .cols = 2, .prediction = p.data(), .targets = sides.data()};
    b.delta = same.data();
    const double value = hinge(Workers(1), b);
    b.targets = binary.data();
    b.delta = delta.data();
    EXPECT_EQ(hinge(Workers(1), b), value);
    EXPECT_TRUE(same_bits(same, delta));
  }
  EXPECT_EQ(kernels::hinge(Workers(1),
                           {.rows = 2, .cols = 2, .prediction = p.data(), .targets = sides.data()}),
            (1.5 + 1.25) / 2 + (0.5 + 0) / 2);
}

TEST(Losses, CornersAreTensorFlows) {
  const std::vector<float> p = {0.5F, 0.5F, 0.5F}, same = {0.5F, 0.5F, 0.5F}, none = {0, 0, 0};
  std::vector<float> delta(3, nan);
  LossBatch b{.rows = 1, .cols = 3, .prediction = p.data(), .targets = same.data()};
  b.delta = delta.data();
  EXPECT_EQ(kernels::mean_absolute_error(Workers(1), b), 0);
  EXPECT_EQ(delta, (std::vector<float>{0, 0, 0}));
  EXPECT_EQ(kernels::log_cosh(Workers(1), b), 0);
  EXPECT_EQ(delta, (std::vector<float>{0, 0, 0}));
  b.targets = none.data();  // three equal scores share the slope
  EXPECT_EQ(kernels::categorical_hinge(Workers(1), b), 1.5);
  EXPECT_TRUE(near_all(std::vector<double>(3, 1.0 / 3), delta, 1e-7));
  const std::vector<float> outside = {-1, 0, 2};
  b.prediction = outside.data();
  kernels::kl_divergence(Workers(1), b);
  EXPECT_EQ(delta, (std::vector<float>{0, 0, 0}));
  kernels::mean_squared_logarithmic_error(Workers(1), b);
  EXPECT_EQ(delta[0], 0);
  EXPECT_EQ(delta[1], 0);
  EXPECT_NE(delta[2], 0);
}

TEST(Losses, LogCoshIsExactFarOutAndNearZero) {
  const std::vector<float> p = {1000, -1000, 1e-3F}, t = {0, 0, 0};
  std::vector<float> delta(3);
  LossBatch b{.rows = 3, .cols = 1, .prediction = p.data(), .targets = t.data()};
  b.delta = delta.data();
  EXPECT_NEAR(kernels::log_cosh(Workers(1), b), 2000 - 2 * std::log(2) + 5e-7, 1e-9);
  EXPECT_EQ(delta[0], 1);
  EXPECT_EQ(delta[1], -1);
  EXPECT_NEAR(delta[2], 1e-3, 1e-9);
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
