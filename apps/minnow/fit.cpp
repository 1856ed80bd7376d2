// minnow fit: trains a model on files.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "apps/minnow/command.h"
#include "apps/minnow/fit_callbacks.h"
#include "apps/minnow/interrupt.h"
#include "apps/minnow/load_data.h"
#include "apps/minnow/load_model.h"
#include "apps/minnow/options.h"
#include "apps/minnow/output_file.h"
#include "apps/minnow/settings.h"
#include "core/error.h"

namespace minnow::apps {
namespace {

constexpr std::string_view in_fit = "fit";

struct FitArguments {
  RunArguments run;
  DataArguments data;
  ValidationArguments validation;
  SettingsArguments settings;
  std::map<std::int64_t, float> class_weight;
  std::int64_t epochs = 1, initial_epoch = 0;
  std::optional<std::uint64_t> seed;
  bool no_shuffle = false, resume = false;
  int verbose = -1;  // -1: as fits where standard error goes
  std::string history, plot, out;
};

constexpr auto fit_footer = R"(Examples:
  minnow fit model.json --x x.npy --y y.npy --loss mse --epochs 10 --out trained.safetensors
  minnow fit model.json --dataset fashion-mnist --scale 1/255 --metrics accuracy \
      --loss sparse_categorical_crossentropy --history h.csv --plot h.svg --out trained.safetensors
  minnow fit trained.safetensors --x x.npy --y y.npy --epochs 20 --resume --out trained.safetensors
  minnow fit model.keras --x x.npy --y y.npy --epochs 5 --out trained.keras

Ctrl-C ends training after the running batch, saves to --out, and exits with 130; a second one
ends it at once.)";

void add_training(CLI::App& app, FitArguments& a) {
  add_number(app, "--epochs", a.epochs, "The number of the last epoch");
  add_number(app, "--initial-epoch", a.initial_epoch, "Epochs that count as done");
  add_batch_size(app, a.run);
  add_text(app, "--optimizer", a.settings.optimizer, "NAME", "adam or sgd")
      ->default_str("what MODEL brings, else adam");
  add_number(app, "--learning-rate", a.settings.learning_rate, "The size of a step")
      ->default_str("what MODEL brings, else the optimizer's");
  add_losses(app, a.settings);
  app.add_option_function<std::string>(
         "--class-weight",
         [&a](const std::string& text) {
           a.class_weight = class_weight_from({std::string(in_fit), "--class-weight", text});
         },
         "Weights of classes, as 0:1,1:2.5; classes that are not named weigh 1")
      ->type_name("W");
  app.add_flag("--no-shuffle", a.no_shuffle, "Take the rows in their order in every epoch");
  add_number(app, "--seed", a.seed, "Fixes the first weights, shuffling and dropout")
      ->default_str("0, or a checkpoint's");
  add_threads(app, a.run);
  add_conversions(app, a.settings);
}

void add_files(CLI::App& app, FitArguments& a) {
  add_texts(app, "--val-x", a.validation.x, "X", "Inputs to validate with after each epoch");
  add_texts(app, "--val-y", a.validation.y, "Y", "Their targets")->excludes("--dataset");
  app.get_option("--val-x")->excludes("--dataset");
  add_number(app, "--validation-split", a.validation.split,
             "This part of the rows, the last ones, validates instead")
      ->excludes("--val-x");
  add_text(app, "--history", a.history, "H.csv", "Write results of all epochs as a table");
  add_text(app, "--plot", a.plot, "P.svg", "Draw them");
  add_text(app, "--out", a.out, "TRAINED",
           "Write the trained model: a checkpoint, or as NAME.keras an archive that Keras opens");
  app.add_flag("--resume", a.resume,
               "Go on where the checkpoint MODEL stands, with the same data and batch size: gives "
               "the same bits as if it had never stopped");
  add_number(app, "--verbose", a.verbose, "0 silent, 1 a bar, 2 a line for each epoch")
      ->default_str("1 on a terminal, else 2");
}

int verbosity(int asked) {
  if (asked == -1) return ::isatty(STDERR_FILENO) == 1 ? 1 : 2;
  if (asked < 0 || asked > 2) {
    throw InvalidArgument({in_fit, "--verbose", "0, 1 or 2", fmt::format("{}", asked), ""});
  }
  return asked;
}

// Where training stopped; on a line of its own, under what may be half a bar.
void say_interrupted(const Model& model, std::int64_t epochs, int verbose) {
  const TrainProgress& progress = model.progress();
  std::cerr << (verbose == 1 && progress.batch > 0 ? "\n" : "")
            << fmt::format("minnow: interrupted after {} of {} epochs", progress.epoch, epochs)
            << (progress.batch > 0 ? fmt::format(" and {} batches", progress.batch) : "")
            << std::endl;
}

ExitStatus run(const FitArguments& a) {
  const int verbose = verbosity(a.verbose);
  require_writable(in_fit, "--out", a.out);
  require_writable(in_fit, "--history", a.history);
  require_writable(in_fit, "--plot", a.plot);
  LoadedModel loaded =
      load_model(in_fit, a.run.model, {.seed = a.seed.value_or(0), .threads = a.run.threads});
  apply_settings(in_fit, loaded, a.settings, a.resume);
  Model& model = loaded.model;
  LabelledData data = load_training_data(in_fit, a.data, a.validation);
  if (a.resume && model.progress().epoch >= a.epochs) {
    warn(fmt::format("{} has {} epochs behind it, and --epochs is {}: nothing is left to train",
                     loaded.path, model.progress().epoch, a.epochs));
  }

  StopOnSignal signal;
  Warnings warnings;
  Progress progress(verbose);
  HistoryFiles files(a.history, a.plot);
  FitOptions options{.epochs = a.epochs,
                     .batch_size = a.run.batch_size,
                     .shuffle = !a.no_shuffle,
                     .seed = a.seed,
                     .validation_data = std::move(data.validation),
                     .validation_split = a.validation.split,
                     .sample_weight = std::move(data.sample_weight),
                     .class_weight = a.class_weight,
                     .initial_epoch = a.initial_epoch,
                     .resume = a.resume,
                     .callbacks = {&warnings, &files, &signal}};
  if (verbose > 0) options.callbacks.push_back(&progress);
  const History history = model.fit(data.x, data.y, options);

  const bool stopped = signal.requested();
  if (stopped) say_interrupted(model, a.epochs, verbose);
  if (!a.out.empty()) save_model(a.out, model);
  files.write(history);
  if (!stopped) return exit_done;
  std::cerr << (a.out.empty()
                    ? "minnow: nothing was saved: there is no --out\n"
                    : fmt::format("minnow: saved to {0}; to go on: minnow fit {0} ...{1}\n", a.out,
                                  a.out.ends_with(".keras") ? "" : " --resume"));
  return exit_interrupted;
}

}  // namespace

Command add_fit(CLI::App& program) {
  CLI::App* app = program.add_subcommand("fit", "Train a model on files of numbers");
  auto arguments = std::make_shared<FitArguments>();
  add_model(*app, arguments->run);
  add_inputs(*app, arguments->data);
  add_targets(*app, arguments->data);
  add_training(*app, *arguments);
  add_files(*app, *arguments);
  app->footer(fit_footer);
  return {app, [arguments] { return run(*arguments); }};
}

}  // namespace minnow::apps
