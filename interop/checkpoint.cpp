#include "interop/checkpoint.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "core/error.h"
#include "interop/architecture.h"
#include "interop/json.h"
#include "interop/safetensors.h"

namespace minnow {
namespace {

constexpr std::int64_t format_version = 1;
constexpr std::string_view state_prefix = "optimizer/";

// JSON has no NaN or infinity, and its integers end at 63 bits here.
Config real(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return value;
}

Config reals(const std::vector<double>& values) {
  Config::List list;
  for (double v : values) list.push_back(real(v));
  return list;
}

Config history_config(const History& history) {
  Config values = Config(Config::Object{});
  for (const auto& [key, series] : history.values) values.set(key, reals(series));
  Config::List warnings;
  for (const std::string& warning : history.warnings) warnings.emplace_back(warning);
  return Config::object(
      {{"epoch", Config::integers(history.epoch)}, {"values", values}, {"warnings", warnings}});
}

Config progress_config(const TrainProgress& progress) {
  return Config::object({{"epoch", progress.epoch},
                         {"batch", progress.batch},
                         {"seed", fmt::format("{}", progress.seed)},
                         {"sums", reals(progress.sums)},
                         {"history", history_config(progress.history)},
                         {"callbacks", Config::List(progress.callbacks)}});
}

Config settings_of(const Model& model) {
  Config settings = Config::object({{"format", format_version},
                                    {"architecture", architecture_of(model)},
                                    {"seed", fmt::format("{}", model.options().seed)},
                                    {"step", model.step()},
                                    {"progress", progress_config(model.progress())}});
  if (const CompileOptions* options = model.compile_options()) {
    if (!options->optimizer->learning_rate().is_schedule()) {
      settings.set("learning_rate", static_cast<double>(model.learning_rate()));
    }
    settings.set("autocast", options->autocast);
    if (options->input_scale) {
      settings.set("input_scale", static_cast<double>(*options->input_scale));
    }
  }
  return settings;
}

// Reads settings; whatever is not as written above is damage.
class SettingsReader {
 public:
  SettingsReader(const std::string& path) : path_(path) {}

  [[noreturn]] void damaged(const std::string& what) const {
    throw DataLoss("load_checkpoint", fmt::format("{}: {}.", path_, what));
  }

  std::int64_t integer(const Config& object, std::string_view key) const {
    if (!object[key].is_integer()) damaged(fmt::format("expected an integer as '{}'", key));
    return object[key].integer();
  }
  std::uint64_t seed(const Config& object) const {
    std::uint64_t value = 0;
    const Config& text = object["seed"];
    if (!text.is_string()) damaged("expected a string as 'seed'");
    const std::string& digits = text.string();
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size()) {
      damaged("expected a number as 'seed'");
    }
    return value;
  }
  const Config::List& list(const Config& object, std::string_view key) const {
    if (!object[key].is_list()) damaged(fmt::format("expected a list as '{}'", key));
    return object[key].list();
  }
  std::vector<double> reals(const Config& object, std::string_view key) const {
    std::vector<double> values;
    for (const Config& item : list(object, key)) {
      if (item.is_number()) {
        values.push_back(item.number());
      } else if (item == Config("nan")) {
        values.push_back(std::numeric_limits<double>::quiet_NaN());
      } else if (item == Config("inf") || item == Config("-inf")) {
        const double inf = std::numeric_limits<double>::infinity();
        values.push_back(item == Config("inf") ? inf : -inf);
      } else {
        damaged(fmt::format("expected numbers in '{}'", key));
      }
    }
    return values;
  }

  TrainProgress progress(const Config& config) const {
    TrainProgress progress{.epoch = integer(config, "epoch"),
                           .batch = integer(config, "batch"),
                           .seed = seed(config),
                           .sums = reals(config, "sums")};
    const Config& history = config["history"];
    for (const Config& epoch : list(history, "epoch")) {
      if (!epoch.is_integer()) damaged("expected integers in 'epoch'");
      progress.history.epoch.push_back(epoch.integer());
    }
    if (!history["values"].is_object()) damaged("expected an object as 'values'");
    for (const auto& [key, series] : history["values"].entries()) {
      static_cast<void>(series);
      progress.history.values[key] = reals(history["values"], key);
    }
    for (const Config& warning : list(history, "warnings")) {
      if (!warning.is_string()) damaged("expected strings in 'warnings'");
      progress.history.warnings.push_back(warning.string());
    }
    progress.callbacks = list(config, "callbacks");
    return progress;
  }

 private:
  const std::string& path_;
};

// The tensors of a file, taken out by name.
Tensor take(std::vector<NamedTensor>& tensors, const std::string& name,
            const SettingsReader& reader) {
  for (NamedTensor& tensor : tensors) {
    if (tensor.name == name) return std::exchange(tensor, {}).value;
  }
  reader.damaged(fmt::format("expected a tensor '{}'", name));
}

void restore_weights(Model& model, std::vector<NamedTensor>& tensors,
                     const SettingsReader& reader) {
  std::vector<Tensor> weights;
  for (const Parameter& parameter : model.graph().parameters()) {
    weights.push_back(take(tensors, parameter.path, reader));
  }
  model.set_weights(weights);
}

void restore_optimizer(Model& model, std::vector<NamedTensor>& tensors, std::int64_t step) {
  std::vector<NamedTensor> state;
  for (NamedTensor& tensor : tensors) {
    if (tensor.name.starts_with(state_prefix)) {
      state.push_back({tensor.name.substr(state_prefix.size()), std::move(tensor.value)});
      tensor = {};
    }
  }
  if (!state.empty() || step > 0) model.set_optimizer_state(state, step);
}

Model load(const std::string& path, int threads, const SettingsReader& reader) {
  SafeTensors contents = read_safetensors(path);
  const auto found = contents.metadata.find("minnow");
  if (found == contents.metadata.end()) {
    throw InvalidArgument({"load_checkpoint", path, "a checkpoint written by minnow",
                           "a safetensors file without minnow's settings", ""});
  }
  const Config settings = parse_json(found->second, path);
  const std::int64_t version = reader.integer(settings, "format");
  if (version != format_version) {
    throw Unimplemented("load_checkpoint",
                        fmt::format("{}: format {} is not supported. Supported: {}.", path, version,
                                    format_version));
  }
  Model model = model_from_config(settings["architecture"], path,
                                  {.seed = reader.seed(settings), .threads = threads});
  restore_weights(model, contents.tensors, reader);
  const Config& compiled = settings["architecture"]["compile_config"];
  if (!compiled.is_null()) {
    CompileOptions options = compile_options_from(compiled);
    options.autocast = settings["autocast"] == Config(true);
    if (settings["input_scale"].is_number()) {
      options.input_scale = static_cast<float>(settings["input_scale"].number());
    }
    model.compile(std::move(options));
    restore_optimizer(model, contents.tensors, reader.integer(settings, "step"));
    if (!model.compile_options()->optimizer->learning_rate().is_schedule()) {
      if (!settings["learning_rate"].is_number()) reader.damaged("expected a 'learning_rate'");
      model.set_learning_rate(static_cast<float>(settings["learning_rate"].number()));
    }
    model.set_progress(reader.progress(settings["progress"]));
  }
  for (const NamedTensor& tensor : contents.tensors) {
    if (!tensor.name.empty()) {
      reader.damaged(fmt::format("expected no tensor '{}'", tensor.name));
    }
  }
  return model;
}

}  // namespace

void save_checkpoint(const std::string& path, const Model& model) {
  SafeTensors contents;
  contents.metadata["format"] = "minnow";
  contents.metadata["minnow"] = write_json(settings_of(model));
  contents.tensors = model.named_weights();
  for (NamedTensor& state : model.optimizer_state()) {
    contents.tensors.push_back({std::string(state_prefix) + state.name, std::move(state.value)});
  }
  write_safetensors(path, contents);
}

Model load_checkpoint(const std::string& path, int threads) {
  const SettingsReader reader(path);
  try {
    return load(path, threads, reader);
  } catch (const InvalidArgument& e) {
    // The file is minnow's own: parts that do not fit each other are damage. Being another kind
    // of file is the caller's mistake.
    if (e.where() == "load_checkpoint" || e.where() == "read_safetensors") throw;
    throw DataLoss("load_checkpoint", fmt::format("{}: {}", path, e.what()));
  }
}

}  // namespace minnow
