#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "../buffer.h"
#include "../parallel.h"
#include "graph.h"

namespace minnow {

/// Copies a weight's numbers from the order of its shape to that in which they lie in memory.
void to_memory(const WeightSpec& spec, const float* values, float* memory);
/// And back.
void from_memory(const WeightSpec& spec, const float* memory, float* values);

/// Brings the numbers that lie in memory back to what their weight's constraint allows.
void constrain(const Workers& workers, const WeightSpec& spec, float* memory);

/// The numbers of a model: its weights in one block, the trainable ones first, and beside that part
/// blocks of the same layout for gradients and optimizer state. The gaps that alignment leaves
/// between weights stay zero under every optimizer.
class ParameterStore {
 public:
  /// Allocates and initialises; each weight draws from the stream of (seed, its path).
  /// Throws ResourceExhausted.
  ParameterStore(const std::vector<Parameter>& parameters, std::uint64_t seed);

  float* weight(int parameter) noexcept;
  const float* weight(int parameter) const noexcept;
  /// Null where the parameter is not trained, or before prepare().
  float* gradient(int parameter) noexcept;
  float* slot(std::size_t slot, int parameter) noexcept;

  /// Makes room for gradients and a state block for each of `first_values`, filled with it; keeps
  /// what is there where as many blocks are.
  void prepare(std::span<const float> first_values);
  std::size_t slots() const noexcept { return slots_.size(); }
  void drop_slots() noexcept { slots_.clear(); }

  /// Trainable weights with their gaps, in floats.
  std::int64_t trainable_extent() const noexcept { return trainable_; }
  std::int64_t extent() const noexcept { return extent_; }
  float* weights_block() noexcept { return weights_.as<float>(); }
  float* gradients_block() noexcept { return gradients_.as<float>(); }
  float* slots_block(std::size_t slot) noexcept { return slots_[slot].as<float>(); }

 private:
  std::vector<std::int64_t> offsets_;  // floats
  std::int64_t trainable_ = 0, extent_ = 0;
  Buffer weights_, gradients_;
  std::vector<Buffer> slots_;
};

/// Floats that the weights of a graph take, with their gaps: all of them, and the trainable part.
struct ParameterLayout {
  std::vector<std::int64_t> offsets;
  std::int64_t trainable = 0, extent = 0;
};
ParameterLayout lay_parameters(const std::vector<Parameter>& parameters);

}  // namespace minnow
