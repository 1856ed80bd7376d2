#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "../core/graph/layer.h"
#include "../core/tensor.h"
#include "settings.h"

namespace minnow {

struct NormalizationOptions {
  /// The axes whose places have a mean and variance each, counted as Keras does: {-1} for one of
  /// each feature, {} for one of all numbers.
  std::vector<std::int64_t> axis = {-1};
  /// Given numbers; both or neither. Without them the layer is adapted, and they are weights.
  std::optional<FloatOrList> mean = std::nullopt;
  std::optional<FloatOrList> variance = std::nullopt;
  bool invert = false;  ///< from the normalised numbers back to the original ones
  std::string name = "";
  bool trainable = true;
};

/// (x - mean) / max(sqrt(variance), 1e-7), with a mean and a variance that were measured before
/// training: by adapt(), or given. Weights, unless they were given: mean, variance and count
/// (Keras's own, which it does not use), none of them trained.
class Normalization : public Layer {
 public:
  /// Throws InvalidArgument for one of mean and variance without the other, for numbers that are
  /// not finite, for a variance below 0, and for the batch's axis.
  explicit Normalization(NormalizationOptions options = {});

  /// Measures mean and variance of data (N, ...); models made with this layer from then on start
  /// with them. Copies made before stay as they are. Throws InvalidArgument for data without rows,
  /// without an axis that is asked for, or with NaN or infinity; FailedPrecondition where mean and
  /// variance were given.
  void adapt(const Tensor& data);

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Layer from_config(const Config& config);

 private:
  NormalizationOptions options_;
};

}  // namespace minnow
