#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/graph/layer.h"
#include "core/shape.h"

namespace minnow::apps {

/// A network that is trained to measure speed, with Adam's defaults.
struct Job {
  std::string_view name;
  std::vector<Layer> (*layers)();
  const char* loss;
  bool images;           ///< x are Fashion-MNIST's, else made up
  Shape row;             ///< of x
  std::int64_t classes;  ///< of y, which is (N,)
};

/// ex1, convnet, mlp784 (on images of 28 x 28) and mlp10 (on rows of ten numbers).
std::span<const Job> training_jobs();

}  // namespace minnow::apps
