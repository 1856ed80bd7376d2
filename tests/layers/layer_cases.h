#pragma once

#include <complex>
#include <cstdint>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "core/graph/layer.h"

namespace minnow::test {

/// What a layer computes on `rows` rows, the naive way, activation included.
template <class T>
using Forward = std::function<std::vector<T>(std::int64_t rows, const std::vector<T>& x,
                                             const std::vector<std::vector<T>>& weights)>;

struct Oracle {
  Forward<double> real;
  Forward<std::complex<double>> complex;
};

/// An input that a layer has to refuse, and its words.
struct Refusal {
  Shape input;
  std::string message;
};

/// A row of the contract test.
struct LayerCase {
  std::string name;
  std::function<Layer()> make;
  Shape input;
  Shape output;
  Oracle oracle;
  std::vector<Refusal> refusals = {};
  /// The oracle's x then holds all inputs, one behind the other.
  std::vector<Shape> more_inputs = {};
  /// Where inference is something else.
  std::optional<Oracle> inference = std::nullopt;
  bool takes_several = false;  ///< any number of inputs will do
};

/// What a layer of images says to rows of 6 numbers.
std::string not_an_image(std::string_view layer);

inline std::ostream& operator<<(std::ostream& out, const LayerCase& c) { return out << c.name; }

template <class F>
Oracle oracle_of(F f) {
  return {f, f};
}

/// The cases of more_layer_cases.cpp, merge_cases.cpp and normalization_cases.cpp.
void add_more_cases(std::vector<LayerCase>& cases);
void add_merge_cases(std::vector<LayerCase>& cases);
void add_normalization_cases(std::vector<LayerCase>& cases);

/// Every layer, in the settings that matter.
std::vector<LayerCase> layer_cases();

}  // namespace minnow::test
