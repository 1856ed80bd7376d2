#include "layers/prelu.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/kernels/columns.h"
#include "core/kernels/spread.h"
#include "layers/settings.h"

namespace minnow {
namespace {

class PReLUOp : public LayerOp {
 public:
  PReLUOp(Declaration declaration, const kernels::Spread& spread)
      : LayerOp(std::move(declaration)), spread_(spread) {}

  void forward(const ForwardRun& run) const override {
    kernels::prelu_forward(run.workers, run.rows, spread_.numel, run.inputs[0],
                           whole(run.weight(0), run.scratch), run.output);
  }

  // dx = x > 0 ? dy : alpha dy, dalpha = sum over rows and shared places of x dy where x < 0
  void backward(const BackwardRun& run) const override {
    const float* alpha = whole(run.weights[0], run.scratch);
    float* dalpha = run.d_weights[0];
    float* dwhole =
        dalpha != nullptr ? reinterpret_cast<float*>(run.scratch) + spread_.numel : nullptr;
    kernels::prelu_backward(run.workers, run.rows, spread_.numel, run.inputs[0], alpha,
                            run.d_output, run.d_inputs[0], dwhole);
    if (dalpha == nullptr) return;
    if (!run.accumulate) std::fill_n(dalpha, spread_.small_numel, 0.0F);
    kernels::reduce(spread_, 0, spread_.numel, dwhole, dalpha);
  }

 private:
  // alpha for every number of a row.
  const float* whole(const float* alpha, std::byte* scratch) const {
    if (spread_.plain()) return alpha;
    auto* all = reinterpret_cast<float*>(scratch);
    kernels::expand(spread_, 0, spread_.numel, alpha, all);
    return all;
  }

  kernels::Spread spread_;
};

class PReLUImpl : public LayerImpl {
 public:
  explicit PReLUImpl(PReLUOptions options)
      : LayerImpl(options.name, options.trainable), options_(std::move(options)) {
    for (const std::int64_t axis : options_.shared_axes) {
      require_at_least({"PReLU", name()}, "shared_axes", axis, 1);
    }
  }

  std::string_view class_name() const noexcept override { return "PReLU"; }
  Config config() const override {
    const auto& shared = options_.shared_axes;
    return Config::object({{"alpha_initializer", initializer_config(options_.alpha_initializer)},
                           {"alpha_regularizer", regularizer_config(options_.alpha_regularizer)},
                           {"alpha_constraint", constraint_config(options_.alpha_constraint)},
                           {"shared_axes", shared.empty() ? Config() : Config::integers(shared)}});
  }

  std::unique_ptr<LayerOp> build(const BuildContext& context) const override {
    context.require_one_input();
    const Shape& input = context.input();
    std::vector<std::int64_t> alpha(input.begin(), input.end());
    for (const std::int64_t axis : options_.shared_axes) {
      alpha[static_cast<std::size_t>(row_axis(context, axis))] = 1;
    }
    const kernels::Spread spread = kernels::make_spread(input.dims(), alpha);
    return std::make_unique<PReLUOp>(
        Declaration{
            .output = input,
            .weights = {{.name = "alpha",
                         .shape = Shape(alpha),
                         .initializer = options_.alpha_initializer,
                         .regularizer = options_.alpha_regularizer,
                         .constraint = options_.alpha_constraint}},
            .keeps_inputs = true,
            .scratch = {.fixed = 2 * spread.numel * static_cast<std::int64_t>(sizeof(float))}},
        spread);
  }

 private:
  PReLUOptions options_;
};

}  // namespace

PReLU::PReLU(PReLUOptions options) : Layer(std::make_shared<PReLUImpl>(std::move(options))) {}

Layer PReLU::from_config(const Config& config) {
  LayerReader reader(config, "PReLU");
  const PReLUOptions options{.alpha_initializer = reader.initializer("alpha_initializer", "zeros"),
                             .shared_axes = reader.integers("shared_axes", {}),
                             .name = reader.name(),
                             .trainable = reader.trainable(),
                             .alpha_regularizer = reader.regularizer("alpha_regularizer"),
                             .alpha_constraint = reader.constraint("alpha_constraint")};
  reader.finish();
  return PReLU(options);
}

}  // namespace minnow
