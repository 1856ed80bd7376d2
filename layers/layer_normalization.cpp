#include "layers/layer_normalization.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "core/error.h"
#include "core/kernels/normalization.h"
#include "core/text.h"
#include "layers/settings.h"

namespace minnow {
namespace {

class LayerNormalizationOp : public LayerOp {
 public:
  LayerNormalizationOp(Declaration declaration, std::int64_t cols,
                       const LayerNormalizationOptions& options)
      : LayerOp(std::move(declaration)),
        cols_(cols),
        epsilon_(options.epsilon),
        scale_(options.scale),
        center_(options.center) {}

  void forward(const ForwardRun& run) const override {
    kernels::layer_norm_forward(run.workers, norm_of(run.rows, run.weights), run.inputs[0],
                                run.output, reinterpret_cast<float*>(run.saved));
  }

  // dgamma = sum over rows of dy x', dbeta = sum of dy, x' = (x - mean) / s
  // dx = (g - mean(g) - x' mean(g x')) / s with g = gamma dy, s = sqrt(variance + epsilon)
  void backward(const BackwardRun& run) const override {
    kernels::layer_norm_backward(run.workers, norm_of(run.rows, run.weights), run.inputs[0],
                                 run.d_output, reinterpret_cast<const float*>(run.saved),
                                 {.dx = run.d_inputs[0],
                                  .dgamma = scale_ ? run.d_weights[0] : nullptr,
                                  .dbeta = center_ ? run.d_weights[beta_at()] : nullptr,
                                  .accumulate = run.accumulate},
                                 reinterpret_cast<float*>(run.scratch));
  }

 private:
  std::size_t beta_at() const { return scale_ ? 1 : 0; }
  kernels::RowNorm norm_of(std::int64_t rows, std::span<const float* const> weights) const {
    return {.rows = rows * (declaration().output.numel() / cols_),
            .cols = cols_,
            .epsilon = epsilon_,
            .gamma = scale_ ? weights[0] : nullptr,
            .beta = center_ ? weights[beta_at()] : nullptr};
  }

  std::int64_t cols_;
  float epsilon_;
  bool scale_, center_;
};

class LayerNormalizationImpl : public LayerImpl {
 public:
  explicit LayerNormalizationImpl(LayerNormalizationOptions options)
      : LayerImpl(options.name, options.trainable), options_(std::move(options)) {
    const LayerLabel label{"LayerNormalization", name()};
    if (options_.axis.empty()) {
      throw InvalidArgument({label.str(), "axis", "at least one axis", "none", ""});
    }
    require_not_negative(label, "epsilon", options_.epsilon);
    std::sort(options_.axis.begin(), options_.axis.end());
  }

  std::string_view class_name() const noexcept override { return "LayerNormalization"; }

  Config config() const override {
    return Config::object({{"axis", Config::integers(options_.axis)},
                           {"epsilon", options_.epsilon},
                           {"center", options_.center},
                           {"scale", options_.scale},
                           {"rms_scaling", false},
                           {"beta_initializer", initializer_config(options_.beta_initializer)},
                           {"gamma_initializer", initializer_config(options_.gamma_initializer)},
                           {"beta_regularizer", regularizer_config(options_.beta_regularizer)},
                           {"gamma_regularizer", regularizer_config(options_.gamma_regularizer)},
                           {"beta_constraint", constraint_config(options_.beta_constraint)},
                           {"gamma_constraint", constraint_config(options_.gamma_constraint)}});
  }

  std::unique_ptr<LayerOp> build(const BuildContext& context) const override {
    context.require_one_input();
    const Shape& input = context.input();
    const Shape along(sizes_along(context));
    const std::int64_t cols = along.numel(), bytes = sizeof(float);
    const Shape sums = checked_shape(context, "gradient", {cols, 2, kernels::layer_norm_pieces});
    Declaration declaration{.output = input,
                            .keeps_inputs = true,
                            .saved = {.per_row = 2 * (input.numel() / cols) * bytes},
                            .scratch = {.fixed = bytes * sums.numel()}};
    auto& weights = declaration.weights;
    if (options_.scale) {
      weights.push_back({.name = "gamma",
                         .shape = along,
                         .initializer = options_.gamma_initializer,
                         .regularizer = options_.gamma_regularizer,
                         .constraint = options_.gamma_constraint});
    }
    if (options_.center) {
      weights.push_back({.name = "beta",
                         .shape = along,
                         .initializer = options_.beta_initializer,
                         .regularizer = options_.beta_regularizer,
                         .constraint = options_.beta_constraint});
    }
    return std::make_unique<LayerNormalizationOp>(std::move(declaration), cols, options_);
  }

 private:
  // The axes must be the last ones, each once.
  std::vector<std::int64_t> sizes_along(const BuildContext& context) const {
    const Shape& input = context.input();
    std::vector<int> axes;
    for (const std::int64_t axis : options_.axis) axes.push_back(row_axis(context, axis));
    std::sort(axes.begin(), axes.end());
    std::vector<std::int64_t> sizes;
    int wanted = input.rank() - static_cast<int>(axes.size());
    for (const int axis : axes) {
      if (axis != wanted++) {
        throw Unimplemented(
            context.layer,
            fmt::format(
                "'axis' = [{}] of {} is not supported. Supported: the last axes, each once.",
                joined(options_.axis), input.batch_str()));
      }
      sizes.push_back(input[axis]);
    }
    return sizes;
  }

  LayerNormalizationOptions options_;
};

}  // namespace

LayerNormalization::LayerNormalization(LayerNormalizationOptions options)
    : Layer(std::make_shared<LayerNormalizationImpl>(std::move(options))) {}

Layer LayerNormalization::from_config(const Config& config) {
  LayerReader reader(config, "LayerNormalization");
  const LayerNormalizationOptions options{
      .axis = reader.integers("axis", {-1}),
      .epsilon = reader.real("epsilon", 1e-3F),
      .center = reader.boolean("center", true),
      .scale = reader.boolean("scale", true),
      .beta_initializer = reader.initializer("beta_initializer", "zeros"),
      .gamma_initializer = reader.initializer("gamma_initializer", "ones"),
      .name = reader.name(),
      .trainable = reader.trainable(),
      .beta_regularizer = reader.regularizer("beta_regularizer"),
      .gamma_regularizer = reader.regularizer("gamma_regularizer"),
      .beta_constraint = reader.constraint("beta_constraint"),
      .gamma_constraint = reader.constraint("gamma_constraint")};
  reader.require("rms_scaling", false);
  reader.finish();
  return LayerNormalization(options);
}

}  // namespace minnow
