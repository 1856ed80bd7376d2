// Regularizers and constraints as values: names, settings, what they do to numbers.
#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <vector>

#include "core/error.h"
#include "core/graph/constraint.h"
#include "core/graph/parameters.h"
#include "core/graph/regularizer.h"
#include "core/kernels/penalty.h"
#include "tests/expect_error.h"
#include "tests/support/compare.h"
#include "tests/support/complex_step.h"
#include "tests/support/numbers.h"

namespace minnow {
namespace {

using test::near_all;
using test::random_numbers;
using test::same_bits;
using test::widen;

TEST(Regularizer, KnowsKerasNames) {
  EXPECT_FALSE(Regularizer());
  EXPECT_EQ(Regularizer().class_name(), "");
  for (const auto name : {"l1", "L1"}) {
    EXPECT_EQ(Regularizer(name).class_name(), "L1");
    EXPECT_EQ(Regularizer(name).l1_factor(), 0.01F);
    EXPECT_EQ(Regularizer(name).l2_factor(), 0);
  }
  EXPECT_EQ(Regularizer("l2").l2_factor(), 0.01F);
  for (const auto name : {"l1_l2", "l1l2", "L1L2"}) {
    EXPECT_EQ(Regularizer(name).class_name(), "L1L2");
    EXPECT_EQ(Regularizer(name).l1_factor(), 0);
    EXPECT_EQ(Regularizer(name).l2_factor(), 0);
  }
  expect_error<InvalidArgument>([] { Regularizer("l3"); },
                                "[regularizer] expected the name of a regularizer, got 'l3'. "
                                "Known: l1, l2, l1_l2.");
}

TEST(Regularizer, WritesAndReadsKerasConfig) {
  EXPECT_EQ(Regularizer::l1(0.1F).config().str(), R"({"l1":0.1})");
  EXPECT_EQ(Regularizer::l2(0.25F).config().str(), R"({"l2":0.25})");
  EXPECT_EQ(Regularizer::l1_l2(0.5F, 0.125F).config().str(), R"({"l1":0.5,"l2":0.125})");
  for (const Regularizer& r : {Regularizer::l1(0.5F), Regularizer::l2(0), Regularizer("l2"),
                               Regularizer::l1_l2(0.5F, 0.25F)}) {
    const Regularizer again = Regularizer::from_config(r.class_name(), r.config());
    EXPECT_EQ(again.class_name(), r.class_name());
    EXPECT_EQ(again.config(), r.config());
  }
}

TEST(Regularizer, RefusesSettings) {
  expect_error<InvalidArgument>([] { Regularizer::l1(-1); },
                                "[L1] l1: expected a finite number of at least 0, got -1.");
  expect_error<InvalidArgument>([] { Regularizer::l2(INFINITY); },
                                "[L2] l2: expected a finite number of at least 0, got inf.");
  expect_error<InvalidArgument>([] { Regularizer::l1_l2(0, NAN); },
                                "[L1L2] l2: expected a finite number of at least 0, got nan.");
  expect_error<Unimplemented>(
      [] {
        Regularizer::from_config("L1", Config::object({{"l2", 0.5}}));
      },
      "[L1] 'l2' = 0.5 is not supported. Supported: l1.");
}

TEST(Penalty, AndItsGradientFollowTheFormula) {
  for (const std::int64_t n : {0, 1, 7, 1001}) {
    for (const kernels::Penalty p : {kernels::Penalty{0.25F, 0}, {0, 0.5F}, {0.125F, 0.75F}}) {
      const auto w = random_numbers(n, 1), start = random_numbers(n, 2);
      const double l1 = p.l1, l2 = p.l2;
      const auto oracle = [&](const auto& x) {
        auto sum = typename std::decay_t<decltype(x)>::value_type{};
        for (const auto& v : x) sum += (test::real_part(v) < 0 ? -l1 : l1) * v + l2 * v * v;
        return sum;
      };
      EXPECT_NEAR(kernels::penalty(Workers(1), n, p, w.data()), oracle(widen(w)), 1e-9);
      auto g = start;
      kernels::add_penalty_gradient(Workers(1), n, p, w.data(), g.data());
      auto expected = test::gradient(oracle, widen(w));
      for (std::size_t i = 0; i < w.size(); ++i) expected[i] += static_cast<double>(start[i]);
      EXPECT_TRUE(near_all(expected, g, 3e-7));
    }
  }
}

TEST(Penalty, HasNoSlopeAtZero) {
  const float w = 0;
  float g = 0.5F;
  kernels::add_penalty_gradient(Workers(1), 1, {1, 1}, &w, &g);
  EXPECT_EQ(g, 0.5F);
}

TEST(Penalty, GivesTheSameBitsForAnyNumberOfThreads) {
  const auto w = random_numbers(300'007, 3);
  const auto run = [&](int threads, double& value) {
    std::vector<float> g(w.size());
    value = kernels::penalty(Workers(threads), 300'007, {0.1F, 0.2F}, w.data());
    kernels::add_penalty_gradient(Workers(threads), 300'007, {0.1F, 0.2F}, w.data(), g.data());
    return g;
  };
  double alone = 0, value = 0;
  const auto g = run(1, alone);
  for (const int threads : {2, 3, 5}) {
    EXPECT_TRUE(same_bits(g, run(threads, value)));
    EXPECT_EQ(value, alone);
  }
}

TEST(Constraint, KnowsKerasNames) {
  EXPECT_FALSE(Constraint());
  EXPECT_EQ(Constraint("max_norm").config().str(), R"({"max_value":2.0,"axis":0})");
  EXPECT_EQ(Constraint("MaxNorm").class_name(), "MaxNorm");
  EXPECT_EQ(Constraint("non_neg").class_name(), "NonNeg");
  EXPECT_EQ(Constraint("NonNeg").config().str(), "{}");
  EXPECT_EQ(Constraint("unit_norm").config().str(), R"({"axis":0})");
  EXPECT_EQ(Constraint("min_max_norm").config().str(),
            R"({"min_value":0.0,"max_value":1.0,"rate":1.0,"axis":0})");
  expect_error<InvalidArgument>(
      [] { Constraint("max_nrom"); },
      "[constraint] expected the name of a constraint, got 'max_nrom'. Did you mean 'max_norm'? "
      "Known: max_norm, non_neg, unit_norm, min_max_norm.");
}

TEST(Constraint, ComesBackFromItsConfig) {
  EXPECT_EQ(Constraint::max_norm(3, {0, 1, 2}).config().str(),
            R"({"max_value":3.0,"axis":[0,1,2]})");
  for (const Constraint& c :
       {Constraint::max_norm(0.5F, {-1}), Constraint::non_neg(), Constraint::unit_norm({0, 1}),
        Constraint::min_max_norm(0.25F, 0.5F, 0.75F, {1})}) {
    const Constraint again = Constraint::from_config(c.class_name(), c.config());
    EXPECT_EQ(again.class_name(), c.class_name());
    EXPECT_EQ(again.config(), c.config());
  }
}

TEST(Constraint, RefusesSettings) {
  expect_error<InvalidArgument>(
      [] { Constraint::max_norm(-2); },
      "[MaxNorm] max_value: expected a finite number of at least 0, got -2.");
  expect_error<InvalidArgument>([] { Constraint::unit_norm({}); },
                                "[UnitNorm] axes: expected at least one axis, got none.");
  expect_error<InvalidArgument>([] { Constraint::min_max_norm(2, 1); },
                                "[MinMaxNorm] expected min_value <= max_value, got 2 and 1.");
  expect_error<InvalidArgument>([] { Constraint::min_max_norm(0, 1, 2); },
                                "[MinMaxNorm] rate: expected a number in [0, 1], got 2.");
  const Shape kernel{3, 4};
  EXPECT_EQ(Constraint::max_norm(1, {2}).wrong_axes(kernel), "axes in [-2, 2)");
  EXPECT_EQ(Constraint::max_norm(1, {0, -2}).wrong_axes(kernel), "every axis once");
  EXPECT_EQ(Constraint::max_norm(1, {-1}).wrong_axes(kernel), "");
  EXPECT_EQ(Constraint::non_neg().wrong_axes(kernel), "");
}

// The definition, by index: in double, but for Keras's epsilon.
std::vector<double> constrained(const Constraint& c, const Shape& shape,
                                const std::vector<float>& w) {
  const auto is_along = [&](int axis) {
    for (const std::int64_t a : c.axes()) {
      if ((a < 0 ? a + shape.rank() : a) == axis) return true;
    }
    return false;
  };
  const auto group_of = [&](std::int64_t index) {
    std::int64_t group = 0, factor = 1;
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      if (!is_along(axis)) {
        group += index % shape[axis] * factor;
        factor *= shape[axis];
      }
      index /= shape[axis];
    }
    return static_cast<std::size_t>(group);
  };
  std::vector<double> norms(w.size()), result;
  for (std::size_t i = 0; i < w.size(); ++i) {
    norms[group_of(static_cast<std::int64_t>(i))] += static_cast<double>(w[i]) * w[i];
  }
  for (std::size_t i = 0; i < w.size(); ++i) {
    const double norm = std::sqrt(norms[group_of(static_cast<std::int64_t>(i))]);
    const double clipped =
        std::clamp(norm, static_cast<double>(c.min_value()), static_cast<double>(c.max_value()));
    const double rate = c.rate();
    const double factor = (rate * clipped + (1 - rate) * norm) / (norm + 1e-7);
    result.push_back(c.of_norms() ? w[i] * factor : std::max(0.0, static_cast<double>(w[i])));
  }
  return result;
}

TEST(Constraint, FollowsItsDefinitionOnAnyAxes) {
  const std::vector<Constraint> constraints = {
      Constraint::max_norm(0.7F, {0}),        Constraint::max_norm(0.7F, {1}),
      Constraint::max_norm(0.7F, {0, -1}),    Constraint::unit_norm({-1}),
      Constraint::min_max_norm(1, 2, 0.75F),  Constraint::non_neg(),
      Constraint::min_max_norm(1, 2, 1, {1}), Constraint::unit_norm({0, 1})};
  for (const Constraint& c : constraints) {
    for (const Shape& shape : {Shape{5, 7}, Shape{3, 2, 4, 301}, Shape{300, 2}, Shape{2, 9, 3}}) {
      SCOPED_TRACE(std::string(c.class_name()) + c.config().str() + shape.str());
      const auto start = random_numbers(shape.numel(), 4);
      const auto expected = constrained(c, shape, start);
      for (const int threads : {1, 3}) {
        auto w = start;
        constrain(Workers(threads),
                  {.name = "w", .shape = shape, .initializer = "zeros", .constraint = c}, w.data());
        EXPECT_TRUE(near_all(expected, w, 4e-7));
      }
      if (shape.rank() != 2) continue;
      const WeightSpec turned{.name = "w",
                              .shape = shape,
                              .initializer = "zeros",
                              .stored_transposed = true,
                              .constraint = c};
      std::vector<float> memory(start.size()), w(start.size());
      to_memory(turned, start.data(), memory.data());
      constrain(Workers(1), turned, memory.data());
      from_memory(turned, memory.data(), w.data());
      EXPECT_TRUE(near_all(expected, w, 4e-7)) << "transposed";
    }
  }
}

TEST(Constraint, KeepsZerosAndRoundsAsKerasDoes) {
  std::vector<float> w = {0, 0, 0};
  constrain(Workers(1),
            {.name = "w", .shape = {3}, .initializer = "zeros", .constraint = "unit_norm"},
            w.data());
  EXPECT_EQ(w, (std::vector<float>{0, 0, 0}));
  // A norm within the bound shrinks a little all the same: 0.5 / (0.5 + 1e-7).
  w = {0.5F, 0, 0};
  constrain(Workers(1),
            {.name = "w", .shape = {3}, .initializer = "zeros", .constraint = "max_norm"},
            w.data());
  EXPECT_EQ(w[0], 0.5F * (0.5F / (0.5F + 1e-7F)));
  EXPECT_LT(w[0], 0.5F);
}

}  // namespace
}  // namespace minnow
