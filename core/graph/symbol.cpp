#include "core/graph/symbol.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "core/error.h"

namespace minnow {
namespace {

constexpr std::string_view over_names[] = {"all", "feature", "sample"};

void check(const Expectation& expects) {
  if (const auto* range = std::get_if<Range>(&expects)) {
    if (!(range->low <= range->high)) {  // also catches NaN
      throw InvalidArgument({"Input", "expects", "a Range with low <= high",
                             fmt::format("Range{{{}, {}}}", range->low, range->high), ""});
    }
  }
  if (const auto* s = std::get_if<Standardized>(&expects)) {
    if (!(s->mean_tolerance >= 0 && s->min_stddev >= 0 && s->min_stddev <= s->max_stddev)) {
      throw InvalidArgument({"Input", "expects",
                             "Standardized with mean_tolerance >= 0 and min_stddev <= max_stddev",
                             fmt::format("mean_tolerance {}, min_stddev {}, max_stddev {}",
                                         s->mean_tolerance, s->min_stddev, s->max_stddev),
                             ""});
    }
  }
}

Config expectation_config(const Expectation& expects) {
  if (const auto* range = std::get_if<Range>(&expects)) {
    return Config::object({{"kind", "range"}, {"low", range->low}, {"high", range->high}});
  }
  if (const auto* s = std::get_if<Standardized>(&expects)) {
    return Config::object({{"kind", "standardized"},
                           {"over", over_names[static_cast<std::size_t>(s->over)]},
                           {"mean_tolerance", s->mean_tolerance},
                           {"min_stddev", s->min_stddev},
                           {"max_stddev", s->max_stddev}});
  }
  return {};
}

Expectation expectation_from(const Config& config, const std::string& what) {
  if (config.is_null()) return std::monostate{};
  ConfigReader reader(config, what + " expects");
  const std::string kind = reader.string("kind");
  Expectation expects;
  if (kind == "range") {
    expects = Range{static_cast<float>(reader.number("low", 0)),
                    static_cast<float>(reader.number("high", 1))};
  } else if (kind == "standardized") {
    Standardized s;
    const std::string over = reader.string("over", "all");
    s.over = over == "feature"  ? Standardized::Over::feature
             : over == "sample" ? Standardized::Over::sample
                                : Standardized::Over::all;
    s.mean_tolerance = static_cast<float>(reader.number("mean_tolerance", s.mean_tolerance));
    s.min_stddev = static_cast<float>(reader.number("min_stddev", s.min_stddev));
    s.max_stddev = static_cast<float>(reader.number("max_stddev", s.max_stddev));
    expects = s;
  } else {
    throw InvalidArgument(
        {what, "expects", "'range' or 'standardized'", fmt::format("'{}'", kind), ""});
  }
  reader.finish();
  return expects;
}

}  // namespace

struct Symbol::Node {
  Layer layer;
  std::vector<Symbol> inputs;
};

Symbol::Symbol(Layer layer, std::vector<Symbol> inputs)
    : node_(std::make_shared<const Node>(Node{std::move(layer), std::move(inputs)})) {}

const Layer& Symbol::layer() const noexcept { return node_->layer; }
std::span<const Symbol> Symbol::inputs() const noexcept { return node_->inputs; }

Symbol Symbol::output(std::size_t index) const {
  Symbol other = *this;
  other.index_ = index;
  return other;
}

Input::Input(const Shape& shape, InputOptions options)
    : Layer(std::make_shared<InputImpl>(shape, std::move(options))), symbol_(*this, {}) {}

Layer Input::from_config(const Config& config) {
  ConfigReader reader(config, "InputLayer");
  InputOptions options{.name = reader.string("name", "")};
  const std::string what = fmt::format("InputLayer '{}'", options.name);
  const Config& batch_shape = reader.value("batch_shape");
  if (!batch_shape.is_list() || batch_shape.list().empty()) {
    throw InvalidArgument({what, "batch_shape", "a list of sizes", batch_shape.str(), ""});
  }
  std::vector<std::int64_t> dims;
  for (std::size_t i = 1; i < batch_shape.list().size(); ++i) {
    const Config& dim = batch_shape.list()[i];
    if (!dim.is_integer()) {
      throw Unimplemented(what, fmt::format("batch_shape {} is not supported. Supported: fixed "
                                            "sizes on every axis but the first.",
                                            batch_shape.str()));
    }
    dims.push_back(dim.integer());
  }
  reader.require("dtype", "float32");
  reader.require("sparse", false);
  reader.require("ragged", false);
  reader.require("optional", false);
  options.expects = expectation_from(reader.value("expects"), what);
  reader.finish();
  return Input(Shape(dims), std::move(options));
}

InputImpl::InputImpl(const Shape& shape, InputOptions options)
    : LayerImpl(std::move(options.name), true), shape_(shape), expects_(options.expects) {
  if (shape.rank() == Shape::max_rank) {
    throw InvalidArgument({"Input", "shape",
                           fmt::format("at most {} axes besides the batch's", Shape::max_rank - 1),
                           shape.str(), ""});
  }
  if (shape.numel() == 0) {
    throw InvalidArgument({"Input", "shape", "sizes of at least 1", shape.str(), ""});
  }
  check(expects_);
}

Config InputImpl::config() const {
  Config::List batch_shape{Config()};
  for (std::int64_t dim : shape_) batch_shape.emplace_back(dim);
  Config config = Config::object({{"batch_shape", batch_shape},
                                  {"dtype", "float32"},
                                  {"sparse", false},
                                  {"ragged", false},
                                  {"optional", false}});
  if (Config expects = expectation_config(expects_); !expects.is_null()) {
    config.set("expects", std::move(expects));
  }
  return config;
}

std::unique_ptr<LayerOp> InputImpl::build(const BuildContext&) const {
  return std::make_unique<LayerOp>(Declaration{.output = shape_, .view = true});
}

const InputImpl* as_input(const Layer& layer) noexcept {
  return dynamic_cast<const InputImpl*>(&layer.impl());
}

}  // namespace minnow
