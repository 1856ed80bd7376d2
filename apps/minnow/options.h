#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/minnow/parse.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace minnow::apps {

/// What every subcommand on a model takes.
struct RunArguments {
  std::string model;
  std::int64_t batch_size = 32;
  int threads = 0;
};

/// Where x and y come from.
struct DataArguments {
  std::vector<std::string> x, y;  ///< one file for each input and output
  std::string sample_weight;
  std::string dataset;  ///< stands for x and y
  std::string folder;   ///< of the data set
};

/// Compile settings; what is not given stays as the model's file has it.
struct SettingsArguments {
  std::string optimizer;
  std::optional<float> learning_rate;
  std::vector<std::string> loss;  ///< one, or one for each output
  std::vector<std::string> metrics;
  bool autocast = false;
  std::optional<float> scale;
};

void add_model(CLI::App& app, RunArguments& arguments);
void add_batch_size(CLI::App& app, RunArguments& arguments);
void add_threads(CLI::App& app, RunArguments& arguments);
/// --x, --dataset and --data.
void add_inputs(CLI::App& app, DataArguments& arguments);
/// --y and --sample-weight.
void add_targets(CLI::App& app, DataArguments& arguments);
/// --loss and --metrics.
void add_losses(CLI::App& app, SettingsArguments& arguments);
/// --autocast and --scale.
void add_conversions(CLI::App& app, SettingsArguments& arguments);

/// An option of one word.
CLI::Option* add_text(CLI::App& app, const std::string& name, std::string& target,
                      const std::string& type, const std::string& help);
/// An option that may be repeated, one word each time.
CLI::Option* add_texts(CLI::App& app, const std::string& name, std::vector<std::string>& target,
                       const std::string& type, const std::string& help);

// Numbers, read as parse.h says. The value that `target` has is shown as the default.
CLI::Option* add_number(CLI::App& app, const std::string& name, std::int64_t& target,
                        const std::string& help);
CLI::Option* add_number(CLI::App& app, const std::string& name, int& target,
                        const std::string& help);
CLI::Option* add_number(CLI::App& app, const std::string& name, double& target,
                        const std::string& help);
CLI::Option* add_number(CLI::App& app, const std::string& name,
                        std::optional<std::uint64_t>& target, const std::string& help);
CLI::Option* add_number(CLI::App& app, const std::string& name, std::optional<float>& target,
                        const std::string& help);

}  // namespace minnow::apps
