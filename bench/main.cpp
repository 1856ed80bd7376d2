// Google Benchmark's program, and --target=NAME: the instruction set that minnow's kernels run on.
#include <benchmark/benchmark.h>

#include <iostream>
#include <string>
#include <string_view>

#include "core/kernels/cpu_target.h"

namespace {

constexpr std::string_view option = "--target=";

// Takes the option from the arguments. False where this processor lacks what it names.
bool set_target(int& argc, char** argv) {
  int kept = 0;
  for (int i = 0; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (!argument.starts_with(option)) {
      argv[kept++] = argv[i];
      continue;
    }
    const std::string_view name = argument.substr(option.size());
    if (minnow::kernels::use_cpu_target(name)) continue;
    std::cerr << "minnow_bench: this processor has no " << name << "; it has";
    for (const std::string_view has : minnow::kernels::cpu_targets()) std::cerr << ' ' << has;
    std::cerr << '\n';
    return false;
  }
  argc = kept;
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (!set_target(argc, argv)) return 2;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::AddCustomContext("minnow_target", std::string(minnow::kernels::cpu_target()));
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
