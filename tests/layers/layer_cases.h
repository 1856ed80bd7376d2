#pragma once

#include <complex>
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
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
};

inline std::ostream& operator<<(std::ostream& out, const LayerCase& c) { return out << c.name; }

/// Every layer, in the settings that matter.
std::vector<LayerCase> layer_cases();

}  // namespace minnow::test
