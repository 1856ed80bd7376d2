#include "layers/normalization.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "core/error.h"
#include "core/kernels/columns.h"
#include "core/kernels/spread.h"
#include "core/text.h"

namespace minnow {
namespace {

// What was measured: of the shape of the axes that have a mean each.
struct Statistics {
  std::vector<float> mean, variance;
};

// How the statistics lie under a row, and whether those of its last axes serve all the others: then
// the row is so many rows of that width.
struct Places {
  Shape kept;
  kernels::Spread spread;
  std::int64_t cols;
};

class NormalizationOp : public LayerOp {
 public:
  NormalizationOp(Declaration declaration, const Places& places, std::optional<Statistics> given,
                  bool invert)
      : LayerOp(std::move(declaration)),
        places_(places),
        given_(std::move(given)),
        invert_(invert) {}

  // y = (x - mean) / s, s = max(sqrt(variance), 1e-7); inverted y = x s + mean
  void forward(const ForwardRun& run) const override {
    float* s = deviations(run.weights, run.scratch);
    float* mean = s + places_.cols;
    expand(given_ ? given_->mean.data() : run.weights[0], mean);
    const auto work = invert_ ? kernels::scale_columns : kernels::standardize_columns;
    const float *first = invert_ ? s : mean, *second = invert_ ? mean : s;
    work(run.workers, rows(run.rows), places_.cols, run.inputs[0], first, second, run.output);
  }

  // dx = dy / s; inverted dx = dy s
  void backward(const BackwardRun& run) const override {
    if (run.d_inputs[0] == nullptr) return;
    float* s = deviations(run.weights, run.scratch);
    if (!invert_) {
      for (std::int64_t i = 0; i < places_.cols; ++i) s[i] = 1 / s[i];
    }
    kernels::scale_columns(run.workers, rows(run.rows), places_.cols, run.d_output, s, nullptr,
                           run.d_inputs[0]);
  }

 private:
  std::int64_t rows(std::int64_t batch) const {
    return batch * (places_.spread.numel / places_.cols);
  }
  void expand(const float* small, float* out) const {
    if (places_.cols == places_.spread.small_numel) {
      std::copy_n(small, places_.cols, out);
    } else {
      kernels::expand(places_.spread, 0, places_.cols, small, out);
    }
  }
  float* deviations(std::span<const float* const> weights, std::byte* scratch) const {
    constexpr float least = 1e-7F;  // Keras's epsilon
    auto* s = reinterpret_cast<float*>(scratch);
    expand(given_ ? given_->variance.data() : weights[1], s);
    for (std::int64_t i = 0; i < places_.cols; ++i) s[i] = std::max(std::sqrt(s[i]), least);
    return s;
  }

  Places places_;
  std::optional<Statistics> given_;
  bool invert_;
};

// The axes of a row that have statistics, in order and each once.
std::vector<int> kept_axes(const BuildContext& context, const std::vector<std::int64_t>& axis) {
  std::vector<int> axes;
  for (const std::int64_t a : axis) axes.push_back(row_axis(context, a));
  std::sort(axes.begin(), axes.end());
  axes.erase(std::unique(axes.begin(), axes.end()), axes.end());
  return axes;
}

Places places_of(const BuildContext& context, const std::vector<std::int64_t>& axis) {
  const Shape& input = context.input();
  std::vector<std::int64_t> under(static_cast<std::size_t>(input.rank()), 1), kept;
  bool last = true;  // whether all axes behind a kept one are kept
  const std::vector<int> axes = kept_axes(context, axis);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    under[static_cast<std::size_t>(axes[i])] = input[axes[i]];
    kept.push_back(input[axes[i]]);
    last = last && axes[i] == input.rank() - static_cast<int>(axes.size() - i);
  }
  Places places{.kept = Shape(kept),
                .spread = kernels::make_spread(input.dims(), under),
                .cols = input.numel()};
  if (last) places.cols = places.spread.small_numel;
  return places;
}

class NormalizationImpl : public LayerImpl {
 public:
  NormalizationImpl(NormalizationOptions options, std::optional<Statistics> adapted)
      : LayerImpl(options.name, options.trainable),
        options_(std::move(options)),
        adapted_(std::move(adapted)) {
    check_settings();
  }

  std::string_view class_name() const noexcept override { return "Normalization"; }

  Config config() const override {
    const auto given = [](const std::optional<FloatOrList>& v) {
      return v ? v->config() : Config();
    };
    return Config::object({{"axis", Config::integers(options_.axis)},
                           {"invert", options_.invert},
                           {"mean", given(options_.mean)},
                           {"variance", given(options_.variance)}});
  }

  std::unique_ptr<LayerOp> build(const BuildContext& context) const override {
    context.require_one_input();
    const Places places = places_of(context, options_.axis);
    Declaration declaration{
        .output = context.input(),
        .scratch = {.fixed = 2 * places.cols * static_cast<std::int64_t>(sizeof(float))}};
    if (options_.mean) {
      return std::make_unique<NormalizationOp>(std::move(declaration), places,
                                               given(context, places.kept), options_.invert);
    }
    declaration.weights = {{"mean", places.kept, "zeros", false},
                           {"variance", places.kept, "ones", false},
                           {"count", Shape{}, "zeros", false}};
    if (adapted_) {
      if (static_cast<std::int64_t>(adapted_->mean.size()) != places.kept.numel()) {
        context.wrong_input(fmt::format("{} places on the axes [{}], as in the data of adapt",
                                        adapted_->mean.size(), axes_text()));
      }
      declaration.weights[0].values = adapted_->mean;
      declaration.weights[1].values = adapted_->variance;
    }
    return std::make_unique<NormalizationOp>(std::move(declaration), places, std::nullopt,
                                             options_.invert);
  }

 private:
  std::string axes_text() const { return joined(options_.axis); }

  void check_settings() const {
    const LayerLabel label{"Normalization", name()};
    if (options_.mean.has_value() != options_.variance.has_value()) {
      throw InvalidArgument({label.str(), "", "mean and variance, or neither",
                             options_.mean ? "mean alone" : "variance alone", ""});
    }
    if (std::count(options_.axis.begin(), options_.axis.end(), 0) > 0) {
      throw InvalidArgument({label.str(), "axis", "axes other than the batch's",
                             fmt::format("[{}]", axes_text()), ""});
    }
    if (!options_.mean) return;
    require_finite(label, "mean", *options_.mean);
    require_finite(label, "variance", *options_.variance);
    for (const float v : options_.variance->values()) require_not_negative(label, "variance", v);
    if (options_.mean->values().size() != options_.variance->values().size()) {
      throw InvalidArgument({label.str(), "variance",
                             fmt::format("{} numbers, as the mean", options_.mean->values().size()),
                             fmt::format("{}", options_.variance->values().size()), ""});
    }
  }

  // The given numbers for every place: all of them, those of the last axis, or one.
  Statistics given(const BuildContext& context, const Shape& kept) const {
    const auto count = static_cast<std::int64_t>(options_.mean->values().size());
    const std::int64_t last = kept.rank() == 0 ? 1 : kept.back();
    if (count != kept.numel() && count != last && count != 1) {
      context.wrong_input(
          fmt::format("{} places on the axes [{}], one for each mean", count, axes_text()));
    }
    Statistics all;
    for (std::int64_t i = 0; i < kept.numel(); ++i) {
      all.mean.push_back(options_.mean->values()[static_cast<std::size_t>(i % count)]);
      all.variance.push_back(options_.variance->values()[static_cast<std::size_t>(i % count)]);
    }
    return all;
  }

  NormalizationOptions options_;
  std::optional<Statistics> adapted_;
};

// Mean and variance over rows and the axes that are not kept.
Statistics measure(const Tensor& data, const Places& places) {
  const auto values = data.values<float>();
  const std::int64_t kept = places.spread.small_numel;
  std::vector<std::size_t> place;  // of each number of a row
  for (std::int64_t i = 0; i < places.spread.numel; ++i) {
    place.push_back(static_cast<std::size_t>(kernels::place_under(places.spread, i)));
  }
  const auto count = static_cast<double>(data.numel() / kept);
  std::vector<double> mean(static_cast<std::size_t>(kept)), variance(mean.size());
  for (std::size_t i = 0; i < values.size(); ++i) mean[place[i % place.size()]] += values[i];
  for (double& m : mean) m /= count;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t k = place[i % place.size()];
    const double d = values[i] - mean[k];
    variance[k] += d * d;
  }
  Statistics s;
  for (const double m : mean) s.mean.push_back(static_cast<float>(m));
  for (const double v : variance) s.variance.push_back(static_cast<float>(v / count));
  return s;
}

}  // namespace

Normalization::Normalization(NormalizationOptions options)
    : Layer(std::make_shared<NormalizationImpl>(options, std::nullopt)),
      options_(std::move(options)) {}

void Normalization::adapt(const Tensor& data) {
  if (options_.mean) {
    throw FailedPrecondition("adapt",
                             "expected a Normalization without mean and variance of its own.");
  }
  if (data.shape().rank() == 0 || data.rows() == 0) {
    throw InvalidArgument({"adapt", "data", "at least one row (N, ...)", data.shape().str(), ""});
  }
  const BuildContext context{.layer = LayerLabel{"Normalization", options_.name}.str(),
                             .inputs = {data.shape().without_batch()},
                             .input_from = {"the data of adapt"}};
  Statistics measured = measure(data.astype(DType::float32), places_of(context, options_.axis));
  const auto bad = std::find_if(measured.variance.begin(), measured.variance.end(),
                                [](float v) { return !std::isfinite(v); });
  if (bad != measured.variance.end()) {
    throw InvalidArgument(
        {"adapt", "data", "finite values",
         fmt::format("a variance of {} at place {}", *bad, bad - measured.variance.begin()), ""});
  }
  *static_cast<Layer*>(this) =
      Layer(std::make_shared<NormalizationImpl>(options_, std::move(measured)));
}

Layer Normalization::from_config(const Config& config) {
  LayerReader reader(config, "Normalization");
  NormalizationOptions options{.name = reader.name(), .trainable = reader.trainable()};
  const bool says_axis = std::any_of(config.entries().begin(), config.entries().end(),
                                     [](const auto& entry) { return entry.first == "axis"; });
  if (says_axis) options.axis = reader.integers("axis", {});  // null: no axis
  if (reader.has("mean")) options.mean = reader.real_or_list("mean");
  if (reader.has("variance")) options.variance = reader.real_or_list("variance");
  options.invert = reader.boolean("invert", false);
  reader.finish();
  return Normalization(std::move(options));
}

}  // namespace minnow
