// The calls on data other than fit: evaluate, predict, and single batches; and the checks that fit
// shares with them.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/train/model_impl.h"

namespace minnow {
namespace {

std::string numbered(const std::string& name, std::size_t i, std::size_t n) {
  return n == 1 ? name : fmt::format("{}[{}]", name, i);
}

void require_compiled(std::string_view where, const Model::Impl& impl) {
  if (impl.compile_options() == nullptr) {
    throw FailedPrecondition(where, "expected a compiled model. Call compile before.");
  }
}

std::int64_t check_batch_size(std::string_view where, std::int64_t batch_size) {
  if (batch_size < 1) {
    throw InvalidArgument({where, "batch_size", "at least 1", fmt::format("{}", batch_size), ""});
  }
  return batch_size;
}

// Calls f(batch) for the rows in order, so many at a time.
template <class F>
void for_batches(std::int64_t rows, std::int64_t batch_size, F f) {
  for (std::int64_t first = 0; first < rows; first += batch_size) {
    f(BatchRows{.rows = nullptr, .first = first, .count = std::min(batch_size, rows - first)});
  }
}

}  // namespace

PendingSession::PendingSession(Model::Impl& impl, std::string_view where, const Tensors& x)
    : impl_(impl), session_(impl.session.get()) {
  if (session_ != nullptr) return;
  if (x.size() != 1 || x[0].rank() == 0) {
    throw InvalidArgument({where, "x", "one tensor with a batch axis",
                           x.size() == 1 ? "a scalar" : fmt::format("{} tensors", x.size()), ""});
  }
  fresh_ = impl.make_session(x[0].shape().without_batch());
  session_ = fresh_.get();
}

void PendingSession::keep() {
  if (fresh_ != nullptr) impl_.session = std::move(fresh_);
}

Door door_of(const Model::Impl& impl, std::string_view where, const Session& session) {
  const CompileOptions* options = session.options();
  return {.where = std::string(where),
          .workers = impl.workers,
          .autocast = options != nullptr && options->autocast,
          .input_scale = options != nullptr ? options->input_scale.value_or(0) : 0};
}

CheckedData check_data(const Door& door, const Session& session, const Tensors& x, const Tensors* y,
                       const Tensors& sample_weight,
                       const std::map<std::int64_t, float>& class_weight,
                       const std::string& prefix) {
  const Graph& graph = session.graph();
  const std::size_t inputs = graph.inputs().size(), outputs = graph.outputs().size();
  const std::string x_name = prefix + "x", y_name = prefix + "y", w_name = prefix + "sample_weight";
  door.check_count(x_name, inputs, x.size(), "Input");
  if (y != nullptr) door.check_count(y_name, outputs, y->size(), "output");

  CheckedData data;
  for (std::size_t i = 0; i < inputs; ++i) {
    data.x.push_back(
        door.check_input(numbered(x_name, i, inputs), x[i], graph.node(graph.inputs()[i])));
  }
  std::vector<std::pair<std::string, const Tensor*>> all;
  for (std::size_t i = 0; i < inputs; ++i) all.emplace_back(numbered(x_name, i, inputs), &x[i]);
  for (std::size_t o = 0; y != nullptr && o < outputs; ++o) {
    all.emplace_back(numbered(y_name, o, outputs), &(*y)[o]);
  }
  data.rows = door.check_rows(all);
  if (y == nullptr) return data;

  for (std::size_t o = 0; o < outputs; ++o) {
    const Loss& loss = session.loss(o);
    data.y.push_back(door.check_target(numbered(y_name, o, outputs), (*y)[o], loss->target_rule(),
                                       snake_case(loss->class_name()),
                                       graph.node(graph.outputs()[o])));
  }
  if (!sample_weight.empty()) {
    if (sample_weight.size() != 1) {
      door.check_count(w_name, outputs, sample_weight.size(), "output");
    }
    for (std::size_t o = 0; o < outputs; ++o) {
      const std::size_t which = sample_weight.size() == 1 ? 0 : o;
      data.weights.push_back(door.check_weights(numbered(w_name, which, sample_weight.size()),
                                                sample_weight[which], data.rows));
    }
  }
  if (!class_weight.empty()) {
    if (outputs != 1) {
      throw InvalidArgument({door.where, "class_weight", "a model with one output",
                             fmt::format("{} outputs", outputs), "Use sample_weight."});
    }
    const Shape& out = graph.node(graph.outputs()[0]).output();
    const Tensor weights = weigh_classes(door, data.y[0], session.loss(0)->target_rule(),
                                         out.rank() == 0 ? 1 : out.back(), class_weight,
                                         data.weights.empty() ? nullptr : &data.weights[0]);
    data.weights.assign(1, weights);
  }
  return data;
}

Logs Model::evaluate(const Tensors& x, const Tensors& y, const EvaluateOptions& options) {
  constexpr std::string_view where = "evaluate";
  require_compiled(where, *impl_);
  const std::int64_t batch_size = check_batch_size(where, options.batch_size);
  PendingSession session(*impl_, where, x);
  const CheckedData data =
      check_data(door_of(*impl_, where, *session), *session, x, &y, options.sample_weight, {});
  session->prepare_evaluation(std::min(batch_size, data.rows));
  session.keep();
  std::vector<double> tally(session->tally_size(), 0.0);
  for_batches(data.rows, batch_size, [&](const BatchRows& batch) {
    session->evaluate(impl_->workers, data, batch, tally);
  });
  return session->results(tally);
}

std::vector<Tensor> Model::predict_all(const Tensors& x, const PredictOptions& options) {
  constexpr std::string_view where = "predict";
  const std::int64_t batch_size = check_batch_size(where, options.batch_size);
  PendingSession session(*impl_, where, x);
  const CheckedData data =
      check_data(door_of(*impl_, where, *session), *session, x, nullptr, {}, {});
  std::vector<Tensor> outputs;
  std::vector<float*> places;
  std::vector<std::int64_t> row_sizes;
  for (int output : session->graph().outputs()) {
    const Shape& row = session->graph().node(output).output();
    outputs.emplace_back(row.with_batch(data.rows));
    row_sizes.push_back(row.numel());
  }
  for (Tensor& output : outputs) places.push_back(output.mutable_values<float>().data());
  session->prepare_prediction(std::min(batch_size, data.rows));
  session.keep();
  for_batches(data.rows, batch_size, [&](const BatchRows& batch) {
    session->predict(impl_->workers, data, batch, places);
    for (std::size_t o = 0; o < places.size(); ++o) places[o] += batch.count * row_sizes[o];
  });
  return outputs;
}

Tensor Model::predict(const Tensors& x, const PredictOptions& options) {
  if (impl_->session != nullptr && impl_->session->graph().outputs().size() != 1) {
    throw FailedPrecondition(
        "predict", fmt::format("expected a model with one output, but it has {}. Use predict_all.",
                               impl_->session->graph().outputs().size()));
  }
  return predict_all(x, options).front();
}

Logs Model::train_on_batch(const Tensors& x, const Tensors& y, const BatchOptions& options) {
  constexpr std::string_view where = "train_on_batch";
  impl_->refuse_in_fit(where);
  require_compiled(where, *impl_);
  PendingSession session(*impl_, where, x);
  const CheckedData data = check_data(door_of(*impl_, where, *session), *session, x, &y,
                                      options.sample_weight, options.class_weight);
  session->prepare_training(data.rows);
  session.keep();
  std::vector<double> tally(session->tally_size(), 0.0);
  session->train(impl_->workers, data, {.rows = nullptr, .first = 0, .count = data.rows},
                 {.where = where, .epoch = 0, .step = session->step() + 1}, tally);
  return session->results(tally);
}

Logs Model::test_on_batch(const Tensors& x, const Tensors& y, const BatchOptions& options) {
  constexpr std::string_view where = "test_on_batch";
  require_compiled(where, *impl_);
  PendingSession session(*impl_, where, x);
  const CheckedData data = check_data(door_of(*impl_, where, *session), *session, x, &y,
                                      options.sample_weight, options.class_weight);
  session->prepare_evaluation(data.rows);
  session.keep();
  std::vector<double> tally(session->tally_size(), 0.0);
  session->evaluate(impl_->workers, data, {.rows = nullptr, .first = 0, .count = data.rows}, tally);
  return session->results(tally);
}

}  // namespace minnow
