#include "core/graph/layer.h"

#include <fmt/format.h>

#include <utility>

#include "core/error.h"
#include "core/graph/symbol.h"

namespace minnow {

void BuildContext::wrong_input(std::string expected, std::string hint, std::size_t index) const {
  const std::string received =
      fmt::format("{} from {}", inputs.at(index).batch_str(), input_from.at(index));
  throw InvalidArgument({layer, "input", expected, received, hint});
}

void BuildContext::require_one_input() const {
  if (inputs.size() == 1) return;
  std::string from;
  for (const auto& name : input_from) from += (from.empty() ? "" : ", ") + name;
  throw InvalidArgument(
      {layer, "input", "one input", fmt::format("{}: {}", inputs.size(), from), ""});
}

void BuildContext::require_one_input(int rank) const {
  require_one_input();
  if (input().rank() != rank) {
    std::string hint;
    if (rank == 1 && input().rank() > 1) hint = "Put a Flatten in between.";
    if (rank == 3 && input().rank() == 2) {
      hint = fmt::format("Declare the channel axis: Input({{{}, {}, 1}}).", input()[0], input()[1]);
    }
    wrong_input(fmt::format("rank {}{}", rank + 1,
                            rank == 3   ? " (N, height, width, channels)"
                            : rank == 1 ? " (N, features)"
                                        : ""),
                hint);
  }
}

void LayerOp::forward(const ForwardRun&) const {}
void LayerOp::backward(const BackwardRun&) const {}
void LayerOp::finish_step(const FinishRun&) const {}

Symbol Layer::operator()(const Symbol& input) const { return {*this, {input}}; }
Symbol Layer::operator()(std::vector<Symbol> inputs) const { return {*this, std::move(inputs)}; }

}  // namespace minnow
