#pragma once

#include <span>
#include <string>
#include <string_view>

#include "../kernels/activation.h"

namespace minnow {

/// What an `.activation` option accepts: `Activation::relu`, "relu", or an ActivationFn with
/// parameters of its own. The plain names mean Keras's functions: elu with alpha 1, leaky_relu with
/// a negative slope of 0.2.
class ActivationArg {
 public:
  ActivationArg(ActivationKind kind);
  ActivationArg(const ActivationFn& fn) : fn_(fn) {}
  /// Throws InvalidArgument for an unknown name, with the nearest known one, and Unimplemented for
  /// Keras's glu, sparsemax and threshold.
  ActivationArg(std::string_view name);
  ActivationArg(const char* name) : ActivationArg(std::string_view(name)) {}
  ActivationArg(const std::string& name) : ActivationArg(std::string_view(name)) {}

  const ActivationFn& fn() const noexcept { return fn_; }

 private:
  ActivationFn fn_;
};

/// Keras's name of the function: "relu". clipped_relu has none: it is a layer's own.
std::string_view activation_name(ActivationKind kind) noexcept;

/// The names that ActivationArg knows.
std::span<const std::string_view> activation_names() noexcept;

}  // namespace minnow
