// Rows of the contract test: layers of several inputs.
#include <string>
#include <utility>

#include "layers/concatenate.h"
#include "layers/merge.h"
#include "tests/layers/case_oracles.h"
#include "tests/layers/layer_cases.h"

namespace minnow::test {
namespace {

// y[i] of the numbers of two inputs under it; places of the second by `under`.
template <class F, class U>
Oracle merged(std::int64_t numel, std::int64_t second, U under, F f) {
  return oracle_of([=](std::int64_t rows, const auto& x, const auto&) {
    typename std::decay_t<decltype(x)> y(at(rows * numel));
    for (std::int64_t i = 0; i < rows * numel; ++i) {
      y[at(i)] = f(x[at(i)], x[at(rows * numel + i / numel * second + under(i % numel))]);
    }
    return y;
  });
}

void add_merges(std::vector<LayerCase>& cases) {
  const auto same = [](std::int64_t i) { return i; };
  const Shape shape{3, 4};
  const auto sum = [](const auto& a, const auto& b) { return a + b; };
  const auto product = [](const auto& a, const auto& b) { return a * b; };
  const auto larger = [](const auto& a, const auto& b) {
    return real_part(a) >= real_part(b) ? a : b;
  };
  const auto smaller = [](const auto& a, const auto& b) {
    return real_part(a) <= real_part(b) ? a : b;
  };
  cases.push_back(
      {"Add", [] { return Add(); }, shape, shape, merged(12, 12, same, sum), {}, {shape}});
  cases.push_back({"Subtract",
                   [] { return Subtract(); },
                   shape,
                   shape,
                   merged(12, 12, same, [](const auto& a, const auto& b) { return a - b; }),
                   {},
                   {shape}});
  cases.push_back({"Multiply",
                   [] { return Multiply(); },
                   shape,
                   shape,
                   merged(12, 12, same, product),
                   {},
                   {shape}});
  cases.push_back({"Average",
                   [] { return Average(); },
                   shape,
                   shape,
                   merged(12, 12, same, [](const auto& a, const auto& b) { return (a + b) / 2.0; }),
                   {},
                   {shape}});
  cases.push_back({"Maximum",
                   [] { return Maximum(); },
                   shape,
                   shape,
                   merged(12, 12, same, larger),
                   {},
                   {shape}});
  cases.push_back({"Minimum",
                   [] { return Minimum(); },
                   shape,
                   shape,
                   merged(12, 12, same, smaller),
                   {},
                   {shape}});
  cases.push_back({"AddOfOne",
                   [] { return Add(); },
                   {2},
                   {2},
                   oracle_of([](std::int64_t, const auto& x, const auto&) { return x; })});
  cases.back().takes_several = true;
  // As a squeeze and excitation does.
  cases.push_back({"MultiplyByChannel",
                   [] { return Multiply(); },
                   {2, 3, 5},
                   {2, 3, 5},
                   merged(
                       30, 5, [](std::int64_t i) { return i % 5; }, product),
                   {{{2, 3, 4},
                     "[Multiply 'here'] input: expected (N, 2, 3, 4) or what broadcasts with it, "
                     "got (N, 1, 1, 5) from Dense 'other'."}},
                   {{1, 1, 5}}});
  cases.push_back({"AddOfAShorterRow",
                   [] { return Add(); },
                   {2, 3, 5},
                   {2, 3, 5},
                   merged(
                       30, 15, [](std::int64_t i) { return i % 15; }, sum),
                   {},
                   {{3, 5}}});
  cases.push_back({"MaximumAlongTheMiddle",
                   [] { return Maximum(); },
                   {20, 3, 10},
                   {20, 3, 10},
                   merged(
                       600, 200, [](std::int64_t i) { return i / 30 * 10 + i % 10; }, larger),
                   {},
                   {{20, 1, 10}}});
  const auto add_three = [&](std::string name, auto make, auto join) {
    const auto three = oracle_of([join](std::int64_t, const auto& x, const auto&) {
      const std::size_t n = x.size() / 3;
      typename std::decay_t<decltype(x)> y(n);
      for (std::size_t i = 0; i < n; ++i) y[i] = join(join(x[i], x[n + i]), x[2 * n + i]);
      return y;
    });
    cases.push_back({std::move(name), make, shape, shape, three, {}, {shape, shape}});
  };
  add_three(
      "AddOfThree", [] { return Add(); }, sum);
  add_three(
      "MultiplyOfThree", [] { return Multiply(); }, product);
  add_three(
      "MaximumOfThree", [] { return Maximum(); }, larger);
  add_three(
      "MinimumOfThree", [] { return Minimum(); }, smaller);
}

// The inputs of 2 x n x 3 numbers for each n, joined along the middle axis.
Oracle joined(std::vector<std::int64_t> parts) {
  return oracle_of([=](std::int64_t rows, const auto& x, const auto&) {
    typename std::decay_t<decltype(x)> y;
    for (std::int64_t piece = 0; piece < rows * 2; ++piece) {
      std::int64_t before = 0;
      for (const std::int64_t n : parts) {
        const auto from = x.begin() + before * rows + piece * n * 3;
        y.insert(y.end(), from, from + n * 3);
        before += 2 * n * 3;
      }
    }
    return y;
  });
}

void add_concatenations(std::vector<LayerCase>& cases) {
  cases.push_back({"Concatenate",
                   [] { return Concatenate({.axis = 2}); },
                   {2, 4, 3},
                   {2, 7, 3},
                   joined({4, 1, 2}),
                   {{{2, 4, 2},
                     "[Concatenate 'here'] input: expected (N, 2, 4, 2) but for axis 2, got (N, 2, "
                     "1, 3) from Dense 'other'."},
                    {{6},
                     "[Concatenate 'here'] input: expected a row with an axis 2, got (N, 6) from "
                     "Dense 'before'."}},
                   {{2, 1, 3}, {2, 2, 3}}});
  cases.push_back({"ConcatenateFeatures",
                   [] { return Concatenate(); },
                   {2, 3},
                   {2, 15},
                   joined({1, 4}),
                   {},
                   {{2, 12}}});
}

}  // namespace

void add_merge_cases(std::vector<LayerCase>& cases) {
  add_merges(cases);
  add_concatenations(cases);
}

}  // namespace minnow::test
