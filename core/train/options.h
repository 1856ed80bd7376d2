#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../graph/loss.h"
#include "../graph/metric.h"
#include "../graph/optimizer.h"
#include "../tensor.h"
#include "callback.h"
#include "tensors.h"

namespace minnow {

using Tensors = OneOrMore<Tensor>;

struct ModelOptions {
  std::uint64_t seed = 0;  ///< of the first weights, of dropout, and of shuffling
  int threads = 0;         ///< 0: as many as OpenMP would use
  std::string name = "";
};

struct CompileOptions {
  Optimizer optimizer = "adam";
  OneOrMore<Loss> loss = {};                  ///< one, or one for each output
  std::vector<Metric> metrics = {};           ///< for every output
  std::vector<Metric> weighted_metrics = {};  ///< these see sample and class weights
  std::vector<float> loss_weights = {};       ///< one for each output; empty: all 1
  /// Accept x of any dtype and convert it, as Keras does.
  bool autocast = false;
  /// Accept uint8 x and multiply it by this, as 1 / 255.f for images.
  std::optional<float> input_scale = std::nullopt;
};

struct Validation {
  Tensors x = {};
  Tensors y = {};
  Tensors sample_weight = {};
};

struct FitOptions {
  std::int64_t epochs = 1;  ///< the number of the last epoch, as in Keras: see initial_epoch
  std::int64_t batch_size = 32;
  bool shuffle = true;                               ///< anew for each epoch
  std::optional<std::uint64_t> seed = std::nullopt;  ///< of shuffling; the model's by default
  std::optional<Validation> validation_data = std::nullopt;
  double validation_split = 0;                      ///< the last part of the rows validates
  std::int64_t validation_batch_size = 0;           ///< 0: as batch_size
  Tensors sample_weight = {};                       ///< (N,), for all outputs or one for each
  std::map<std::int64_t, float> class_weight = {};  ///< classes not named weigh 1
  std::int64_t initial_epoch = 0;
  /// Go on where the model's progress() is: epoch, batch within it, shuffle, History, callbacks.
  bool resume = false;
  int verbose = 0;  ///< 0 silent, 1 a bar on standard error, 2 a line for each epoch
  std::vector<Callback*> callbacks = {};  ///< not owned
};

struct EvaluateOptions {
  std::int64_t batch_size = 32;
  Tensors sample_weight = {};
};

struct PredictOptions {
  std::int64_t batch_size = 32;
};

struct BatchOptions {
  Tensors sample_weight = {};
  std::map<std::int64_t, float> class_weight = {};
};

}  // namespace minnow
