#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "../core/graph/layer.h"

namespace minnow {

struct PermuteOptions {
  std::string name = "";
  bool trainable = true;
};

/// The axes of each row in another order: axis i of the output is axis dims[i] of the input, the
/// first of a row being 1.
class Permute : public Layer {
 public:
  /// Throws InvalidArgument unless `dims` are the numbers 1, 2, ... in some order.
  explicit Permute(std::vector<std::int64_t> dims, PermuteOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Layer from_config(const Config& config);
};

}  // namespace minnow
