#include "apps/minnow/options.h"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <utility>

namespace minnow::apps {
namespace {

// CLI11's own conversions would refuse in words of their own.
template <class T, class Parse>
CLI::Option* add_parsed(CLI::App& app, const std::string& name, T& target, Parse parse,
                        const std::string& type, const std::string& help) {
  return app
      .add_option_function<std::string>(
          name,
          [&target, parse, where = app.get_name(), name](const std::string& text) {
            target = static_cast<T>(parse(Argument{where, name, text}));
          },
          help)
      ->type_name(type);
}

constexpr auto data_formats = ".npy, .npz (file.npz:name), .csv, .tsv or IDX, gzipped or not";

}  // namespace

CLI::Option* add_text(CLI::App& app, const std::string& name, std::string& target,
                      const std::string& type, const std::string& help) {
  return app.add_option(name, target, help)->type_name(type);
}

CLI::Option* add_texts(CLI::App& app, const std::string& name, std::vector<std::string>& target,
                       const std::string& type, const std::string& help) {
  return app.add_option(name, target, help)->type_name(type)->allow_extra_args(false);
}

CLI::Option* add_number(CLI::App& app, const std::string& name, std::int64_t& target,
                        const std::string& help) {
  return add_parsed(app, name, target, integer_from<std::int64_t>, "N", help)
      ->default_str(fmt::format("{}", target));
}

CLI::Option* add_number(CLI::App& app, const std::string& name, int& target,
                        const std::string& help) {
  return add_parsed(app, name, target, integer_from<int>, "N", help);
}

CLI::Option* add_number(CLI::App& app, const std::string& name, double& target,
                        const std::string& help) {
  return add_parsed(app, name, target, number_from, "F", help)
      ->default_str(fmt::format("{}", target));
}

CLI::Option* add_number(CLI::App& app, const std::string& name,
                        std::optional<std::uint64_t>& target, const std::string& help) {
  return add_parsed(app, name, target, integer_from<std::uint64_t>, "N", help);
}

CLI::Option* add_number(CLI::App& app, const std::string& name, std::optional<float>& target,
                        const std::string& help) {
  const auto parse = [](const Argument& argument) {
    return static_cast<float>(number_from(argument));
  };
  return add_parsed(app, name, target, parse, "R", help);
}

void add_model(CLI::App& app, RunArguments& arguments) {
  app.add_option(
         "MODEL", arguments.model,
         "Keras's architecture (model.to_json()) or .keras archive, or a checkpoint of minnow")
      ->required()
      ->type_name("");
}

void add_batch_size(CLI::App& app, RunArguments& arguments) {
  add_number(app, "--batch-size", arguments.batch_size, "Rows that go through at a time");
}

void add_threads(CLI::App& app, RunArguments& arguments) {
  add_number(app, "--threads", arguments.threads,
             "Threads to run on; the result has the same bits with any number")
      ->default_str("as many as there are cores");
}

void add_inputs(CLI::App& app, DataArguments& arguments) {
  CLI::Option* x =
      add_texts(app, "--x", arguments.x, "X",
                fmt::format("Inputs: {}. Once for each Input of the model", data_formats));
  CLI::Option* dataset =
      add_text(app, "--dataset", arguments.dataset, "NAME",
               "A data set instead of files: fashion-mnist (its images need --scale 1/255)");
  dataset->excludes(x);
  add_text(app, "--data", arguments.folder, "DIR",
           "The folder of the data set's files; else it is looked for, and where it is not "
           "installed a sample of it is used")
      ->needs(dataset);
}

void add_targets(CLI::App& app, DataArguments& arguments) {
  add_texts(app, "--y", arguments.y, "Y", "Targets: a file as for --x. Once for each output")
      ->excludes("--dataset");
  add_text(app, "--sample-weight", arguments.sample_weight, "W", "A weight for each row: a file");
}

void add_losses(CLI::App& app, SettingsArguments& arguments) {
  add_texts(app, "--loss", arguments.loss, "NAME",
            "sparse_categorical_crossentropy, categorical_crossentropy, binary_crossentropy or "
            "mse. Once, or once for each output. Needed where MODEL brings no compile settings");
  add_texts(app, "--metrics", arguments.metrics, "NAMES",
            "accuracy, mae, ...: divided by commas, or repeated")
      ->delimiter(',');
}

void add_conversions(CLI::App& app, SettingsArguments& arguments) {
  app.add_flag("--autocast", arguments.autocast, "Take x of any dtype, as Keras does");
  add_parsed(app, "--scale", arguments.scale, scale_from, "S",
             "Take x of uint8, and multiply it by this number or fraction: 1/255 for images");
}

}  // namespace minnow::apps
