#include "layers/merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/kernels/merge.h"
#include "layers/settings.h"

namespace minnow {
namespace {

constexpr std::string_view class_names[] = {"Add",     "Subtract", "Multiply",
                                            "Average", "Maximum",  "Minimum"};

class MergeOp : public LayerOp {
 public:
  MergeOp(Declaration declaration, MergeKind kind, std::vector<kernels::Spread> spreads)
      : LayerOp(std::move(declaration)), kind_(kind), spreads_(std::move(spreads)) {}

  void forward(const ForwardRun& run) const override {
    kernels::merge_forward(run.workers, job(run.rows, run.inputs), run.output);
  }

  // Of a sum dx = dy, of a product dx = dy times the others, of the largest dx = dy where it is x
  void backward(const BackwardRun& run) const override {
    for (std::size_t k = 0; k < run.d_inputs.size(); ++k) {
      if (run.d_inputs[k] == nullptr) continue;
      kernels::merge_backward(run.workers, job(run.rows, run.inputs), k, run.d_output,
                              run.d_inputs[k]);
    }
  }

 private:
  kernels::MergeJob job(std::int64_t rows, std::span<const float* const> inputs) const {
    return {.kind = kind_, .rows = rows, .spreads = spreads_, .inputs = inputs};
  }

  MergeKind kind_;
  std::vector<kernels::Spread> spreads_;
};

class MergeImpl : public LayerImpl {
 public:
  MergeImpl(MergeKind kind, MergeOptions options)
      : LayerImpl(std::move(options.name), options.trainable), kind_(kind) {}

  std::string_view class_name() const noexcept override {
    return class_names[static_cast<std::size_t>(kind_)];
  }
  Config config() const override { return Config(Config::Object{}); }

  std::unique_ptr<LayerOp> build(const BuildContext& context) const override {
    if (kind_ == MergeKind::subtract && context.inputs.size() != 2) {
      throw InvalidArgument(
          {context.layer, "input", "two inputs", fmt::format("{}", context.inputs.size()), ""});
    }
    const std::vector<std::int64_t> output = broadcast(context);
    std::vector<kernels::Spread> spreads;
    for (const Shape& input : context.inputs) {
      std::vector<std::int64_t> under(output.size(), 1);
      std::copy(input.begin(), input.end(), under.end() - input.rank());
      spreads.push_back(kernels::make_spread(output, under));
    }
    const bool reads_again =
        kind_ == MergeKind::multiply || kind_ == MergeKind::maximum || kind_ == MergeKind::minimum;
    return std::make_unique<MergeOp>(Declaration{.output = checked_shape(context, "output", output),
                                                 .keeps_inputs = reads_again},
                                     kind_, std::move(spreads));
  }

 private:
  static std::vector<std::int64_t> broadcast(const BuildContext& context) {
    std::vector<std::int64_t> output;
    for (std::size_t k = 0; k < context.inputs.size(); ++k) {
      const Shape& input = context.inputs[k];
      const std::vector<std::int64_t> before = output;
      while (static_cast<int>(output.size()) < input.rank()) output.insert(output.begin(), 1);
      const std::size_t skipped = output.size() - static_cast<std::size_t>(input.rank());
      for (int axis = 0; axis < input.rank(); ++axis) {
        std::int64_t& size = output[skipped + static_cast<std::size_t>(axis)];
        if (size == 1) size = input[axis];
        if (input[axis] != 1 && input[axis] != size) {
          context.wrong_input(
              fmt::format("{} or what broadcasts with it", Shape(before).batch_str()), "", k);
        }
      }
    }
    return output;
  }

  MergeKind kind_;
};

Layer merge(MergeKind kind, MergeOptions options) {
  return Layer(std::make_shared<MergeImpl>(kind, std::move(options)));
}

MergeOptions options_from(const Config& config, MergeKind kind) {
  LayerReader reader(config, class_names[static_cast<std::size_t>(kind)]);
  reader.finish();
  return {.name = reader.name(), .trainable = reader.trainable()};
}

}  // namespace

Add::Add(MergeOptions options) : Layer(merge(MergeKind::add, std::move(options))) {}
Subtract::Subtract(MergeOptions options) : Layer(merge(MergeKind::subtract, std::move(options))) {}
Multiply::Multiply(MergeOptions options) : Layer(merge(MergeKind::multiply, std::move(options))) {}
Average::Average(MergeOptions options) : Layer(merge(MergeKind::average, std::move(options))) {}
Maximum::Maximum(MergeOptions options) : Layer(merge(MergeKind::maximum, std::move(options))) {}
Minimum::Minimum(MergeOptions options) : Layer(merge(MergeKind::minimum, std::move(options))) {}

Layer Add::from_config(const Config& config) { return Add(options_from(config, MergeKind::add)); }
Layer Subtract::from_config(const Config& config) {
  return Subtract(options_from(config, MergeKind::subtract));
}
Layer Multiply::from_config(const Config& config) {
  return Multiply(options_from(config, MergeKind::multiply));
}
Layer Average::from_config(const Config& config) {
  return Average(options_from(config, MergeKind::average));
}
Layer Maximum::from_config(const Config& config) {
  return Maximum(options_from(config, MergeKind::maximum));
}
Layer Minimum::from_config(const Config& config) {
  return Minimum(options_from(config, MergeKind::minimum));
}

}  // namespace minnow
