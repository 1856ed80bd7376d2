#include "core/kernels/updates.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/parallel.h"
#include "tests/support/compare.h"
#include "tests/support/numbers.h"
#include "tests/support/oracle.h"

namespace minnow::test {
namespace {

TEST(Updates, AdamFollowsTheOracle) {
  for (const std::int64_t n : {0, 1, 5, 37}) {
    auto w = random_numbers(n, 1);
    std::vector<float> m(w.size()), v(w.size());
    std::vector<oracle::Adam> expected(w.size());
    for (std::size_t i = 0; i < w.size(); ++i) expected[i].w = w[i];
    for (int t = 1; t <= 20; ++t) {
      const auto g = random_numbers(n, static_cast<unsigned>(100 + t), -2, 2);
      const auto rate = static_cast<float>(oracle::Adam{}.rate_of_step(t));
      kernels::adam_update(n, {rate, 0.1F, 0.001F, 1e-7F}, g.data(), w.data(), m.data(), v.data());
      std::vector<double> weights;
      for (std::size_t i = 0; i < w.size(); ++i) {
        expected[i].step(g[i]);
        weights.push_back(expected[i].w);
      }
      ASSERT_TRUE(near_all(weights, w, 3e-7)) << "step " << t;
    }
  }
}

TEST(Updates, AdamStandsStillWithoutGradient) {
  float w = 2, m = 0, v = 0;
  const float g = 0;
  kernels::adam_update(1, {0.001F, 0.1F, 0.001F, 1e-7F}, &g, &w, &m, &v);
  EXPECT_EQ(w, 2);
}

TEST(Updates, DescentWithAndWithoutMomentumFollowsTheOracle) {
  for (const bool nesterov : {false, true}) {
    for (const std::int64_t n : {0, 1, 5, 37}) {
      auto w = random_numbers(n, 2), plain = w;
      std::vector<float> velocity(w.size());
      std::vector<double> plain_expected = widen(w);
      std::vector<oracle::Momentum> expected(
          w.size(), {.learning_rate = 0.1, .momentum = 0.9, .nesterov = nesterov});
      for (std::size_t i = 0; i < w.size(); ++i) expected[i].w = w[i];
      for (unsigned t = 0; t < 10; ++t) {
        const auto g = random_numbers(n, 200 + t);
        kernels::momentum_update(n, 0.1F, 0.9F, nesterov, g.data(), w.data(), velocity.data());
        kernels::sgd_update(n, 0.1F, g.data(), plain.data());
        std::vector<double> weights;
        for (std::size_t i = 0; i < w.size(); ++i) {
          expected[i].step(g[i]);
          weights.push_back(expected[i].w);
          plain_expected[i] -= 0.1 * g[i];
        }
        ASSERT_TRUE(near_all(weights, w, 1e-6)) << "step " << t;
        ASSERT_TRUE(near_all(plain_expected, plain, 1e-6)) << "step " << t;
      }
    }
  }
}

// Twenty steps of `update` on n weights beside an oracle for each.
template <class Oracle, class Update>
void follows(const Oracle& oracle, double tolerance, Update update) {
  for (const std::int64_t n : {0, 1, 5, 37}) {
    auto w = random_numbers(n, 1);
    std::vector<Oracle> expected(w.size(), oracle);
    for (std::size_t i = 0; i < w.size(); ++i) expected[i].w = w[i];
    std::vector<std::vector<float>> slots(3, std::vector<float>(w.size()));
    for (int t = 1; t <= 20; ++t) {
      const auto g = random_numbers(n, static_cast<unsigned>(100 + t), -2, 2);
      update(t, n, g.data(), w.data(), slots);
      std::vector<double> weights;
      for (std::size_t i = 0; i < w.size(); ++i) {
        expected[i].step(g[i]);
        weights.push_back(expected[i].w);
      }
      ASSERT_TRUE(near_all(weights, w, tolerance, {.scale = 1})) << "step " << t;
    }
  }
}

using Slots = std::vector<std::vector<float>>;

TEST(Updates, AmsgradFollowsTheOracle) {
  const oracle::Adam adam{.beta_2 = 0.75, .amsgrad = true};
  follows(adam, 3e-7, [&](int t, std::int64_t n, const float* g, float* w, Slots& s) {
    kernels::amsgrad_update(n, {static_cast<float>(adam.rate_of_step(t)), 0.1F, 0.25F, 1e-7F}, g, w,
                            s[0].data(), s[1].data(), s[2].data());
  });
}

TEST(Updates, NadamFollowsTheOracle) {
  const oracle::Nadam nadam;
  double product = 1;
  int last = 0;
  follows(nadam, 1e-6, [&](int t, std::int64_t n, const float* g, float* w, Slots& s) {
    product = t == 1 ? 1 : product;
    if (t != last) product *= nadam.momentum(t);
    last = t;
    const double next = nadam.momentum(t + 1);
    kernels::nadam_update(
        n,
        {.rate = 1e-3F,
         .of_momentum = static_cast<float>(next / (1 - product * next)),
         .of_gradient = static_cast<float>((1 - nadam.momentum(t)) / (1 - product)),
         .correction = static_cast<float>(1 - std::pow(0.999, t)),
         .one_minus_beta_1 = 0.1F,
         .one_minus_beta_2 = 0.001F,
         .epsilon = 1e-7F},
        g, w, s[0].data(), s[1].data());
  });
}

TEST(Updates, RMSpropFollowsTheOracleWithAndWithoutMomentumAndMean) {
  for (const double momentum : {0.0, 0.5}) {
    for (const bool centered : {false, true}) {
      const oracle::RMSprop rmsprop{
          .learning_rate = 0.01, .momentum = momentum, .epsilon = 1e-3, .centered = centered};
      follows(rmsprop, 2e-6, [&](int, std::int64_t n, const float* g, float* w, Slots& s) {
        kernels::rmsprop_update(n, {0.01F, 0.9F, 0.1F, static_cast<float>(momentum), 1e-3F}, g, w,
                                s[0].data(), momentum > 0 ? s[1].data() : nullptr,
                                centered ? s[2].data() : nullptr);
      });
    }
  }
}

TEST(Updates, AdagradFollowsTheOracle) {
  follows(oracle::Adagrad{.learning_rate = 0.1, .accumulator = 0}, 1e-6,
          [&](int, std::int64_t n, const float* g, float* w, Slots& s) {
            kernels::adagrad_update(n, 0.1F, 1e-7F, g, w, s[0].data());
          });
}

TEST(Updates, DecayAndClipsAreWhatTheySay) {
  for (const std::int64_t n : {0, 1, 5, 37, 20'000}) {
    const auto start = random_numbers(n, 5, -2, 2);
    std::vector<double> decayed, scaled, halved, clipped;
    double squares = 0;
    for (const float v : start) {
      const double d = v;
      decayed.push_back(d - d * 0.25 * 0.5);
      scaled.push_back(d * 3 / 7);
      halved.push_back(d * 0.5);
      clipped.push_back(std::clamp(d, -0.75, 0.75));
      squares += d * d;
    }
    auto w = start, g = start, h = start, c = start;
    kernels::decay_update(n, 0.25F, 0.5F, w.data());
    kernels::scale_gradient(n, 3, 7, g.data());
    kernels::scale_gradient(n, 0.5F, 1, h.data());
    kernels::clip_gradient(n, 0.75F, c.data());
    EXPECT_TRUE(near_all(decayed, w, 1e-7));
    EXPECT_TRUE(near_all(scaled, g, 2e-7));
    EXPECT_TRUE(near_all(halved, h, 0));
    EXPECT_TRUE(near_all(clipped, c, 0));
    const double sum = kernels::sum_of_squares(Workers(1), n, start.data());
    EXPECT_NEAR(sum, squares, 1e-12 * squares);
    for (const int threads : {2, 3, 5}) {
      EXPECT_EQ(kernels::sum_of_squares(Workers(threads), n, start.data()), sum);
    }
  }
}

}  // namespace
}  // namespace minnow::test
