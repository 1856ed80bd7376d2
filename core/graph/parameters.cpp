#include "core/graph/parameters.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/kernels/constrain.h"
#include "core/rng.h"

namespace minnow {

namespace {

void transpose(std::int64_t rows, std::int64_t cols, const float* from, float* to) {
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < cols; ++j) to[j * rows + i] = from[i * cols + j];
  }
}

}  // namespace

void to_memory(const WeightSpec& spec, const float* values, float* memory) {
  if (spec.stored_transposed) return transpose(spec.shape[0], spec.shape[1], values, memory);
  std::copy_n(values, spec.shape.numel(), memory);
}

void from_memory(const WeightSpec& spec, const float* memory, float* values) {
  if (spec.stored_transposed) return transpose(spec.shape[1], spec.shape[0], memory, values);
  std::copy_n(memory, spec.shape.numel(), values);
}

void constrain(const Workers& workers, const WeightSpec& spec, float* memory) {
  const Constraint& c = spec.constraint;
  if (!c) return;
  if (!c.of_norms()) return kernels::clip_below_zero(workers, spec.shape.numel(), memory);
  kernels::NormAxes axes{.rank = spec.shape.rank()};
  for (int i = 0; i < axes.rank; ++i) axes.axes[static_cast<std::size_t>(i)].size = spec.shape[i];
  for (const std::int64_t axis : c.axes()) {
    axes.axes[static_cast<std::size_t>(axis < 0 ? axis + axes.rank : axis)].along = true;
  }
  if (spec.stored_transposed) std::swap(axes.axes[0], axes.axes[1]);
  kernels::bound_norms(workers, axes,
                       {.low = c.min_value(),
                        .high = c.max_value(),
                        .rate = c.rate(),
                        .unit = c.kind() == Constraint::Kind::unit_norm},
                       memory);
}

ParameterLayout lay_parameters(const std::vector<Parameter>& parameters) {
  constexpr std::int64_t line = Buffer::alignment / sizeof(float);
  ParameterLayout layout;
  layout.offsets.resize(parameters.size());
  for (bool trainable : {true, false}) {
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      if (parameters[i].trainable != trainable) continue;
      layout.offsets[i] = layout.extent;
      std::int64_t size = 0;
      if (__builtin_add_overflow(parameters[i].spec.shape.numel(), line - 1, &size) ||
          __builtin_add_overflow(layout.extent, size / line * line, &layout.extent) ||
          layout.extent > (std::int64_t{1} << 60)) {
        throw ResourceExhausted("Model", "expected weights that fit in memory.");
      }
    }
    if (trainable) layout.trainable = layout.extent;
  }
  return layout;
}

ParameterStore::ParameterStore(const std::vector<Parameter>& parameters, std::uint64_t seed) {
  ParameterLayout layout = lay_parameters(parameters);
  offsets_ = std::move(layout.offsets);
  trainable_ = layout.trainable;
  extent_ = layout.extent;
  weights_ = Buffer(extent_ * static_cast<std::int64_t>(sizeof(float)), "weights");
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const WeightSpec& spec = parameters[i].spec;
    Rng rng(seed, parameters[i].path);
    float* memory = weight(static_cast<int>(i));
    if (!spec.values.empty()) {
      to_memory(spec, spec.values.data(), memory);
      continue;
    }
    if (!spec.stored_transposed) {
      spec.initializer.fill(spec.shape, rng, memory);
      continue;
    }
    Buffer values(spec.shape.numel() * static_cast<std::int64_t>(sizeof(float)), "weights");
    spec.initializer.fill(spec.shape, rng, values.as<float>());
    to_memory(spec, values.as<float>(), memory);
  }
}

float* ParameterStore::weight(int parameter) noexcept {
  return weights_.as<float>() + offsets_[static_cast<std::size_t>(parameter)];
}

const float* ParameterStore::weight(int parameter) const noexcept {
  return weights_.as<float>() + offsets_[static_cast<std::size_t>(parameter)];
}

float* ParameterStore::gradient(int parameter) noexcept {
  const std::int64_t offset = offsets_[static_cast<std::size_t>(parameter)];
  return gradients_.data() == nullptr || offset >= trainable_ ? nullptr
                                                              : gradients_.as<float>() + offset;
}

float* ParameterStore::slot(std::size_t slot, int parameter) noexcept {
  return slots_[slot].as<float>() + offsets_[static_cast<std::size_t>(parameter)];
}

void ParameterStore::prepare(std::span<const float> first_values) {
  const std::int64_t bytes = trainable_ * static_cast<std::int64_t>(sizeof(float));
  if (gradients_.size() != bytes) gradients_ = Buffer(bytes, "gradients");
  if (slots_.size() == first_values.size()) return;
  std::vector<Buffer> fresh;
  for (const float value : first_values) {
    fresh.emplace_back(bytes, "optimizer state");
    if (value != 0) std::fill_n(fresh.back().as<float>(), trainable_, value);
  }
  slots_ = std::move(fresh);
}

}  // namespace minnow
