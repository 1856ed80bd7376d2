#include "layers/permute.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "core/error.h"
#include "core/kernels/layout.h"
#include "core/text.h"
#include "layers/settings.h"

namespace minnow {
namespace {

// Axis i of the result is axis order[i] of a shape.
kernels::Permutation permutation(const Shape& from, const std::vector<int>& order) {
  kernels::Permutation p{.axes = from.rank()};
  for (std::size_t i = 0; i < order.size(); ++i) {
    p.size[i] = from[order[i]];
    p.stride[i] = 1;
    for (int axis = order[i] + 1; axis < from.rank(); ++axis) p.stride[i] *= from[axis];
  }
  return p;
}

class PermuteOp : public LayerOp {
 public:
  PermuteOp(Declaration declaration, const Shape& input, const std::vector<int>& order)
      : LayerOp(std::move(declaration)), there_(permutation(input, order)) {
    std::vector<int> inverse(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      inverse[static_cast<std::size_t>(order[i])] = static_cast<int>(i);
    }
    back_ = permutation(this->declaration().output, inverse);
  }

  void forward(const ForwardRun& run) const override {
    kernels::permute(run.workers, there_, run.rows, declaration().output.numel(), run.inputs[0],
                     run.output);
  }

  // dx = dy with its axes back in place
  void backward(const BackwardRun& run) const override {
    if (run.d_inputs[0] == nullptr) return;
    kernels::permute(run.workers, back_, run.rows, declaration().output.numel(), run.d_output,
                     run.d_inputs[0]);
  }

 private:
  kernels::Permutation there_, back_;
};

class PermuteImpl : public LayerImpl {
 public:
  PermuteImpl(std::vector<std::int64_t> dims, PermuteOptions options)
      : LayerImpl(std::move(options.name), options.trainable), dims_(std::move(dims)) {
    std::vector<std::int64_t> sorted = dims_;
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      if (sorted[i] == static_cast<std::int64_t>(i) + 1) continue;
      throw InvalidArgument({LayerLabel{"Permute", this->name()}.str(), "dims",
                             fmt::format("the numbers 1 to {}, each once", dims_.size()),
                             fmt::format("({})", joined(dims_)), ""});
    }
  }

  std::string_view class_name() const noexcept override { return "Permute"; }
  Config config() const override { return Config::object({{"dims", Config::integers(dims_)}}); }

  std::unique_ptr<LayerOp> build(const BuildContext& context) const override {
    context.require_one_input();
    const Shape& input = context.input();
    if (input.rank() != static_cast<int>(dims_.size())) {
      context.wrong_input(fmt::format("rank {}", dims_.size() + 1));
    }
    std::vector<int> order;
    std::vector<std::int64_t> output;
    for (const std::int64_t dim : dims_) {
      order.push_back(static_cast<int>(dim - 1));
      output.push_back(input[order.back()]);
    }
    return std::make_unique<PermuteOp>(Declaration{.output = Shape(output)}, input, order);
  }

 private:
  std::vector<std::int64_t> dims_;
};

}  // namespace

Permute::Permute(std::vector<std::int64_t> dims, PermuteOptions options)
    : Layer(std::make_shared<PermuteImpl>(std::move(dims), std::move(options))) {}

Layer Permute::from_config(const Config& config) {
  LayerReader reader(config, "Permute");
  std::vector<std::int64_t> dims = reader.integers("dims");
  reader.finish();
  return Permute(std::move(dims), {.name = reader.name(), .trainable = reader.trainable()});
}

}  // namespace minnow
