#include "core/train/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "core/error.h"
#include "core/train/model_impl.h"

namespace minnow {
namespace {

Graph graph_of(const std::vector<Layer>& layers) {
  const Chain symbols = chain(layers);
  return Graph(symbols.inputs, symbols.outputs);
}

void check_tensor(std::string_view where, const std::string& name, const Shape& shape,
                  const Tensor& value) {
  if (value.dtype() != DType::float32) {
    throw InvalidArgument({where, name, "dtype float32", minnow::name(value.dtype()),
                           "Convert it with astype(float32)."});
  }
  if (value.shape() != shape) {
    throw InvalidArgument(
        {where, name, fmt::format("shape {}", shape.str()), value.shape().str(), ""});
  }
  const auto values = value.values<float>();
  const auto bad =
      std::find_if(values.begin(), values.end(), [](float v) { return !std::isfinite(v); });
  if (bad != values.end()) {
    throw InvalidArgument({where, name, "finite values",
                           fmt::format("{} at {}", *bad, position_of(shape, bad - values.begin())),
                           ""});
  }
}

Tensor copy_out(const WeightSpec& spec, const float* memory) {
  Tensor value(spec.shape);
  from_memory(spec, memory, value.mutable_values<float>().data());
  return value;
}

void copy_in(const WeightSpec& spec, const Tensor& value, float* memory) {
  to_memory(spec, value.values<float>().data(), memory);
}

}  // namespace

Session& Model::Impl::built(std::string_view where) const {
  if (session == nullptr) {
    throw FailedPrecondition(where,
                             "expected a model that is built, got a Sequential without Input that "
                             "has seen no data. Put an Input in front, or call build().");
  }
  return *session;
}

void Model::Impl::refuse_in_fit(std::string_view where) const {
  if (fitting) {
    throw FailedPrecondition(where,
                             "expected a model that is not in training, but fit is running. Call "
                             "it after fit has returned.");
  }
}

std::unique_ptr<Session> Model::Impl::make_session(const Shape& row) const {
  std::vector<Layer> all{Input(row)};
  all.insert(all.end(), layers.begin(), layers.end());
  auto fresh = std::make_unique<Session>(graph_of(all), options.seed);
  if (compiled) fresh->compile(*compiled);
  return fresh;
}

const CompileOptions* Model::Impl::compile_options() const {
  if (session != nullptr) return session->options();
  return compiled ? &*compiled : nullptr;
}

Model::Model(OneOrMore<Symbol> inputs, OneOrMore<Symbol> outputs, ModelOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {
  impl_->session =
      std::make_unique<Session>(Graph(inputs.items(), outputs.items()), impl_->options.seed);
}

Model::Model(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;
Model::~Model() = default;

Sequential::Sequential(std::vector<Layer> layers, ModelOptions options)
    : Model(std::make_unique<Impl>(std::move(options))) {
  impl_->sequential = true;
  if (!layers.empty() && as_input(layers.front()) != nullptr) {
    impl_->session = std::make_unique<Session>(graph_of(layers), impl_->options.seed);
    return;
  }
  if (layers.empty()) {
    throw InvalidArgument({"Sequential", "layers", "at least one layer", "none", ""});
  }
  for (const Layer& layer : layers) {
    if (as_input(layer) != nullptr) {
      throw InvalidArgument(
          {"Sequential", "layers", "an Input in the first place only", "one further on", ""});
    }
  }
  impl_->layers = std::move(layers);
}

void Model::build(const Shape& row) {
  if (built()) {
    throw FailedPrecondition("build", fmt::format("expected a model that is not built, but it is, "
                                                  "for rows of {}.",
                                                  impl_->session->graph().input(0).shape().str()));
  }
  impl_->session = impl_->make_session(row);
}

bool Model::built() const noexcept { return impl_->session != nullptr; }

void Model::compile(CompileOptions options) {
  impl_->refuse_in_fit("compile");
  if (impl_->session != nullptr) {
    impl_->session->compile(std::move(options));
  } else {
    impl_->compiled = std::move(options);
  }
  impl_->progress = {};
}

std::vector<Tensor> Model::get_weights() const {
  std::vector<Tensor> weights;
  for (NamedTensor& named : named_weights()) weights.push_back(std::move(named.value));
  return weights;
}

std::vector<NamedTensor> Model::named_weights() const {
  const Session& session = impl_->built("get_weights");
  std::vector<NamedTensor> weights;
  const auto& parameters = session.graph().parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    weights.push_back({parameters[i].path, copy_out(parameters[i].spec, session.parameters().weight(
                                                                            static_cast<int>(i)))});
  }
  return weights;
}

void Model::set_weights(std::span<const Tensor> weights) {
  Session& session = impl_->built("set_weights");
  const auto& parameters = session.graph().parameters();
  if (weights.size() != parameters.size()) {
    throw InvalidArgument({"set_weights", "weights", fmt::format("{} tensors", parameters.size()),
                           fmt::format("{}", weights.size()), ""});
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    check_tensor("set_weights", parameters[i].path, parameters[i].spec.shape, weights[i]);
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    copy_in(parameters[i].spec, weights[i], session.parameters().weight(static_cast<int>(i)));
  }
}

std::vector<NamedTensor> Model::optimizer_state() const {
  std::vector<NamedTensor> state;
  if (impl_->session == nullptr || !impl_->session->compiled()) return state;
  Session& session = *impl_->session;
  const auto names = session.options()->optimizer->slots();
  if (session.parameters().slots() != names.size()) return state;
  const auto& parameters = session.graph().parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (!parameters[i].trainable) continue;
    for (std::size_t s = 0; s < names.size(); ++s) {
      state.push_back(
          {fmt::format("{}/{}", parameters[i].path, names[s]),
           copy_out(parameters[i].spec, session.parameters().slot(s, static_cast<int>(i)))});
    }
  }
  return state;
}

void Model::set_optimizer_state(std::span<const NamedTensor> state, std::int64_t step) {
  constexpr std::string_view where = "set_optimizer_state";
  impl_->refuse_in_fit(where);
  Session& session = impl_->built(where);
  if (!session.compiled()) {
    throw FailedPrecondition(where, "expected a compiled model. Call compile before.");
  }
  if (step < 0) {
    throw InvalidArgument({where, "step", "at least 0", fmt::format("{}", step), ""});
  }
  const auto names = session.options()->optimizer->slots();
  const auto& parameters = session.graph().parameters();
  std::vector<std::pair<const Tensor*, std::pair<std::size_t, int>>> found;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (!parameters[i].trainable) continue;
    for (std::size_t s = 0; s < names.size(); ++s) {
      const std::string wanted = fmt::format("{}/{}", parameters[i].path, names[s]);
      const auto place = std::find_if(state.begin(), state.end(),
                                      [&](const NamedTensor& n) { return n.name == wanted; });
      if (place == state.end()) {
        throw InvalidArgument({where, wanted, "a tensor of that name", "none", ""});
      }
      check_tensor(where, wanted, parameters[i].spec.shape, place->value);
      found.push_back({&place->value, {s, static_cast<int>(i)}});
    }
  }
  if (found.size() != state.size()) {
    throw InvalidArgument({where, "state", fmt::format("{} tensors", found.size()),
                           fmt::format("{}", state.size()), ""});
  }
  session.parameters().prepare(first_slot_values(session.options()->optimizer.impl()));
  for (const auto& [tensor, place] : found) {
    const auto [slot, parameter] = place;
    copy_in(parameters[static_cast<std::size_t>(parameter)].spec, *tensor,
            session.parameters().slot(slot, parameter));
  }
  session.set_step(step);
}

std::int64_t Model::step() const noexcept {
  return impl_->session != nullptr ? impl_->session->step() : 0;
}

float Model::learning_rate() const {
  const Session& session = impl_->built("learning_rate");
  if (!session.compiled()) {
    throw FailedPrecondition("learning_rate", "expected a compiled model. Call compile before.");
  }
  return session.learning_rate();
}

void Model::set_learning_rate(float rate) {
  static_cast<void>(learning_rate());  // built and compiled
  const LearningRate& given = impl_->session->options()->optimizer->learning_rate();
  if (const LearningRateSchedule* schedule = given.schedule()) {
    throw FailedPrecondition(
        "set_learning_rate",
        fmt::format("expected an optimizer with a number as its learning rate, got one with the "
                    "schedule {}. Compile with a number.",
                    (*schedule)->class_name()));
  }
  if (!(std::isfinite(rate) && rate > 0)) {
    throw InvalidArgument(
        {"set_learning_rate", "rate", "a finite number above 0", fmt::format("{}", rate), ""});
  }
  impl_->session->set_learning_rate(rate);
}

const TrainProgress& Model::progress() const noexcept { return impl_->progress; }

void Model::set_progress(TrainProgress progress) {
  impl_->refuse_in_fit("set_progress");
  if (progress.epoch < 0 || progress.batch < 0) {
    throw InvalidArgument({"set_progress", "epoch and batch", "at least 0",
                           fmt::format("{} and {}", progress.epoch, progress.batch), ""});
  }
  impl_->progress = std::move(progress);
}

MemoryPlan Model::memory_plan(std::int64_t batch_size) const {
  if (batch_size < 1) {
    throw InvalidArgument(
        {"memory_plan", "batch_size", "at least 1", fmt::format("{}", batch_size), ""});
  }
  return impl_->built("memory_plan").memory_plan(batch_size);
}

bool Model::is_sequential() const noexcept { return impl_->sequential; }
const ModelOptions& Model::options() const noexcept { return impl_->options; }
const CompileOptions* Model::compile_options() const noexcept { return impl_->compile_options(); }
const Graph& Model::graph() const { return impl_->built("graph").graph(); }
int Model::threads() const noexcept { return impl_->workers.threads(); }
void Model::set_threads(int threads) { impl_->workers = Workers(threads); }

}  // namespace minnow
