#include "layers/softmax.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/kernels/elementwise.h"
#include "layers/settings.h"

namespace minnow {
namespace {

// Along another axis than the last, which the engine does as an activation.
class SoftmaxOp : public LayerOp {
 public:
  SoftmaxOp(Declaration declaration, int axis) : LayerOp(std::move(declaration)) {
    const Shape& shape = this->declaration().output;
    for (int i = 0; i < axis; ++i) outer_ *= shape[i];
    n_ = shape[axis];
    for (int i = axis + 1; i < shape.rank(); ++i) inner_ *= shape[i];
  }

  void forward(const ForwardRun& run) const override {
    kernels::softmax(run.workers, run.rows * outer_, n_, inner_, run.inputs[0], run.output);
  }

  // dx = y (dy - sum over the axis of dy y)
  void backward(const BackwardRun& run) const override {
    if (run.d_inputs[0] == nullptr) return;
    kernels::softmax_backward(run.workers, run.rows * outer_, n_, inner_, run.output, run.d_output,
                              run.d_inputs[0]);
  }

 private:
  std::int64_t outer_ = 1, n_ = 1, inner_ = 1;
};

class SoftmaxImpl : public LayerImpl {
 public:
  explicit SoftmaxImpl(SoftmaxOptions options)
      : LayerImpl(std::move(options.name), options.trainable), axis_(options.axis) {
    if (axis_ == 0) {
      throw InvalidArgument({LayerLabel{"Softmax", this->name()}.str(), "axis",
                             "an axis other than the batch's", "0", ""});
    }
  }

  std::string_view class_name() const noexcept override { return "Softmax"; }
  Config config() const override { return Config::object({{"axis", axis_}}); }

  std::unique_ptr<LayerOp> build(const BuildContext& context) const override {
    context.require_one_input();
    const Shape& input = context.input();
    const int axis = row_axis(context, axis_);
    if (axis == input.rank() - 1) {
      return std::make_unique<LayerOp>(Declaration{
          .output = input, .activation = {.kind = ActivationKind::softmax}, .view = true});
    }
    return std::make_unique<SoftmaxOp>(Declaration{.output = input, .keeps_output = true}, axis);
  }

 private:
  int axis_;
};

}  // namespace

Softmax::Softmax(SoftmaxOptions options)
    : Layer(std::make_shared<SoftmaxImpl>(std::move(options))) {}

Layer Softmax::from_config(const Config& config) {
  LayerReader reader(config, "Softmax");
  const std::vector<std::int64_t> axes = reader.integers("axis", {-1});
  if (axes.size() != 1) {
    throw Unimplemented(reader.what(), fmt::format("'axis' = {} is not supported. Supported: one "
                                                   "axis.",
                                                   reader.value("axis").str()));
  }
  constexpr std::int64_t beyond = Shape::max_rank + 1;  // refused when built
  const auto axis = static_cast<int>(std::clamp(axes.front(), -beyond, beyond));
  reader.finish();
  return Softmax({.axis = axis, .name = reader.name(), .trainable = reader.trainable()});
}

}  // namespace minnow
