#include "apps/minnow/settings.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "core/error.h"
#include "core/graph/registry.h"
#include "interop/architecture.h"

namespace minnow::apps {
namespace {

bool same_optimizer_class(const CompileOptions& a, const CompileOptions& b) {
  return a.optimizer->class_name() == b.optimizer->class_name();
}

// But for the learning rate, which a model can change while it trains.
bool same_settings(const CompileOptions& a, const CompileOptions& b) {
  CompileOptions other = b;
  if (same_optimizer_class(a, b)) other.optimizer = a.optimizer;
  return compile_config(a) == compile_config(other) && a.autocast == b.autocast &&
         a.input_scale == b.input_scale;
}

Optimizer with_learning_rate(const Optimizer& optimizer, float rate) {
  Config config = optimizer->config();
  config.set("learning_rate", rate);
  return make_optimizer(optimizer->class_name(), config);
}

CompileOptions overridden(std::string_view where, const LoadedModel& loaded,
                          const SettingsArguments& arguments) {
  CompileOptions settings = loaded.settings.value_or(CompileOptions{});
  if (!arguments.loss.empty()) {
    settings.loss = std::vector<Loss>(arguments.loss.begin(), arguments.loss.end());
  }
  if (settings.loss.empty()) {
    throw InvalidArgument({where, "--loss", "a loss, as --loss sparse_categorical_crossentropy",
                           "none", fmt::format("{} brings no compile settings.", loaded.path)});
  }
  if (!arguments.metrics.empty()) {
    settings.metrics = std::vector<Metric>(arguments.metrics.begin(), arguments.metrics.end());
  }
  if (!arguments.optimizer.empty()) {
    const Optimizer optimizer(arguments.optimizer);
    if (optimizer->class_name() != settings.optimizer->class_name()) {
      settings.optimizer = optimizer;
    }
  }
  if (arguments.learning_rate) {
    settings.optimizer = with_learning_rate(settings.optimizer, *arguments.learning_rate);
  }
  settings.autocast = settings.autocast || arguments.autocast;
  if (arguments.scale) settings.input_scale = arguments.scale;
  return settings;
}

// compile() begins the optimizer's state anew; the weights it belongs to have not changed.
void recompile(Model& model, CompileOptions settings) {
  const CompileOptions* before = model.compile_options();
  if (before == nullptr || !same_optimizer_class(*before, settings)) {
    model.compile(std::move(settings));
    return;
  }
  const std::vector<NamedTensor> state = model.optimizer_state();
  const std::int64_t step = model.step();
  const bool scheduled = before->optimizer->learning_rate().is_schedule();
  const float rate = model.learning_rate();
  model.compile(std::move(settings));
  if (step > 0) model.set_optimizer_state(state, step);
  if (!scheduled) model.set_learning_rate(rate);
}

}  // namespace

void apply_settings(std::string_view where, LoadedModel& loaded, const SettingsArguments& arguments,
                    bool resume) {
  if (resume && !loaded.has_progress) {
    throw InvalidArgument(
        {where, "--resume", "a checkpoint to go on from",
         fmt::format("the {} {}", loaded.has_weights ? "archive" : "architecture", loaded.path),
         ""});
  }
  CompileOptions settings = overridden(where, loaded, arguments);
  const bool changed =
      !loaded.has_weights || !loaded.settings || !same_settings(settings, *loaded.settings);
  if (changed && resume) {
    throw InvalidArgument({where, "--resume", "the settings of the run that was stopped",
                           "others by --optimizer, --loss, --metrics, --autocast or --scale",
                           "Leave those out, or train on from the checkpoint without --resume."});
  }
  if (changed) recompile(loaded.model, std::move(settings));
  if (loaded.has_weights && arguments.learning_rate) {
    loaded.model.set_learning_rate(*arguments.learning_rate);
  }
}

}  // namespace minnow::apps
