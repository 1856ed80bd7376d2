#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/random.h"
#include "core/train/model.h"
#include "optim/sgd.h"

namespace minnow::testing {

/// The gradient of the loss by one SGD step of rate 1 against the central difference of the loss.
inline void check_gradients(Model& model, const Tensors& x, const Tensors& y,
                            double tolerance = 2e-3) {
  const std::vector<Tensor> start = model.get_weights();
  model.train_on_batch(x, y);
  const std::vector<Tensor> moved = model.get_weights();
  for (std::size_t w = 0; w < start.size(); ++w) {
    for (std::int64_t i = 0; i < start[w].numel(); ++i) {
      const auto at = static_cast<std::size_t>(i);
      const double gradient = static_cast<double>(start[w].values<float>()[at]) -
                              static_cast<double>(moved[w].values<float>()[at]);
      double loss[2];
      for (int side : {0, 1}) {
        std::vector<Tensor> shifted = start;
        shifted[w].mutable_values<float>()[at] += side == 0 ? -1e-2F : 1e-2F;
        model.set_weights(shifted);
        loss[side] = model.evaluate(x, y)["loss"];
      }
      EXPECT_NEAR(gradient, (loss[1] - loss[0]) / 2e-2, tolerance)
          << model.named_weights()[w].name << "[" << i << "]";
    }
  }
  model.set_weights(start);
}

/// Six rows of four numbers, and of three to learn from them.
struct Pairs {
  Rng rng{3};
  Tensor x = normal({6, 4}, rng);
  Tensor y = normal({6, 3}, rng);
};

/// As check_gradients needs it.
inline const CompileOptions plain{.optimizer = SGD({.learning_rate = 1}), .loss = "mse"};

}  // namespace minnow::testing
