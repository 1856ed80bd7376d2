// The fit loop, in the order of events that Keras has.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "core/error.h"
#include "core/rng.h"
#include "core/train/model_impl.h"
#include "core/train/progress_bar.h"

namespace minnow {
namespace {

constexpr std::string_view in_fit = "fit";

void refuse(std::string_view argument, std::string_view expected, std::string_view received,
            std::string_view hint = "") {
  throw InvalidArgument({in_fit, argument, expected, received, hint});
}

void check_options(const FitOptions& o) {
  const auto at_least = [](const char* name, std::int64_t value, std::int64_t least) {
    if (value < least) refuse(name, fmt::format("at least {}", least), fmt::format("{}", value));
  };
  at_least("epochs", o.epochs, 0);
  at_least("batch_size", o.batch_size, 1);
  at_least("initial_epoch", o.initial_epoch, 0);
  at_least("validation_batch_size", o.validation_batch_size, 0);
  if (!(o.validation_split >= 0 && o.validation_split < 1)) {
    refuse("validation_split", "a fraction in [0, 1)", fmt::format("{}", o.validation_split));
  }
  if (o.verbose < 0 || o.verbose > 2) {
    refuse("verbose", "0, 1 or 2", fmt::format("{}", o.verbose));
  }
  if (std::find(o.callbacks.begin(), o.callbacks.end(), nullptr) != o.callbacks.end()) {
    refuse("callbacks", "callbacks", "a null pointer");
  }
}

std::vector<Tensor> rows_of(const std::vector<Tensor>& tensors, std::int64_t begin,
                            std::int64_t end) {
  std::vector<Tensor> part;
  for (const Tensor& t : tensors) part.push_back(t.slice_rows(begin, end));
  return part;
}

struct FitData {
  CheckedData train;
  std::optional<CheckedData> validation;
};

// The first floor(n (1 - f)) rows train, the rest validates, before any shuffle. Class weights are
// the training rows' only, so they are multiplied in after the cut.
FitData check_and_split(const Door& door, const Session& session, const Tensors& x,
                        const Tensors& y, const FitOptions& o) {
  FitData data;
  if (o.validation_data) {
    data.train = check_data(door, session, x, &y, o.sample_weight, o.class_weight);
    const Validation& v = *o.validation_data;
    data.validation = check_data(door, session, v.x, &v.y, v.sample_weight, {}, "validation ");
    return data;
  }
  if (o.validation_split == 0) {
    data.train = check_data(door, session, x, &y, o.sample_weight, o.class_weight);
    return data;
  }
  const CheckedData all = check_data(door, session, x, &y, o.sample_weight, {});
  const auto cut = static_cast<std::int64_t>(
      std::floor(static_cast<double>(all.rows) * (1 - o.validation_split)));
  if (cut == 0 || cut == all.rows) {
    refuse("validation_split", "a row to train on and one to validate on",
           fmt::format("{} and {} of {} rows", cut, all.rows - cut, all.rows));
  }
  const auto part = [&](std::int64_t begin, std::int64_t end, const auto& class_weight,
                        const std::string& prefix) {
    return check_data(door, session, rows_of(all.x, begin, end),
                      std::make_unique<Tensors>(rows_of(all.y, begin, end)).get(),
                      rows_of(all.weights, begin, end), class_weight, prefix);
  };
  data.train = part(0, cut, o.class_weight, "");
  data.validation = part(cut, all.rows, std::map<std::int64_t, float>{}, "validation ");
  return data;
}

// One run of fit: the data are checked, the memory is there.
class FitLoop {
 public:
  FitLoop(Model& model, Model::Impl& impl, Session& session, const FitData& data,
          const FitOptions& options, std::vector<Callback*> callbacks)
      : impl_(impl),
        session_(session),
        data_(data),
        options_(options),
        callbacks_(std::move(callbacks)),
        context_(model, options.epochs,
                 (data.train.rows + options.batch_size - 1) / options.batch_size),
        tally_(session.tally_size(), 0.0),
        validation_tally_(session.tally_size(), 0.0),
        logs_(session.results(tally_)) {
    wants_logs_ = std::any_of(callbacks_.begin(), callbacks_.end(),
                              [](const Callback* c) { return c->wants_batch_logs(); });
  }

  void warn(const std::string& text) {
    progress().history.warnings.push_back(text);
    for (Callback* c : callbacks_) c->on_warning(text);
  }

  void run() {
    for (Callback* c : callbacks_) c->on_train_begin(context_);
    while (progress().epoch < options_.epochs && !context_.stopped()) run_epoch();
    keep_callback_states();
    for (Callback* c : callbacks_) c->on_train_end(context_, epoch_logs_);
  }

 private:
  TrainProgress& progress() { return impl_.progress; }

  // Shuffled anew for each epoch, from the seed and the epoch's number alone.
  void order_rows(std::int64_t epoch) {
    if (!options_.shuffle) return;
    order_.resize(static_cast<std::size_t>(data_.train.rows));
    std::iota(order_.begin(), order_.end(), std::int64_t{0});
    Rng rng(progress().seed, fmt::format("shuffle/{}", epoch));
    for (std::size_t i = order_.size(); i > 1; --i) {
      std::swap(order_[i - 1], order_[static_cast<std::size_t>(rng.below(i))]);
    }
  }

  void run_epoch() {
    const std::int64_t epoch = progress().epoch;
    order_rows(epoch);
    for (Callback* c : callbacks_) c->on_epoch_begin(context_, epoch);
    if (progress().batch == 0) progress().sums.assign(tally_.size(), 0.0);
    tally_ = progress().sums;
    while (progress().batch < context_.steps() && !context_.stopped()) run_batch(epoch);
    if (progress().batch < context_.steps()) return;  // stopped in the middle: may be resumed
    end_epoch(epoch);
  }

  void run_batch(std::int64_t epoch) {
    const std::int64_t batch = progress().batch;
    for (Callback* c : callbacks_) c->on_batch_begin(context_, batch);
    const std::int64_t first = batch * options_.batch_size;
    const std::int64_t count = std::min(options_.batch_size, data_.train.rows - first);
    const BatchRows rows{
        .rows = options_.shuffle ? order_.data() + first : nullptr, .first = first, .count = count};
    session_.train(impl_.workers, data_.train, rows,
                   {.where = in_fit, .epoch = epoch + 1, .step = batch + 1}, tally_);
    progress().batch = batch + 1;
    std::copy(tally_.begin(), tally_.end(), progress().sums.begin());
    if (wants_logs_) session_.refresh(logs_, tally_);
    for (Callback* c : callbacks_) c->on_batch_end(context_, batch, logs_);
  }

  void end_epoch(std::int64_t epoch) {
    epoch_logs_ = session_.results(tally_);
    if (data_.validation) validate();
    History& history = progress().history;
    history.epoch.push_back(epoch);
    for (const auto& [key, value] : epoch_logs_) history.values[key].push_back(value);
    progress().epoch = epoch + 1;
    progress().batch = 0;
    for (std::size_t i = 0; i < callbacks_.size(); ++i) {
      callbacks_[i]->on_epoch_end(context_, epoch, epoch_logs_);
      keep_callback_states();  // a callback behind this one may write a checkpoint
    }
  }

  void validate() {
    std::fill(validation_tally_.begin(), validation_tally_.end(), 0.0);
    const std::int64_t size =
        options_.validation_batch_size > 0 ? options_.validation_batch_size : options_.batch_size;
    const std::int64_t rows = data_.validation->rows;
    for (std::int64_t first = 0; first < rows; first += size) {
      session_.evaluate(impl_.workers, *data_.validation,
                        {.rows = nullptr, .first = first, .count = std::min(size, rows - first)},
                        validation_tally_);
    }
    for (const auto& [key, value] : session_.results(validation_tally_, "val_")) {
      epoch_logs_.set(key, value);
    }
  }

  void keep_callback_states() {
    auto& states = progress().callbacks;
    states.clear();
    for (const Callback* c : options_.callbacks) states.push_back(c->state());
  }

  Model::Impl& impl_;
  Session& session_;
  const FitData& data_;
  const FitOptions& options_;
  std::vector<Callback*> callbacks_;
  FitContext context_;
  std::vector<double> tally_, validation_tally_;
  std::vector<std::int64_t> order_;
  Logs logs_, epoch_logs_;
  bool wants_logs_ = false;
};

// A new fit starts its progress anew; a resumed one takes it up.
void start_progress(Model::Impl& impl, const FitOptions& o, std::size_t sums, std::int64_t steps) {
  TrainProgress& progress = impl.progress;
  if (!o.resume) {
    progress = {.epoch = o.initial_epoch, .seed = o.seed.value_or(impl.options.seed)};
    return;
  }
  if (progress.batch > 0 && (progress.sums.size() != sums || progress.batch > steps)) {
    refuse("resume", fmt::format("progress within {} steps with {} running sums", steps, sums),
           fmt::format("step {} with {}", progress.batch, progress.sums.size()),
           "Resume with the data, batch size and metrics of the run that was stopped.");
  }
  for (std::size_t i = 0; i < std::min(o.callbacks.size(), progress.callbacks.size()); ++i) {
    o.callbacks[i]->restore(progress.callbacks[i]);
  }
}

class InFit {
 public:
  explicit InFit(bool& flag) : flag_(flag) { flag_ = true; }
  ~InFit() { flag_ = false; }
  InFit(const InFit&) = delete;
  InFit& operator=(const InFit&) = delete;

 private:
  bool& flag_;
};

}  // namespace

History Model::fit(const Tensors& x, const Tensors& y, const FitOptions& options) {
  impl_->refuse_in_fit(in_fit);
  if (impl_->compile_options() == nullptr) {
    throw FailedPrecondition(in_fit, "expected a compiled model. Call compile before.");
  }
  check_options(options);
  PendingSession session(*impl_, in_fit, x);
  const Door door = door_of(*impl_, in_fit, *session);
  const FitData data = check_and_split(door, *session, x, y, options);
  session->prepare_training(std::min(options.batch_size, data.train.rows));
  if (data.validation) {
    const std::int64_t size =
        options.validation_batch_size > 0 ? options.validation_batch_size : options.batch_size;
    session->prepare_evaluation(std::min(size, data.validation->rows));
  }
  start_progress(*impl_, options, session->tally_size(),
                 (data.train.rows + options.batch_size - 1) / options.batch_size);
  session.keep();

  const InFit guard(impl_->fitting);
  std::vector<Callback*> callbacks = options.callbacks;
  std::optional<ProgressBar> bar;
  if (options.verbose > 0) callbacks.push_back(&bar.emplace(options.verbose));
  FitLoop loop(*this, *impl_, *session, data, options, std::move(callbacks));
  const Graph& graph = session->graph();
  for (std::size_t i = 0; i < data.train.x.size(); ++i) {
    const std::string name = data.train.x.size() == 1 ? "x" : fmt::format("x[{}]", i);
    const std::string text = door.warning_for(name, data.train.x[i], graph.node(graph.inputs()[i]));
    if (!text.empty()) loop.warn(text);
  }
  loop.run();
  return impl_->progress.history;
}

}  // namespace minnow
