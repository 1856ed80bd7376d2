#include "interop/onnx.h"

#include <fmt/format.h>

#include <ostream>

#include "core/error.h"
#include "data/file.h"
#include "interop/architecture.h"
#include "interop/detail/onnx_graph.h"
#include "interop/detail/onnx_layers.h"
#include "interop/detail/unsupported.h"

namespace minnow {

std::vector<std::string> onnx_layers() { return detail::translated_layers(); }

void export_onnx(const std::string& path, const Model& model) {
  const Graph& graph = model.graph();
  const std::vector<NamedTensor> weights = model.named_weights();
  detail::OnnxGraph onnx;
  detail::Unsupported unsupported;
  std::vector<detail::OnnxValue> values;
  for (const GraphNode& node : graph.nodes()) {
    std::vector<detail::OnnxValue> inputs;
    for (const int input : node.inputs) inputs.push_back(values[static_cast<std::size_t>(input)]);
    onnx.begin_layer(node.name);
    const auto value = unsupported.attempt(
        [&] { return detail::onnx_layer(onnx, node, std::move(inputs), weights); });
    values.push_back(value.value_or(detail::OnnxValue{node.name, node.output()}));
  }
  unsupported.report("export_onnx", path);
  for (const int output : graph.outputs()) {
    const std::string& name = graph.node(output).name;
    onnx.begin_layer(name);
    onnx.output(values[static_cast<std::size_t>(output)], name);
  }
  const Config name = architecture_of(model)["config"]["name"];
  const std::string bytes = onnx.model(name.string());
  constexpr std::size_t most = (std::size_t{1} << 31) - 1;  // of Protocol Buffers
  if (bytes.size() > most) {
    throw ResourceExhausted(
        "export_onnx", fmt::format("{}: expected at most {} bytes, which is where ONNX files end, "
                                   "got {}.",
                                   path, most, bytes.size()));
  }
  write_file_atomically(path, [&](std::ostream& out) {
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  });
}

}  // namespace minnow
