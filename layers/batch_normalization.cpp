#include "layers/batch_normalization.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "core/error.h"
#include "core/kernels/normalization.h"
#include "layers/settings.h"

namespace minnow {
namespace {

class BatchNormalizationOp : public LayerOp {
 public:
  BatchNormalizationOp(Declaration declaration, const BatchNormalizationOptions& options,
                       bool frozen)
      : LayerOp(std::move(declaration)),
        momentum_(options.momentum),
        epsilon_(options.epsilon),
        scale_(options.scale),
        center_(options.center),
        frozen_(frozen) {}

  void forward(const ForwardRun& run) const override {
    kernels::ColumnNorm norm = norm_of(run.rows, run.weights);
    if (run.training && !frozen_) {
      auto* mean = reinterpret_cast<float*>(run.saved);
      float* variance = mean + cols();
      kernels::column_moments(run.workers, norm.rows, norm.cols, run.inputs[0], mean, variance);
      norm.mean = mean;
      norm.variance = variance;
    }
    kernels::batch_norm_forward(run.workers, norm, run.inputs[0], run.epilogue, run.output,
                                reinterpret_cast<float*>(run.scratch));
  }

  void backward(const BackwardRun& run) const override {
    kernels::ColumnNorm norm = norm_of(run.rows, run.weights);
    auto* scratch = reinterpret_cast<float*>(run.scratch);
    float* dx = run.d_inputs[0];
    if (frozen_) {
      // dx = gamma dy / sqrt(variance + epsilon): the moving averages are given numbers
      if (dx != nullptr) kernels::fixed_norm_backward(run.workers, norm, run.d_output, dx, scratch);
      return;
    }
    // dx also through the batch's mean and variance: see batch_norm_backward
    norm.mean = reinterpret_cast<const float*>(run.saved);
    norm.variance = norm.mean + cols();
    kernels::batch_norm_backward(run.workers, norm, run.inputs[0], run.d_output,
                                 {.dx = dx,
                                  .dgamma = scale_ ? run.d_weights[0] : nullptr,
                                  .dbeta = center_ ? run.d_weights[beta_at()] : nullptr,
                                  .accumulate = run.accumulate},
                                 scratch);
  }

  void finish_step(const FinishRun& run) const override {
    if (frozen_) return;
    const auto* batch = reinterpret_cast<const float*>(run.saved);
    for (const std::size_t which : {0U, 1U}) {  // mean, variance
      float* moving = run.weights[mean_at() + which];
      const float* now = batch + static_cast<std::int64_t>(which) * cols();
      for (std::int64_t c = 0; c < cols(); ++c) {
        moving[c] = moving[c] * momentum_ + now[c] * (1 - momentum_);
      }
    }
  }

 private:
  std::int64_t cols() const { return declaration().output.back(); }
  std::size_t beta_at() const { return scale_ ? 1 : 0; }
  std::size_t mean_at() const { return beta_at() + (center_ ? 1 : 0); }

  // With the moving averages.
  kernels::ColumnNorm norm_of(std::int64_t rows, std::span<const float* const> weights) const {
    return {.rows = rows * (declaration().output.numel() / cols()),
            .cols = cols(),
            .mean = weights[mean_at()],
            .variance = weights[mean_at() + 1],
            .epsilon = epsilon_,
            .gamma = scale_ ? weights[0] : nullptr,
            .beta = center_ ? weights[beta_at()] : nullptr};
  }

  float momentum_, epsilon_;
  bool scale_, center_, frozen_;
};

class BatchNormalizationImpl : public LayerImpl {
 public:
  explicit BatchNormalizationImpl(BatchNormalizationOptions options)
      : LayerImpl(options.name, options.trainable), options_(std::move(options)) {
    const LayerLabel label{"BatchNormalization", name()};
    if (!(options_.momentum >= 0 && options_.momentum <= 1)) {
      throw InvalidArgument({label.str(), "momentum", "a number in [0, 1]",
                             fmt::format("{}", options_.momentum), ""});
    }
    require_not_negative(label, "epsilon", options_.epsilon);
  }

  std::string_view class_name() const noexcept override { return "BatchNormalization"; }

  Config config() const override {
    return Config::object(
        {{"axis", options_.axis},
         {"momentum", options_.momentum},
         {"epsilon", options_.epsilon},
         {"center", options_.center},
         {"scale", options_.scale},
         {"beta_initializer", initializer_config(options_.beta_initializer)},
         {"gamma_initializer", initializer_config(options_.gamma_initializer)},
         {"moving_mean_initializer", initializer_config(options_.moving_mean_initializer)},
         {"moving_variance_initializer", initializer_config(options_.moving_variance_initializer)},
         {"beta_regularizer", regularizer_config(options_.beta_regularizer)},
         {"gamma_regularizer", regularizer_config(options_.gamma_regularizer)},
         {"beta_constraint", constraint_config(options_.beta_constraint)},
         {"gamma_constraint", constraint_config(options_.gamma_constraint)},
         {"synchronized", false},
         {"renorm", false},
         {"renorm_clipping", {}},
         {"renorm_momentum", 0.99}});
  }

  std::unique_ptr<LayerOp> build(const BuildContext& context) const override {
    context.require_one_input();
    const Shape& input = context.input();
    if (input.rank() == 0) context.wrong_input("at least rank 2 (N, ..., features)");
    if (row_axis(context, options_.axis) != input.rank() - 1) {
      throw Unimplemented(context.layer,
                          fmt::format("'axis' = {} of {} is not supported. Supported: the last.",
                                      options_.axis, input.batch_str()));
    }
    const Shape features{input.back()};
    const std::int64_t bytes = input.back() * static_cast<std::int64_t>(sizeof(float));
    Declaration declaration{.output = input,
                            .takes_epilogue = true,
                            .keeps_inputs = true,
                            .couples_rows = true,
                            .saved = {.fixed = 2 * bytes},
                            .scratch = {.fixed = 3 * bytes}};
    auto& weights = declaration.weights;
    if (options_.scale) {
      weights.push_back({.name = "gamma",
                         .shape = features,
                         .initializer = options_.gamma_initializer,
                         .regularizer = options_.gamma_regularizer,
                         .constraint = options_.gamma_constraint});
    }
    if (options_.center) {
      weights.push_back({.name = "beta",
                         .shape = features,
                         .initializer = options_.beta_initializer,
                         .regularizer = options_.beta_regularizer,
                         .constraint = options_.beta_constraint});
    }
    weights.push_back({"moving_mean", features, options_.moving_mean_initializer, false});
    weights.push_back({"moving_variance", features, options_.moving_variance_initializer, false});
    return std::make_unique<BatchNormalizationOp>(std::move(declaration), options_,
                                                  !context.trainable);
  }

 private:
  BatchNormalizationOptions options_;
};

}  // namespace

BatchNormalization::BatchNormalization(BatchNormalizationOptions options)
    : Layer(std::make_shared<BatchNormalizationImpl>(std::move(options))) {}

Layer BatchNormalization::from_config(const Config& config) {
  LayerReader reader(config, "BatchNormalization");
  const BatchNormalizationOptions options{
      .axis = reader.integer("axis", -1),
      .momentum = reader.real("momentum", 0.99F),
      .epsilon = reader.real("epsilon", 1e-3F),
      .center = reader.boolean("center", true),
      .scale = reader.boolean("scale", true),
      .beta_initializer = reader.initializer("beta_initializer", "zeros"),
      .gamma_initializer = reader.initializer("gamma_initializer", "ones"),
      .moving_mean_initializer = reader.initializer("moving_mean_initializer", "zeros"),
      .moving_variance_initializer = reader.initializer("moving_variance_initializer", "ones"),
      .name = reader.name(),
      .trainable = reader.trainable(),
      .beta_regularizer = reader.regularizer("beta_regularizer"),
      .gamma_regularizer = reader.regularizer("gamma_regularizer"),
      .beta_constraint = reader.constraint("beta_constraint"),
      .gamma_constraint = reader.constraint("gamma_constraint")};
  reader.require("renorm", false);
  reader.require("synchronized", false);
  for (auto without_renorm : {"renorm_clipping", "renorm_momentum"}) reader.ignore(without_renorm);
  reader.finish();
  return BatchNormalization(options);
}

}  // namespace minnow
