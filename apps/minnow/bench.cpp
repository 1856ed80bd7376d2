// minnow bench train: how fast a few small networks train on this machine.
#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "apps/minnow/command.h"
#include "apps/minnow/jobs.h"
#include "apps/minnow/options.h"
#include "core/kernels/cpu_target.h"
#include "core/text.h"
#include "minnow.h"

namespace minnow::apps {
namespace {

constexpr std::string_view in_bench = "bench train";
constexpr auto bench_footer = R"(JOB:
  ex1      conv 32 3x3 relu - flatten - dense 10 softmax
  convnet  conv 32 - pool - conv 64 - pool - dropout .5 - dense 10 softmax
  mlp784   784 - 512 relu - 512 relu - 10 softmax
  mlp10    10 - 10 relu - 1 sigmoid, on made-up rows
The first three train on Fashion-MNIST. Prints a line of JSON for each epoch.)";

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct BenchArguments {
  std::string job;
  int threads = 1;
  std::int64_t batch = 32;
  std::int64_t epochs = 2;
  std::int64_t rows = 60000;
  std::string folder;
};

const Job& job_named(const std::string& name) {
  const auto jobs = training_jobs();
  const auto found =
      std::find_if(jobs.begin(), jobs.end(), [&name](const Job& job) { return job.name == name; });
  if (found != jobs.end()) return *found;
  std::vector<std::string_view> names;
  for (const Job& job : jobs) names.push_back(job.name);
  throw InvalidArgument({in_bench, "JOB", fmt::format("{}", fmt::join(names, ", ")),
                         fmt::format("'{}'", name), suggest_name(name, names)});
}

struct Rows {
  Tensor x, y;
};

// Rows of ten normal numbers, of class 1 where their sum is positive.
Rows made_up_rows(std::int64_t rows) {
  Rng rng(0);
  Rows data{normal({rows, 10}, rng), {}};
  const Tensor sums = sum(data.x, {.axis = 1});
  std::vector<std::int64_t> classes;
  for (const float v : sums.values<float>()) classes.push_back(v > 0 ? 1 : 0);
  data.y = Tensor::from(classes, {rows});
  return data;
}

Rows images(const Job& job, const BenchArguments& a) {
  const Dataset data = fashion_mnist({.folder = a.folder});
  const std::int64_t rows = std::min(a.rows, data.x_train.shape()[0]);
  const Tensor x = data.x_train.slice_rows(0, rows).astype(DType::float32) * (1.0 / 255);
  return {x.reshape(job.row.with_batch(rows)), data.y_train.slice_rows(0, rows)};
}

/// Prints a line for each epoch.
class Report : public Callback {
 public:
  Report(const BenchArguments& arguments, std::int64_t rows, Clock::time_point start)
      : arguments_(arguments), rows_(rows), start_(start) {}

  void on_epoch_begin(FitContext&, std::int64_t) override { epoch_start_ = Clock::now(); }

  void on_epoch_end(FitContext& fit, std::int64_t epoch, const Logs& logs) override {
    const double seconds = seconds_since(epoch_start_);
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);  // ru_maxrss is in kilobytes on Linux
    std::cout << fmt::format(
                     R"({{"framework": "minnow", "job": "{}", "threads": {}, "batch": {}, )"
                     R"("epoch": {}, "samples_per_s": {:.0f}, "step_us": {:.1f}, "loss": {:.4f}, )"
                     R"("since_start_s": {:.2f}, "peak_rss_mb": {}, "target": "{}"}})",
                     arguments_.job, arguments_.threads, arguments_.batch, epoch,
                     static_cast<double>(rows_) / seconds,
                     1e6 * seconds / static_cast<double>(fit.steps()), logs["loss"],
                     seconds_since(start_), usage.ru_maxrss / 1024, kernels::cpu_target())
              << std::endl;
  }

  bool wants_batch_logs() const override { return false; }

 private:
  const BenchArguments& arguments_;
  std::int64_t rows_;
  Clock::time_point start_, epoch_start_{};
};

ExitStatus train(const BenchArguments& a, Clock::time_point start) {
  const Job& job = job_named(a.job);
  if (a.rows < 1) {
    throw InvalidArgument({in_bench, "--rows", "at least 1", fmt::format("{}", a.rows), ""});
  }
  const Rows data = job.images ? images(job, a) : made_up_rows(a.rows);
  Sequential model(job.layers(), {.threads = a.threads});
  model.compile({.optimizer = "adam", .loss = job.loss});
  Report report(a, data.x.shape()[0], start);
  model.fit(data.x, data.y, {.epochs = a.epochs, .batch_size = a.batch, .callbacks = {&report}});
  return exit_done;
}

}  // namespace

Command add_bench(CLI::App& program) {
  const Clock::time_point start = Clock::now();
  CLI::App* app = program.add_subcommand("bench", "Measure how fast this machine trains");
  CLI::App* train_app = app->add_subcommand("train", "Train one of a few small networks");
  app->require_subcommand(1);
  auto a = std::make_shared<BenchArguments>();
  train_app->add_option("JOB", a->job, "What to train")->required()->type_name("");
  add_number(*train_app, "--threads", a->threads, "Threads to run on")->default_str("1");
  add_number(*train_app, "--batch", a->batch, "Rows that go through at a time");
  add_number(*train_app, "--epochs", a->epochs, "Passes over the rows");
  add_number(*train_app, "--rows", a->rows, "Rows at most");
  add_text(*train_app, "--data", a->folder, "DIR", "The folder of Fashion-MNIST's four files");
  train_app->footer(bench_footer);
  return {app, [a, start] { return train(*a, start); }};
}

}  // namespace minnow::apps
