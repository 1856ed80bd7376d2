#include "interop/detail/onnx_activation.h"

#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace minnow::detail {
namespace {

// One value's activation, built of ONNX's operators.
class Translator {
 public:
  Translator(OnnxGraph& graph, std::string z) : graph_(graph), z_(std::move(z)) {}

  // Softmax and log_softmax along `axis`.
  std::string translate(const ActivationFn& fn, std::int64_t axis) {
    switch (fn.kind) {
      case ActivationKind::linear:
        return z_;
      case ActivationKind::relu:
        return node("Relu");
      case ActivationKind::sigmoid:
        return node("Sigmoid");
      case ActivationKind::tanh:
        return node("Tanh");
      case ActivationKind::softmax:
        return node("Softmax", {{"axis", axis}});
      case ActivationKind::log_softmax:
        return node("LogSoftmax", {{"axis", axis}});
      case ActivationKind::softplus:
        return node("Softplus");
      case ActivationKind::elu:
        return node("Elu", {{"alpha", fn.slope}});
      case ActivationKind::leaky_relu:
        return node("LeakyRelu", {{"alpha", fn.slope}});
      case ActivationKind::silu:
        return times(z_, node("Sigmoid"));
      case ActivationKind::gelu:  // z (1 + erf(z / sqrt 2)) / 2
        return half_of_one_plus(graph_.node("Erf", {times(z_, number("sqrt_half", 0.70710678F))}));
      case ActivationKind::gelu_tanh: {  // tanh(sqrt(2 / pi) (z + 0.044715 z^3)) in place of erf
        const std::string cubic = times(times(z_, z_), number("cubic", 0.044715F));
        const std::string inner = times(z_, plus(cubic, number("one", 1)));
        return half_of_one_plus(graph_.node("Tanh", {times(inner, number("root", 0.79788456F))}));
      }
      case ActivationKind::selu:
        return node("Selu");
      case ActivationKind::celu:
        return node("Celu");
      case ActivationKind::relu6:
        return clip(0, 6);
      case ActivationKind::hard_sigmoid:
        return node("HardSigmoid", {{"alpha", 1 / 6.0F}, {"beta", 0.5F}});
      case ActivationKind::hard_silu:
        return node("HardSwish");
      case ActivationKind::hard_tanh:
        return clip(-1, 1);
      case ActivationKind::hard_shrink:
        return node("Shrink", {{"lambd", 0.5F}, {"bias", 0.0F}});
      case ActivationKind::soft_shrink:
        return node("Shrink", {{"lambd", 0.5F}, {"bias", 0.5F}});
      case ActivationKind::tanh_shrink:
        return graph_.node("Sub", {z_, node("Tanh")});
      case ActivationKind::softsign:
        return node("Softsign");
      case ActivationKind::squareplus: {  // (z + sqrt(z^2 + 4)) / 2
        const std::string root = graph_.node("Sqrt", {plus(times(z_, z_), number("four", 4))});
        return times(plus(z_, root), number("half", 0.5F));
      }
      case ActivationKind::sparse_plus: {  // (c + 1)^2 / 4 + max(z - 1, 0), c = z within -1 and 1
        const std::string c = plus(clip(-1, 1), number("one", 1));
        const std::string rest = graph_.node("Relu", {plus(z_, number("minus_one", -1))});
        return plus(times(times(c, c), number("quarter", 0.25F)), rest);
      }
      case ActivationKind::sparse_sigmoid:
        return node("HardSigmoid", {{"alpha", 0.5F}, {"beta", 0.5F}});
      case ActivationKind::log_sigmoid:
        return graph_.node("Neg", {graph_.node("Softplus", {node("Neg")})});
      case ActivationKind::exponential:
        return node("Exp");
      case ActivationKind::mish:
        return times(z_, graph_.node("Tanh", {node("Softplus")}));
      case ActivationKind::clipped_relu:
        return clipped_relu(fn);
    }
    return z_;  // all are above
  }

 private:
  std::string node(std::string_view op, const std::vector<OnnxAttribute>& attributes = {}) {
    return graph_.node(op, {z_}, attributes);
  }
  std::string number(std::string_view what, float value) { return graph_.scalar(what, value); }
  std::string times(const std::string& a, const std::string& b) {
    return graph_.node("Mul", {a, b});
  }
  std::string plus(const std::string& a, const std::string& b) {
    return graph_.node("Add", {a, b});
  }
  std::string clip(float low, float high) {
    return graph_.node("Clip", {z_, number("least", low), number("most", high)});
  }
  std::string half_of_one_plus(const std::string& v) {
    return times(times(z_, plus(v, number("one", 1))), number("half", 0.5F));
  }

  // slope (z - threshold) below the threshold, z from there on, never above max_value.
  std::string clipped_relu(const ActivationFn& fn) {
    const std::string threshold = number("threshold", fn.threshold);
    const std::string below = times(graph_.node("Sub", {z_, threshold}), number("slope", fn.slope));
    std::string y = graph_.node("Where", {graph_.node("Less", {z_, threshold}), below, z_});
    if (fn.max_value < std::numeric_limits<float>::infinity()) {
      y = graph_.node("Min", {y, number("max_value", fn.max_value)});
    }
    return y;
  }

  OnnxGraph& graph_;
  std::string z_;
};

}  // namespace

OnnxValue onnx_activated(OnnxGraph& graph, const OnnxValue& value, const ActivationFn& fn) {
  Translator translator(graph, value.name);
  return {translator.translate(fn, value.channels_first ? 1 : -1), value.row, value.channels_first};
}

}  // namespace minnow::detail
