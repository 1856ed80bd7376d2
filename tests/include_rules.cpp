#include "tests/include_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

namespace minnow::test {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string_view>;

struct Room {
  std::string_view path;
  Names may_include;  // besides itself; a name with ".h" stands for that one file
};

// Who may use whom. The first room whose path a file's path starts with is the file's.
const std::vector<Room>& rooms() {
  static const Names of_layers = {"core", "core/kernels", "core/graph"};
  static const Names all_library = {"core",     "core/kernels", "core/graph", "core/train",
                                    "layers",   "optim",        "losses",     "metrics",
                                    "registry", "data",         "interop"};
  static const Names of_bench = [] {
    Names names = all_library;
    names.emplace_back("apps/minnow/jobs.h");  // the networks that `minnow bench` trains
    return names;
  }();
  static const std::vector<Room> table = {
      // Both are plain functions of numbers: nothing there throws or owns memory.
      {"core/kernels", {"core/parallel.h", "core/rng.h"}},
      {"core/graph", {"core", "core/kernels"}},
      {"core/train", {"core", "core/graph"}},
      {"core", {}},
      {"layers", of_layers},
      {"optim", of_layers},
      {"losses", of_layers},
      {"metrics", of_layers},
      {"registry", {"core", "core/graph", "layers", "optim", "losses", "metrics"}},
      {"data", {"core"}},
      {"interop", all_library},
      {"apps", all_library},
      {"tests", all_library},
      {"bench", of_bench},
      {"minnow.h", all_library},
  };
  return table;
}

// In these rooms no file may include another's, but for helpers that are no class of their own.
constexpr std::array<std::string_view, 4> one_class_a_file = {"layers", "optim", "losses",
                                                              "metrics"};
constexpr std::array<std::string_view, 10> shared_helpers = {"layers/activation_settings.h",
                                                             "layers/noise.h",
                                                             "layers/pooling2d.h",
                                                             "layers/settings.h",
                                                             "layers/window2d.h",
                                                             "losses/settings.h",
                                                             "metrics/positives.h",
                                                             "metrics/row_mean.h",
                                                             "optim/adam_impl.h",
                                                             "optim/settings.h"};

// Only core/kernels and its tests have SIMD; only core/parallel names OpenMP. The benchmarks may do
// both, to measure the machine and other libraries.
bool is_simd(std::string_view header) {
  return header.starts_with("hwy/") || header.ends_with("intrin.h") || header == "arm_neon.h";
}

template <class Range>
bool contains(const Range& range, std::string_view name) {
  return std::find(range.begin(), range.end(), name) != range.end();
}

const Room* room_of(std::string_view path) {
  for (const Room& room : rooms()) {
    if (path == room.path || (path.starts_with(room.path) && path[room.path.size()] == '/')) {
      return &room;
    }
  }
  return nullptr;
}

/// "layers/dense.cpp" and "layers/dense.h" have one stem.
std::string stem(std::string_view path) {
  return fs::path(path).replace_extension().generic_string();
}

struct Include {
  std::string name;
  bool quoted;
};

std::string_view after_blanks(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  return text;
}

/// The text after "#name", if the line is that directive.
std::optional<std::string_view> directive(std::string_view line, std::string_view name) {
  line = after_blanks(line);
  if (!line.starts_with('#')) return std::nullopt;
  line = after_blanks(line.substr(1));
  if (!line.starts_with(name)) return std::nullopt;
  return after_blanks(line.substr(name.size()));
}

std::optional<Include> include_of(std::string_view line) {
  const auto rest = directive(line, "include");
  if (!rest || rest->empty()) return std::nullopt;
  const bool quoted = rest->front() == '"';
  if (!quoted && rest->front() != '<') return std::nullopt;
  const auto end = rest->find(quoted ? '"' : '>', 1);
  if (end == std::string_view::npos) return std::nullopt;
  return Include{std::string(rest->substr(1, end - 1)), quoted};
}

/// Library headers are read by users too, whose root is another: they say where from themselves.
bool includes_by_relative_path(std::string_view path) {
  const Room* room = room_of(path);
  return path.ends_with(".h") && room->path != "apps" && room->path != "tests" &&
         room->path != "bench";
}

class Check {
 public:
  explicit Check(const Sources& sources) : sources_(sources) {}

  std::vector<std::string> run() {
    for (const auto& [path, text] : sources_) {
      path_ = path;
      line_ = 0;
      std::istringstream lines(text);
      for (std::string line; std::getline(lines, line);) {
        ++line_;
        look_at(line);
      }
    }
    return std::move(broken_);
  }

 private:
  void report(const std::string& what) {
    broken_.push_back(fmt::format("{}:{}: {}", path_, line_, what));
  }

  bool in(std::string_view folder) const { return path_.starts_with(folder); }

  void look_at(std::string_view line) {
    if (const auto pragma = directive(line, "pragma"); pragma && pragma->starts_with("omp")) {
      names_openmp();
    }
    const auto include = include_of(line);
    if (!include) return;
    if (include->quoted) {
      quoted(include->name);
    } else {
      angled(include->name);
    }
  }

  void names_openmp() {
    if (!in("core/parallel") && !in("bench/")) report("only core/parallel names OpenMP");
  }

  void angled(const std::string& name) {
    if (name == "omp.h") names_openmp();
    if (is_simd(name) && !in("core/kernels/") && !in("tests/core/kernels/") && !in("bench/")) {
      report("only core/kernels has SIMD: <" + name + ">");
    }
    if (name.starts_with("Eigen/") && path_.ends_with(".h") && path_ != "core/eigen.h") {
      report("the one header that may include Eigen is core/eigen.h");
    }
    if (name.starts_with("minnow/")) own_by_angle(name);
  }

  /// Examples are written as a user writes them; nobody else is a user of minnow.
  void own_by_angle(const std::string& name) {
    if (!in("apps/examples/")) {
      report("expected an include from the root, got <" + name + ">");
    } else if (!sources_.contains(name.substr(7))) {
      report("<" + name + "> names no file");
    }
  }

  void quoted(const std::string& name) {
    const bool relative = includes_by_relative_path(path_);
    const fs::path base = relative ? fs::path(path_).parent_path() : fs::path();
    const std::string target = (base / name).lexically_normal().generic_string();
    if (!relative && name != target) {
      report(fmt::format("expected an include from the root, got \"{}\"", name));
    } else if (!sources_.contains(target)) {
      report(fmt::format(
          "\"{}\" names no file: {}", name,
          relative ? "a header includes by relative path" : "a source includes from the root"));
    } else {
      allowed(target);
    }
  }

  void allowed(const std::string& target) {
    const Room& from = *room_of(path_);
    const Room& to = *room_of(target);
    if (from.path == to.path) {
      if (contains(one_class_a_file, from.path) && stem(path_) != stem(target) &&
          !contains(shared_helpers, target)) {
        report(fmt::format("{} must not include its neighbour {}", path_, target));
      }
      return;
    }
    // Tests reach the parts of the program that they test, and the umbrella stands for everything.
    if (from.path == "tests" && to.path == "apps") return;
    if (to.path == "minnow.h" && contains(Names{"apps", "tests", "bench"}, from.path)) return;
    if (contains(from.may_include, to.path) || contains(from.may_include, target)) return;
    report(fmt::format("{} must not include {}", from.path, target));
  }

  const Sources& sources_;
  std::vector<std::string> broken_;
  std::string path_;
  int line_ = 0;
};

}  // namespace

std::vector<std::string> broken_include_rules(const Sources& sources) {
  return Check(sources).run();
}

Sources read_sources(std::string_view root) {
  Sources sources;
  const auto read = [&](const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    sources.emplace(fs::relative(file, root).generic_string(),
                    std::string(std::istreambuf_iterator<char>(in), {}));
  };
  for (const Room& room : rooms()) {
    const fs::path place = fs::path(root) / room.path;
    if (fs::is_regular_file(place)) read(place);
    if (!fs::is_directory(place) || room.path.starts_with("core/")) continue;  // below core
    for (const auto& entry : fs::recursive_directory_iterator(place)) {
      const std::string path = fs::relative(entry.path(), root).generic_string();
      // The consumer is a user's program with includes of its own.
      if (!entry.is_regular_file() || path.starts_with("tests/consumer/")) continue;
      if (path.ends_with(".h") || path.ends_with(".cpp") || path.ends_with(".inc")) {
        read(entry.path());
      }
    }
  }
  return sources;
}

}  // namespace minnow::test
