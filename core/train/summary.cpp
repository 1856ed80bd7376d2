// The table that Keras's summary prints, and below it the memory of training.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/text.h"
#include "core/train/model_impl.h"

namespace minnow {
namespace {

struct Row {
  std::vector<std::string> cells;
};

// As in Keras: (None, 26, 26, 32).
std::string shape_text(const Shape& shape) { return shape.batch_str("None"); }

std::string repeat(std::string_view s, std::size_t n) {
  std::string out;
  for (std::size_t i = 0; i < n; ++i) out += s;
  return out;
}

std::string rule(const std::vector<std::size_t>& widths, std::string_view left,
                 std::string_view line, std::string_view cross, std::string_view right) {
  std::string out(left);
  for (std::size_t i = 0; i < widths.size(); ++i) {
    out += repeat(line, widths[i] + 2);
    out += i + 1 < widths.size() ? cross : right;
  }
  return out + "\n";
}

std::string line(const std::vector<std::size_t>& widths, const Row& row, std::string_view bar) {
  std::string out(bar);
  for (std::size_t i = 0; i < widths.size(); ++i) {
    const bool number = row.cells[i].find_first_not_of("0123456789,#Pam ") == std::string::npos;
    out += number ? fmt::format(" {:>{}} ", row.cells[i], widths[i])
                  : fmt::format(" {:<{}} ", row.cells[i], widths[i]);
    out += bar;
  }
  return out + "\n";
}

std::int64_t count_of(const Graph& graph, const GraphNode& node) {
  std::int64_t n = 0;
  for (int w : node.weights)
    n += graph.parameters()[static_cast<std::size_t>(w)].spec.shape.numel();
  return n;
}

// As in Keras: a Sequential leaves out its Input, other graphs say what is connected.
std::vector<Row> rows_of(const Graph& graph, bool sequential) {
  std::vector<Row> rows{{{"Layer (type)", "Output Shape", "Param #"}}};
  if (!sequential) rows.front().cells.emplace_back("Connected to");
  for (const GraphNode& node : graph.nodes()) {
    if (sequential && node.inputs.empty()) continue;
    Row row{{fmt::format("{} ({})", node.name, node.layer.class_name()), shape_text(node.output()),
             group_digits(count_of(graph, node))}};
    if (!sequential) {
      std::string from;
      for (int input : node.inputs) from += (from.empty() ? "" : ", ") + graph.node(input).name;
      row.cells.push_back(from.empty() ? "-" : from);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string params(std::string_view what, std::int64_t n) {
  return fmt::format(" {}: {} ({})\n", what, group_digits(n), readable_bytes(4 * n));
}

}  // namespace

std::string Model::summary() const {
  const Session& session = impl_->built("summary");
  const Graph& graph = session.graph();
  const bool sequential = impl_->sequential;
  const std::vector<Row> rows = rows_of(graph, sequential);
  std::vector<std::size_t> widths(rows.front().cells.size(), 0);
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < widths.size(); ++i) {
      widths[i] = std::max(widths[i], row.cells[i].size());
    }
  }
  const std::string& own = impl_->options.name;
  std::string out = fmt::format("Model: \"{}\"\n",
                                own.empty() ? (sequential ? "sequential" : "functional") : own);
  out += rule(widths, "┏", "━", "┳", "┓") + line(widths, rows.front(), "┃");
  out += rule(widths, "┡", "━", "╇", "┩");
  for (std::size_t i = 1; i < rows.size(); ++i) {
    if (i > 1) out += rule(widths, "├", "─", "┼", "┤");
    out += line(widths, rows[i], "│");
  }
  out += rule(widths, "└", "─", "┴", "┘");

  std::int64_t trainable = 0, fixed = 0;
  for (const Parameter& p : graph.parameters()) {
    (p.trainable ? trainable : fixed) += p.spec.shape.numel();
  }
  const std::int64_t state =
      session.compiled()
          ? trainable * static_cast<std::int64_t>(session.options()->optimizer->slots().size())
          : 0;
  out += params("Total params", trainable + fixed + state);
  out += params("Trainable params", trainable) + params("Non-trainable params", fixed);
  if (state > 0) out += params("Optimizer params", state);
  constexpr std::int64_t batch_size = 32;
  const MemoryPlan memory = session.memory_plan(batch_size);
  out += fmt::format(
      " Memory to train, batch {}: {} (weights {}, gradients {}, optimizer {}, arena {})\n",
      batch_size, readable_bytes(memory.total()), readable_bytes(memory.weights),
      readable_bytes(memory.gradients), readable_bytes(memory.optimizer_state),
      readable_bytes(memory.arena));
  return out;
}

}  // namespace minnow
