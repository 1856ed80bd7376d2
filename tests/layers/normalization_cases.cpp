// Rows of the contract test: normalisations.
#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "layers/batch_normalization.h"
#include "layers/layer_normalization.h"
#include "layers/normalization.h"
#include "tests/layers/case_oracles.h"
#include "tests/layers/layer_cases.h"

namespace minnow::test {
namespace {

Oracle batch_norm(std::int64_t cols, bool scale, bool center, bool moving) {
  return oracle_of([=](std::int64_t, const auto& x, const auto& weights) {
    auto y = x;
    const std::size_t mean = (scale ? 1U : 0U) + (center ? 1U : 0U);
    for (std::int64_t c = 0; !x.empty() && c < cols; ++c) {
      auto m = moments(x, c, static_cast<std::int64_t>(x.size()), cols);
      if (moving) m = {weights[mean][at(c)], weights[mean + 1][at(c)]};
      for (std::size_t i = at(c); i < y.size(); i += at(cols)) {
        y[i] = (x[i] - m.mean) / sqrt(m.variance + 1e-3);
        if (scale) y[i] *= weights[0][at(c)];
        if (center) y[i] += weights[scale ? 1U : 0U][at(c)];
      }
    }
    return y;
  });
}

Oracle layer_norm(std::int64_t cols, bool scale, bool center) {
  return oracle_of([=](std::int64_t, const auto& x, const auto& weights) {
    auto y = x;
    for (std::int64_t row = 0; row < static_cast<std::int64_t>(x.size()); row += cols) {
      const auto m = moments(x, row, row + cols, 1);
      for (std::int64_t c = 0; c < cols; ++c) {
        auto& v = y[at(row + c)];
        v = (v - m.mean) / sqrt(m.variance + 1e-3);
        if (scale) v *= weights[0][at(c)];
        if (center) v += weights[scale ? 1U : 0U][at(c)];
      }
    }
    return y;
  });
}

}  // namespace

void add_normalization_cases(std::vector<LayerCase>& cases) {
  const std::string scalar =
      "[BatchNormalization 'here'] input: expected at least rank 2 (N, ..., features), got (N,) "
      "from Dense 'before'.";
  const auto batch = [&](std::string name, auto make, const Shape& shape, bool scale, bool center) {
    const std::int64_t cols = shape.back();
    cases.push_back({std::move(name),
                     make,
                     shape,
                     shape,
                     batch_norm(cols, scale, center, false),
                     {{{}, scalar}},
                     {},
                     batch_norm(cols, scale, center, true)});
  };
  batch(
      "BatchNormalization", [] { return BatchNormalization(); }, {5}, true, true);
  batch(
      "BatchNormalizationOfImages", [] { return BatchNormalization({.axis = 3}); }, {3, 4, 7}, true,
      true);
  batch(
      "BatchNormalizationOfManyFeatures", [] { return BatchNormalization({.scale = false}); },
      {200}, false, true);
  batch(
      "BatchNormalizationWithoutCenter", [] { return BatchNormalization({.center = false}); },
      {2, 65}, true, false);
  batch(
      "BatchNormalizationPlain",
      [] { return BatchNormalization({.center = false, .scale = false}); }, {1}, false, false);

  cases.push_back({"LayerNormalization",
                   [] { return LayerNormalization(); },
                   {3, 20},
                   {3, 20},
                   layer_norm(20, true, true),
                   {{{},
                     "[LayerNormalization 'here'] input: expected a row with an axis -1, got (N,) "
                     "from Dense 'before'."}}});
  cases.push_back({"LayerNormalizationOfSeveralAxes",
                   [] {
                     return LayerNormalization({.axis = {-1, -2}, .scale = false});
                   },
                   {2, 3, 4},
                   {2, 3, 4},
                   layer_norm(12, false, true)});
  cases.push_back({"LayerNormalizationWithoutCenter",
                   [] { return LayerNormalization({.axis = {1}, .center = false}); },
                   {37},
                   {37},
                   layer_norm(37, true, false)});

  const auto standardized = [](auto place, bool invert) {
    return mapped([=](const auto& v, std::int64_t i, const auto& w) {
      const auto s = sqrt(w[1][at(place(i))]);
      return invert ? v * s + w[0][at(place(i))] : (v - w[0][at(place(i))]) / s;
    });
  };
  const auto by_feature = [](std::int64_t i) { return i % 4; };
  cases.push_back({"Normalization",
                   [] { return Normalization(); },
                   {3, 4},
                   {3, 4},
                   standardized(by_feature, false)});
  cases.push_back({"NormalizationInverted",
                   [] { return Normalization({.invert = true}); },
                   {3, 4},
                   {3, 4},
                   standardized(by_feature, true)});
  cases.push_back({"NormalizationOfAll",
                   [] { return Normalization({.axis = {}}); },
                   {3, 4},
                   {3, 4},
                   standardized([](std::int64_t) { return 0; }, false)});
  cases.push_back({"NormalizationAlongTheFirstAxis",
                   [] { return Normalization({.axis = {1}}); },
                   {3, 4},
                   {3, 4},
                   standardized([](std::int64_t i) { return i / 4 % 3; }, false)});
  cases.push_back({"NormalizationWithNumbers",
                   [] {
                     return Normalization({.mean = FloatOrList({1, -2}), .variance = {{4, 0.25F}}});
                   },
                   {3, 2},
                   {3, 2},
                   mapped([](const auto& v, std::int64_t i, const auto&) {
                     return i % 2 == 0 ? (v - 1.0) / 2.0 : (v + 2.0) / 0.5;
                   }),
                   {{{3},
                     "[Normalization 'here'] input: expected 2 places on the axes [-1], one for "
                     "each mean, got (N, 3) from Dense 'before'."}}});
}

}  // namespace minnow::test
