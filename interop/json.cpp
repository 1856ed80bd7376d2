#include "interop/json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "core/error.h"

namespace minnow {
namespace {

// Takes the parser's events and builds the tree on a stack of its own, so that a text cannot make
// it recurse.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  Builder(std::string name) : name_(std::move(name)) {}

  Config take() { return std::move(root_); }

  bool null() override { return put({}); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(std::int64_t{value}); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<number_unsigned_t>(INT64_MAX)) {
      throw DataLoss("JSON", fmt::format("{}: expected integers of at most 64 bits with sign, got "
                                         "{}.",
                                         name_, value));
    }
    return put(static_cast<std::int64_t>(value));
  }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return false; }
  bool key(string_t& value) override {
    keys_.back() = std::move(value);
    return true;
  }
  bool start_object(std::size_t) override { return open(Config(Config::Object{})); }
  bool start_array(std::size_t) override { return open(Config(Config::List{})); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    throw DataLoss("JSON", fmt::format("{}: expected JSON, but it ends or goes wrong at byte {} "
                                       "({}).",
                                       name_, position, error.what()));
  }

 private:
  static constexpr std::size_t max_depth = 128;

  bool put(Config value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (open_.back().is_list()) {
      open_.back().list().push_back(std::move(value));
    } else {
      open_.back().set(keys_.back(), std::move(value));
    }
    return true;
  }
  bool open(Config container) {
    if (open_.size() == max_depth) {
      throw DataLoss("JSON",
                     fmt::format("{}: expected at most {} levels of nesting.", name_, max_depth));
    }
    open_.push_back(std::move(container));
    keys_.emplace_back();
    return true;
  }
  bool close() {
    Config done = std::move(open_.back());
    open_.pop_back();
    keys_.pop_back();
    return put(std::move(done));
  }

  std::string name_;
  Config root_;
  std::vector<Config> open_;
  std::vector<std::string> keys_;
};

// Text and numbers are written by the library, what holds them here: its own tree would be a second
// one beside Config.
std::string leaf(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void write(const Config& config, int indent, std::size_t depth, std::string& out) {
  const auto new_line = [&](std::size_t level) {
    if (indent < 0) return;
    out += '\n';
    out.append(static_cast<std::size_t>(indent) * level, ' ');
  };
  const auto write_all = [&](const auto& items, char open, char close, const auto& write_item) {
    out += open;
    bool first = true;
    for (const auto& item : items) {
      if (!first) out += ',';
      first = false;
      new_line(depth + 1);
      write_item(item);
    }
    if (!first) new_line(depth);
    out += close;
  };
  if (config.is_list()) {
    write_all(config.list(), '[', ']',
              [&](const Config& item) { write(item, indent, depth + 1, out); });
  } else if (config.is_object()) {
    write_all(config.entries(), '{', '}', [&](const Config::Entry& entry) {
      out += leaf(entry.first) + (indent < 0 ? ":" : ": ");
      write(entry.second, indent, depth + 1, out);
    });
  } else if (config.is_string()) {
    out += leaf(config.string());
  } else if (config.is_bool()) {
    out += config.boolean() ? "true" : "false";
  } else if (config.is_integer()) {
    out += fmt::format("{}", config.integer());
  } else {
    out += leaf(config.is_number() ? nlohmann::json(config.number()) : nlohmann::json());
  }
}

}  // namespace

Config parse_json(std::string_view text, const std::string& name) {
  Builder builder(name);
  nlohmann::json::sax_parse(text, &builder);
  return builder.take();
}

std::string write_json(const Config& config, int indent) {
  std::string text;
  write(config, indent, 0, text);
  return text;
}

}  // namespace minnow
