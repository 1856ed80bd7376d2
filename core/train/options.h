#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
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

/// The metrics of a model's outputs. A list is for the only output; of several outputs it has one
/// for each where it is as long as they are many, as in Keras, and else is for all of them.
class Metrics {
 public:
  using Lists = std::vector<std::vector<Metric>>;
  using NamedLists = std::map<std::string, std::vector<Metric>>;

  Metrics() = default;
  Metrics(std::initializer_list<Metric> list) : Metrics(std::vector<Metric>(list)) {}
  Metrics(std::vector<Metric> list) : lists_{std::move(list)} {}
  /// A list for each output in order.
  Metrics(Lists lists) : lists_(std::move(lists)), of_one_(false) {}
  /// A list under the names of some outputs.
  Metrics(const NamedLists& named);

  bool empty() const noexcept;
  /// Whether it was made from one list, lists()[0].
  bool is_one_list() const noexcept { return of_one_; }
  const Lists& lists() const noexcept { return lists_; }
  /// One for each list, or none where they are in the order of the outputs.
  const std::vector<std::string>& names() const noexcept { return names_; }

  /// Those of output `o` of several, which go by these names. Throws InvalidArgument, naming the
  /// argument, where there is no list for each output or no output of a name.
  std::vector<Metric> of_output(std::string_view argument, std::size_t o,
                                const std::vector<std::string>& outputs) const;

 private:
  Lists lists_ = {{}};
  std::vector<std::string> names_;
  bool of_one_ = true;
};

struct ModelOptions {
  std::uint64_t seed = 0;  ///< of the first weights, of dropout, and of shuffling
  int threads = 0;         ///< 0: as many as OpenMP would use
  std::string name = "";
};

struct CompileOptions {
  Optimizer optimizer = "adam";
  /// One, one for each output, or by name: {{"a", "mse"}, {"b", "bce"}}.
  PerOutput<Loss> loss = {};
  Metrics metrics = {};
  Metrics weighted_metrics = {};       ///< these see sample and class weights
  PerOutput<float> loss_weights = {};  ///< one for each output, or by name; empty: all 1
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
