#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "../config.h"
#include "history.h"

namespace minnow {

class Model;

/// What a callback can see and do while `fit` runs.
class FitContext {
 public:
  FitContext(Model& model, std::int64_t epochs, std::int64_t steps)
      : model_(&model), epochs_(epochs), steps_(steps) {}

  std::int64_t epochs() const noexcept { return epochs_; }  ///< what fit was asked for
  std::int64_t steps() const noexcept { return steps_; }    ///< steps in each epoch

  /// The model in training. Its weights and learning rate may be set, and it may evaluate and
  /// predict; a nested fit or compile is FailedPrecondition.
  Model& model() const noexcept { return *model_; }
  /// Ends training after this batch (from on_batch_*) or this epoch (from on_epoch_*).
  void stop() noexcept { stopped_ = true; }
  bool stopped() const noexcept { return stopped_; }

 private:
  Model* model_;
  std::int64_t epochs_, steps_;
  bool stopped_ = false;
};

/// Something that `fit` calls at its turning points. Epochs and batches count from 0. An exception
/// thrown here leaves `fit` with the last finished step in the model.
class Callback {
 public:
  virtual ~Callback() = default;

  virtual void on_train_begin(FitContext&) {}
  virtual void on_epoch_begin(FitContext&, std::int64_t /*epoch*/) {}
  virtual void on_batch_begin(FitContext&, std::int64_t /*batch*/) {}
  /// `logs`: the running means of the epoch so far.
  virtual void on_batch_end(FitContext&, std::int64_t /*batch*/, const Logs& /*logs*/) {}
  /// `logs`: the epoch's results, those of the validation data with "val_" in front.
  virtual void on_epoch_end(FitContext&, std::int64_t /*epoch*/, const Logs& /*logs*/) {}
  virtual void on_train_end(FitContext&, const Logs& /*logs*/) {}
  /// Something is odd but not wrong: data that look unscaled, for one.
  virtual void on_warning(std::string_view /*text*/) {}

  /// Whether on_batch_end wants its logs; working them out costs a little at every step.
  virtual bool wants_batch_logs() const { return true; }

  /// What a checkpoint keeps of it, and back again before training is resumed.
  virtual Config state() const { return {}; }
  virtual void restore(const Config& /*state*/) {}
};

}  // namespace minnow
