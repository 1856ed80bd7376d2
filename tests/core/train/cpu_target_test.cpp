// Whole training runs on every instruction set that the processor has.
#include "core/kernels/cpu_target.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "minnow.h"

namespace minnow {
namespace {

// Trains a small network with every kind of kernel that a CNN needs; gives its weights.
std::vector<Tensor> trained(std::string_view target) {
  if (!kernels::use_cpu_target(target)) return {};
  Sequential model({Input({12, 12, 3}),
                    Conv2D(20, {3, 3}, {.padding = "same", .activation = "relu"}), MaxPooling2D(),
                    Conv2D(17, 3, {.padding = "same"}), Conv2D(9, {2, 2}, {.activation = "tanh"}),
                    Flatten(), Dense(33, {.activation = "sigmoid"}),
                    Dense(7, {.activation = "softmax"})});
  model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy"});
  Rng rng(1);
  const Tensor x = uniform({50, 12, 12, 3}, rng), y = randint(0, 7, {50}, rng);
  model.fit(x, y, {.epochs = 3, .batch_size = 16});
  kernels::use_cpu_target("");
  return model.get_weights();
}

double largest_difference(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto u = a[i].values<float>(), v = b[i].values<float>();
    for (std::size_t j = 0; j < u.size(); ++j) {
      largest = std::max(largest, std::fabs(double{u[j]} - double{v[j]}));
    }
  }
  return largest;
}

TEST(CpuTarget, AvxAndAvx512TrainToTheSameBits) {
  const auto narrow = trained("AVX2"), wide = trained("AVX3");
  if (narrow.empty() || wide.empty()) GTEST_SKIP() << "this processor has no AVX-512 or no AVX2";
  EXPECT_EQ(largest_difference(narrow, wide), 0);
}

TEST(CpuTarget, AllTrainToAboutTheSame) {
  const auto targets = kernels::cpu_targets();
  const auto best = trained(targets.front());
  for (const std::string_view target : targets) {
    EXPECT_LT(largest_difference(best, trained(target)), 2e-5) << target;
  }
}

TEST(CpuTarget, AnUnknownOneChangesNothing) {
  const std::string before(kernels::cpu_target());
  EXPECT_FALSE(kernels::use_cpu_target("MMX"));
  EXPECT_EQ(kernels::cpu_target(), before);
}

}  // namespace
}  // namespace minnow
