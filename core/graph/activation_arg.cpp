#include "core/graph/activation_arg.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/error.h"
#include "core/text.h"

namespace minnow {
namespace {

using enum ActivationKind;

// In the order of ActivationKind, then the second names.
constexpr std::array<std::string_view, 11> known_names = {
    "linear", "relu",       "sigmoid", "tanh", "softmax", "softplus",
    "elu",    "leaky_relu", "silu",    "gelu", "swish"};
constexpr std::array kinds = {linear, relu,       sigmoid, tanh, softmax, softplus,
                              elu,    leaky_relu, silu,    gelu, silu};
static_assert(known_names.size() == kinds.size());

ActivationFn with_default_slope(ActivationKind kind) {
  ActivationFn fn{.kind = kind};
  if (kind == elu) fn.slope = 1.0F;
  if (kind == leaky_relu) fn.slope = 0.2F;
  return fn;
}

}  // namespace

ActivationArg::ActivationArg(ActivationKind kind) : fn_(with_default_slope(kind)) {}

ActivationArg::ActivationArg(std::string_view name) {
  const auto found = std::find(known_names.begin(), known_names.end(), name);
  if (found == known_names.end()) {
    throw InvalidArgument({"activation", "", "the name of an activation", fmt::format("'{}'", name),
                           suggest_name(name, known_names)});
  }
  fn_ = with_default_slope(kinds[static_cast<std::size_t>(found - known_names.begin())]);
}

std::string_view activation_name(ActivationKind kind) noexcept {
  const auto found = std::find(kinds.begin(), kinds.end(), kind);
  return found == kinds.end() ? "clipped_relu"
                              : known_names[static_cast<std::size_t>(found - kinds.begin())];
}

std::span<const std::string_view> activation_names() noexcept { return known_names; }

}  // namespace minnow
