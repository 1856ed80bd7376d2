#include "core/graph/activation_arg.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/error.h"
#include "core/text.h"

namespace minnow {
namespace {

using enum ActivationKind;

struct Name {
  std::string_view name;
  ActivationKind kind;
};

// The first name of a kind is the one it is written under.
constexpr std::array names = {
    Name{"linear", linear},
    Name{"relu", relu},
    Name{"sigmoid", sigmoid},
    Name{"tanh", tanh},
    Name{"softmax", softmax},
    Name{"softplus", softplus},
    Name{"elu", elu},
    Name{"leaky_relu", leaky_relu},
    Name{"silu", silu},
    Name{"swish", silu},
    Name{"gelu", gelu},
    Name{"selu", selu},
    Name{"celu", celu},
    Name{"relu6", relu6},
    Name{"hard_sigmoid", hard_sigmoid},
    Name{"hard_silu", hard_silu},
    Name{"hard_swish", hard_silu},
    Name{"hard_tanh", hard_tanh},
    Name{"hard_shrink", hard_shrink},
    Name{"soft_shrink", soft_shrink},
    Name{"tanh_shrink", tanh_shrink},
    Name{"softsign", softsign},
    Name{"squareplus", squareplus},
    Name{"sparse_plus", sparse_plus},
    Name{"sparse_sigmoid", sparse_sigmoid},
    Name{"log_sigmoid", log_sigmoid},
    Name{"exponential", exponential},
    Name{"mish", mish},
    Name{"gelu_tanh", gelu_tanh},
    Name{"log_softmax", log_softmax},
};

constexpr auto known_names = [] {
  std::array<std::string_view, names.size()> all;
  for (std::size_t i = 0; i < names.size(); ++i) all[i] = names[i].name;
  return all;
}();

// Functions of Keras's that minnow lacks. threshold, which has no defaults, goes by no name there
// either.
constexpr std::array<std::string_view, 3> unsupported_names = {"glu", "sparsemax", "threshold"};

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
  if (found != known_names.end()) {
    fn_ = with_default_slope(names[static_cast<std::size_t>(found - known_names.begin())].kind);
    return;
  }
  if (std::find(unsupported_names.begin(), unsupported_names.end(), name) !=
      unsupported_names.end()) {
    throw Unimplemented("activation", fmt::format("'{}' is not supported. Supported: {}.", name,
                                                  joined(known_names)));
  }
  throw InvalidArgument({"activation", "", "the name of an activation", fmt::format("'{}'", name),
                         suggest_name(name, known_names)});
}

std::string_view activation_name(ActivationKind kind) noexcept {
  const auto found =
      std::find_if(names.begin(), names.end(), [&](const Name& n) { return n.kind == kind; });
  return found == names.end() ? "clipped_relu" : found->name;
}

std::span<const std::string_view> activation_names() noexcept { return known_names; }

}  // namespace minnow
