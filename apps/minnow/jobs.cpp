#include "apps/minnow/jobs.h"

#include "minnow.h"

namespace minnow::apps {
namespace {

std::vector<Layer> ex1() {
  return {Input({28, 28, 1}), Conv2D(32, 3, {.activation = "relu"}), Flatten(),
          Dense(10, {.activation = "softmax"})};
}
std::vector<Layer> convnet() {
  return {Input({28, 28, 1}), Conv2D(32, 3, {.activation = "relu"}),
          MaxPooling2D(),     Conv2D(64, 3, {.activation = "relu"}),
          MaxPooling2D(),     Flatten(),
          Dropout(0.5F),      Dense(10, {.activation = "softmax"})};
}
std::vector<Layer> mlp784() {
  return {Input({784}), Dense(512, {.activation = "relu"}), Dense(512, {.activation = "relu"}),
          Dense(10, {.activation = "softmax"})};
}
std::vector<Layer> mlp10() {
  return {Input({10}), Dense(10, {.activation = "relu"}), Dense(1, {.activation = "sigmoid"})};
}

}  // namespace

std::span<const Job> training_jobs() {
  static const std::vector<Job> all = {
      {"ex1", ex1, "sparse_categorical_crossentropy", true, {28, 28, 1}, 10},
      {"convnet", convnet, "sparse_categorical_crossentropy", true, {28, 28, 1}, 10},
      {"mlp784", mlp784, "sparse_categorical_crossentropy", true, {784}, 10},
      {"mlp10", mlp10, "binary_crossentropy", false, {10}, 2},
  };
  return all;
}

}  // namespace minnow::apps
