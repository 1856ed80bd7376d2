#include "core/graph/parameters.h"

#include <algorithm>
#include <cstring>

#include "core/error.h"
#include "core/rng.h"

namespace minnow {

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
    Rng rng(seed, parameters[i].path);
    parameters[i].spec.initializer.fill(parameters[i].spec.shape, rng, weight(static_cast<int>(i)));
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

void ParameterStore::prepare(std::size_t slots) {
  const std::int64_t bytes = trainable_ * static_cast<std::int64_t>(sizeof(float));
  if (gradients_.size() != bytes) gradients_ = Buffer(bytes, "gradients");
  if (slots_.size() == slots) return;
  std::vector<Buffer> fresh;
  for (std::size_t i = 0; i < slots; ++i) fresh.emplace_back(bytes, "optimizer state");
  slots_ = std::move(fresh);
}

void ParameterStore::clear_slots() {
  for (Buffer& slot : slots_) {
    if (slot.size() > 0) std::memset(slot.data(), 0, static_cast<std::size_t>(slot.size()));
  }
}

}  // namespace minnow
