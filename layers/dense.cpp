#include "layers/dense.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/kernels/gemm.h"
#include "layers/activation_settings.h"
#include "layers/settings.h"

namespace minnow {
namespace {

class DenseOp : public LayerOp {
 public:
  DenseOp(Declaration declaration, std::int64_t places, std::int64_t features, std::int64_t units,
          bool use_bias)
      : LayerOp(std::move(declaration)),
        places_(places),
        features_(features),
        units_(units),
        use_bias_(use_bias),
        transposed_(this->declaration().weights[0].stored_transposed) {}

  // y (m x units) = x (m x features) kernel (features x units) + bias, m the rows times the places
  // of the axes in between.
  void forward(const ForwardRun& run) const override {
    kernels::gemm(run.workers, {run.rows * places_, units_, features_}, {run.inputs[0], features_},
                  kernel(run.weight(0)), run.output, units_, false,
                  {use_bias_ ? run.weight(1) : nullptr, run.epilogue});
  }

  void backward(const BackwardRun& run) const override {
    const std::int64_t m = run.rows * places_;
    const float* dy = run.d_output;
    if (float* dbias = use_bias_ ? run.d_weights[1] : nullptr) {
      // dbias = sum over m of dy
      kernels::sum_rows(run.workers, m, units_, dy, dbias, run.accumulate);
    }
    if (!both_at_once(run, m)) return gradients_of(run, run.workers, {0, features_});
    // Strips of features, of which x is near for dx's derivative when dkernel has read it.
    constexpr std::int64_t unit = 64, near = 32768;  // numbers
    const std::int64_t strip = std::max<std::int64_t>(1, near / (m * unit)) * unit;
    const double work = 0.1 * static_cast<double>(unit * m * units_);
    run.workers.for_range((features_ + unit - 1) / unit, work,
                          [&](std::int64_t from, std::int64_t to) {
                            const std::int64_t end = std::min(to * unit, features_);
                            for (std::int64_t j = from * unit; j < end; j += strip) {
                              gradients_of(run, Workers(1), {j, std::min(j + strip, end)});
                            }
                          });
  }

 private:
  // Whether both gradients are wanted and are thin. Sums must not be cut otherwise in a strip than
  // in the whole, as those of very many rows are.
  bool both_at_once(const BackwardRun& run, std::int64_t m) const {
    constexpr std::int64_t most_rows = 1024, least_features = 512;
    return transposed_ && run.d_weights[0] != nullptr && run.d_inputs[0] != nullptr &&
           m <= most_rows && features_ >= least_features;
  }

  // The shares of some features in the gradients of kernel and input.
  void gradients_of(const BackwardRun& run, const Workers& workers, Span features) const {
    const std::int64_t m = run.rows * places_, n = features.size(), first = features.begin;
    const std::int64_t at = transposed_ ? first : first * units_;  // in the kernel
    const float* dy = run.d_output;
    if (float* dkernel = run.d_weights[0]; dkernel != nullptr && transposed_) {
      // dkernel^T = dy^T x
      kernels::gemm(workers, {units_, n, m}, {dy, units_, /*transposed=*/true},
                    {run.inputs[0] + first, features_}, dkernel + at, features_, run.accumulate);
    } else if (dkernel != nullptr) {
      // dkernel = x^T dy
      kernels::gemm(workers, {n, units_, m},
                    {run.inputs[0] + first, features_, /*transposed=*/true}, {dy, units_},
                    dkernel + at, units_, run.accumulate);
    }
    if (float* dx = run.d_inputs[0]) {
      // dx = dy kernel^T
      kernels::Derivative derivative;
      if (run.derivative != nullptr) {
        derivative = *run.derivative;
        derivative.saved += first;
      }
      kernels::gemm(workers, {m, n, units_}, {dy, units_}, transposed(kernel(run.weights[0] + at)),
                    dx + first, features_, false,
                    {.derivative = run.derivative != nullptr ? &derivative : nullptr});
    }
  }

  kernels::Operand kernel(const float* data) const {
    return {data, transposed_ ? features_ : units_, transposed_};
  }
  static kernels::Operand transposed(kernels::Operand operand) {
    operand.transposed = !operand.transposed;
    return operand;
  }

  std::int64_t places_, features_, units_;
  bool use_bias_, transposed_;
};

// With few units the kernel's rows are shorter than a register, and all three products leave lanes
// empty; its columns are not.
bool better_transposed(std::int64_t features, std::int64_t units) {
  return units < 16 && features >= 64;
}

class DenseImpl : public LayerImpl {
 public:
  DenseImpl(std::int64_t units, DenseOptions options)
      : LayerImpl(options.name, options.trainable), units_(units), options_(std::move(options)) {
    require_at_least({"Dense", name()}, "units", units_, 1);
  }

  std::string_view class_name() const noexcept override { return "Dense"; }

  Config config() const override {
    return Config::object({{"units", units_},
                           {"activation", activation_config(options_.activation.fn())},
                           {"use_bias", options_.use_bias},
                           {"kernel_initializer", initializer_config(options_.kernel_initializer)},
                           {"bias_initializer", initializer_config(options_.bias_initializer)},
                           {"kernel_regularizer", regularizer_config(options_.kernel_regularizer)},
                           {"bias_regularizer", regularizer_config(options_.bias_regularizer)},
                           {"kernel_constraint", constraint_config(options_.kernel_constraint)},
                           {"bias_constraint", constraint_config(options_.bias_constraint)},
                           {"quantization_config", {}}});
  }

  std::unique_ptr<LayerOp> build(const BuildContext& context) const override {
    context.require_one_input();
    const Shape& input = context.input();
    if (input.rank() == 0) context.wrong_input("at least rank 2 (N, ..., features)");
    const std::int64_t features = input.back(), places = input.numel() / features;
    Declaration declaration{
        .output = with_last(context, input),
        .weights = {{.name = "kernel",
                     .shape = checked_shape(context, "kernel", {features, units_}),
                     .initializer = options_.kernel_initializer,
                     .stored_transposed = better_transposed(features, units_),
                     .regularizer = options_.kernel_regularizer,
                     .constraint = options_.kernel_constraint}},
        .activation = options_.activation.fn(),
        .takes_epilogue = true,
        .keeps_inputs = true,
        .takes_derivative = true,
        .shares_features = better_transposed(features, units_)};
    if (options_.use_bias) {
      declaration.weights.push_back({.name = "bias",
                                     .shape = Shape{units_},
                                     .initializer = options_.bias_initializer,
                                     .regularizer = options_.bias_regularizer,
                                     .constraint = options_.bias_constraint});
    }
    return std::make_unique<DenseOp>(std::move(declaration), places, features, units_,
                                     options_.use_bias);
  }

 private:
  Shape with_last(const BuildContext& context, const Shape& input) const {
    std::vector<std::int64_t> dims(input.begin(), input.end());
    dims.back() = units_;
    return checked_shape(context, "output", dims);
  }

  std::int64_t units_;
  DenseOptions options_;
};

}  // namespace

Dense::Dense(std::int64_t units, DenseOptions options)
    : Layer(std::make_shared<DenseImpl>(units, std::move(options))) {}

Layer Dense::from_config(const Config& config) {
  LayerReader reader(config, "Dense");
  const std::int64_t units = reader.integer("units");
  const DenseOptions options{
      .activation = activation_from(reader, "activation"),
      .use_bias = reader.boolean("use_bias", true),
      .kernel_initializer = reader.initializer("kernel_initializer", "glorot_uniform"),
      .bias_initializer = reader.initializer("bias_initializer", "zeros"),
      .name = reader.name(),
      .trainable = reader.trainable(),
      .kernel_regularizer = reader.regularizer("kernel_regularizer"),
      .bias_regularizer = reader.regularizer("bias_regularizer"),
      .kernel_constraint = reader.constraint("kernel_constraint"),
      .bias_constraint = reader.constraint("bias_constraint")};
  reader.require_none({"activity_regularizer", "lora_rank", "lora_alpha", "quantization_config"});
  reader.finish();
  return Dense(units, options);
}

}  // namespace minnow
