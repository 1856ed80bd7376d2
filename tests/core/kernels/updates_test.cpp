#include "core/kernels/updates.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace minnow::test
