#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "../graph/graph.h"
#include "../graph/target.h"
#include "../parallel.h"
#include "../tensor.h"
#include "tensors.h"

namespace minnow {

/// The checks that data pass before anything is computed. Each function either throws
/// InvalidArgument or gives the data back in the shape that the graph expects, sharing storage.
struct Door {
  std::string where;  ///< the call: "fit"
  const Workers& workers;
  bool autocast = false;
  float input_scale = 0;  ///< for uint8 data; 0: none declared

  /// One Input's data. `argument` is what the user calls it: "x", "x[1]", "validation x".
  Tensor check_input(const std::string& argument, const Tensor& x, const GraphNode& node) const;
  /// What is odd about data of an Input that declares nothing, or empty.
  std::string warning_for(const std::string& argument, const Tensor& x,
                          const GraphNode& node) const;

  /// One output's targets, for a loss of that name.
  Tensor check_target(const std::string& argument, const Tensor& y, const TargetRule& rule,
                      const std::string& loss, const GraphNode& output) const;
  /// Weights of the rows: (N,) or (N, 1), finite, not negative, not all zero.
  Tensor check_weights(const std::string& argument, const Tensor& weights, std::int64_t rows) const;
  /// The number of rows that all have, at least one.
  std::int64_t check_rows(const std::vector<std::pair<std::string, const Tensor*>>& data) const;
  /// As many tensors as the model has.
  void check_count(const std::string& argument, std::size_t expected, std::size_t got,
                   std::string_view of_what) const;

  /// What the values are multiplied by when they are taken.
  float scale_of(const Tensor& x) const {
    return x.dtype() == DType::uint8 && input_scale != 0 ? input_scale : 1.0F;
  }

 private:
  void check_values(const std::string& argument, const Tensor& x, const GraphNode& node) const;
  void check_finite(const std::string& argument, const Tensor& x) const;
};

/// Sample weights (may be none) times the weight of each row's class, as float32 (N,). Targets are
/// class numbers or rows of a one-hot. Throws InvalidArgument for other targets, for a class out of
/// range, and where all weights come out zero.
Tensor weigh_classes(const Door& door, const Tensor& y, const TargetRule& rule,
                     std::int64_t classes, const std::map<std::int64_t, float>& class_weight,
                     const Tensor* sample_weight);

/// "row 3, position (2, 5)": where a flat index lies.
std::string position_of(const Shape& shape, std::int64_t index);

}  // namespace minnow
