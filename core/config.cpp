#include "core/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/error.h"
#include "core/text.h"

namespace minnow {
namespace {

const Config null_config;

double shortest_double(float value) {
  if (!std::isfinite(value)) return value;
  const std::string text = fmt::format("{}", value);
  double result = value;
  std::from_chars(text.data(), text.data() + text.size(), result);
  return result;
}

void write_string(const std::string& text, std::string& out) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

std::string number_text(double value) {
  if (std::isnan(value)) return "\"NaN\"";
  if (std::isinf(value)) return value < 0 ? "\"-Infinity\"" : "\"Infinity\"";
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";  // stays no integer when read
  return text;
}

void write(const Config& config, std::string& out) {
  if (config.is_null()) {
    out += "null";
  } else if (config.is_bool()) {
    out += config.boolean() ? "true" : "false";
  } else if (config.is_integer()) {
    out += fmt::format("{}", config.integer());
  } else if (config.is_number()) {
    out += number_text(config.number());
  } else if (config.is_string()) {
    write_string(config.string(), out);
  } else if (config.is_list()) {
    std::string_view comma;
    out += '[';
    for (const Config& item : config.list()) {
      out += comma;
      write(item, out);
      comma = ",";
    }
    out += ']';
  } else {
    std::string_view comma;
    out += '{';
    for (const auto& [key, value] : config.entries()) {
      out += comma;
      write_string(key, out);
      out += ':';
      write(value, out);
      comma = ",";
    }
    out += '}';
  }
}

// For messages: long values are cut, but never inside a UTF-8 character.
std::string brief(const Config& config) {
  constexpr std::size_t limit = 100;
  std::string text = config.str();
  if (text.size() <= limit) return text;
  std::size_t end = limit;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end) + "...";
}

// Equal as settings: 1 is 1.0, also within lists.
bool same_setting(const Config& a, const Config& b) {
  if (a.is_number() && b.is_number()) {
    return a.is_integer() && b.is_integer() ? a == b : a.number() == b.number();
  }
  if (!a.is_list() || !b.is_list()) return a == b;
  return std::equal(a.list().begin(), a.list().end(), b.list().begin(), b.list().end(),
                    same_setting);
}

bool contains(const std::vector<std::string>& keys, std::string_view key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

void add(std::vector<std::string>& keys, std::string_view key) {
  if (!contains(keys, key)) keys.emplace_back(key);
}

}  // namespace

Config::Config(const Config& other) = default;
Config::Config(Config&& other) noexcept = default;
Config& Config::operator=(const Config& other) = default;
Config& Config::operator=(Config&& other) noexcept = default;
Config::~Config() = default;

Config::Config(const char* value) : Config(std::string(value)) {}
Config::Config(const std::string& value) : value_(value) {}
Config::Config(std::string&& value) noexcept : value_(std::move(value)) {}
Config::Config(std::string_view value) : Config(std::string(value)) {}
Config::Config(List value) noexcept : value_(std::move(value)) {}
Config::Config(Object value) noexcept : value_(std::move(value)) {}

Config Config::object(std::initializer_list<Setting> settings) {
  Object entries;
  entries.reserve(settings.size());
  for (const Setting& setting : settings) entries.emplace_back(setting.key, setting.value);
  return Config(std::move(entries));
}

bool operator==(const Config& a, const Config& b) { return a.value_ == b.value_; }

Config::Config(float value) : value_(shortest_double(value)) {}

double Config::number() const {
  return is_integer() ? static_cast<double>(integer()) : std::get<double>(value_);
}

const Config& Config::operator[](std::string_view key) const {
  if (!is_object()) return null_config;
  for (const auto& [name, value] : entries()) {
    if (name == key) return value;
  }
  return null_config;
}

void Config::set(std::string_view key, Config value) {
  if (is_null()) value_ = Object{};
  for (auto& [name, old] : entries()) {
    if (name == key) {
      old = std::move(value);
      return;
    }
  }
  entries().emplace_back(key, std::move(value));
}

std::string Config::str() const {
  std::string out;
  write(*this, out);
  return out;
}

ConfigReader::ConfigReader(const Config& config, std::string what)
    : config_(&config), what_(std::move(what)) {
  if (!config.is_null() && !config.is_object()) wrong_type("config", "an object", config);
}

void ConfigReader::wrong_type(std::string_view key, std::string_view expected,
                              const Config& got) const {
  throw InvalidArgument({what_, key, expected, got.is_null() ? "nothing" : brief(got), ""});
}

const Config* ConfigReader::find(std::string_view key) {
  add(read_, key);
  const Config& found = (*config_)[key];
  return found.is_null() ? nullptr : &found;
}

bool ConfigReader::boolean(std::string_view key, bool fallback) {
  const Config* found = find(key);
  if (found == nullptr) return fallback;
  if (!found->is_bool()) wrong_type(key, "true or false", *found);
  return found->boolean();
}

std::int64_t ConfigReader::integer(std::string_view key) {
  const Config* found = find(key);
  if (found == nullptr || !found->is_integer()) wrong_type(key, "an integer", (*config_)[key]);
  return found->integer();
}

std::int64_t ConfigReader::integer(std::string_view key, std::int64_t fallback) {
  return find(key) == nullptr ? fallback : integer(key);
}

double ConfigReader::number(std::string_view key) {
  const Config* found = find(key);
  if (found == nullptr || !found->is_number()) wrong_type(key, "a number", (*config_)[key]);
  return found->number();
}

double ConfigReader::number(std::string_view key, double fallback) {
  return find(key) == nullptr ? fallback : number(key);
}

std::string ConfigReader::string(std::string_view key) {
  const Config* found = find(key);
  if (found == nullptr || !found->is_string()) wrong_type(key, "a string", (*config_)[key]);
  return found->string();
}

std::string ConfigReader::string(std::string_view key, std::string_view fallback) {
  return find(key) == nullptr ? std::string(fallback) : string(key);
}

std::vector<std::int64_t> ConfigReader::integers(std::string_view key) {
  constexpr std::string_view expected = "an integer or a list of integers";
  const Config* found = find(key);
  if (found == nullptr) wrong_type(key, expected, null_config);
  if (found->is_integer()) return {found->integer()};
  if (!found->is_list()) wrong_type(key, expected, *found);
  std::vector<std::int64_t> result;
  for (const Config& item : found->list()) {
    if (!item.is_integer()) wrong_type(key, expected, *found);
    result.push_back(item.integer());
  }
  return result;
}

std::vector<std::int64_t> ConfigReader::integers(std::string_view key,
                                                 std::vector<std::int64_t> fallback) {
  return find(key) == nullptr ? std::move(fallback) : integers(key);
}

const Config& ConfigReader::value(std::string_view key) {
  add(read_, key);
  return (*config_)[key];
}

void ConfigReader::ignore(std::string_view key) { add(settled_, key); }

void ConfigReader::require(std::string_view key, const Config& only) {
  add(settled_, key);
  const Config& found = (*config_)[key];
  if (found.is_null() || same_setting(found, only)) return;
  unsupported_.push_back(
      fmt::format("'{}' = {} is not supported. Supported: {}.", key, brief(found), only.str()));
}

void ConfigReader::require_float32() {
  const Config& dtype = (*config_)["dtype"];
  if (dtype.is_object() && dtype["config"]["name"] == Config("float32")) {
    add(settled_, "dtype");
  } else {
    require("dtype", "float32");
  }
}

void ConfigReader::finish() const {
  std::vector<std::string> texts = unsupported_;
  std::vector<std::string> unknown;
  for (const auto& [key, value] : config_->is_object() ? config_->entries() : Config::Object{}) {
    if (value.is_null() || contains(read_, key) || contains(settled_, key)) continue;
    unknown.push_back(fmt::format("'{}' = {}", key, brief(value)));
  }
  if (!unknown.empty()) {
    std::vector<std::string> known = read_;
    std::sort(known.begin(), known.end());
    texts.push_back(fmt::format("{} {} not supported. Supported: {}.", joined(unknown),
                                unknown.size() == 1 ? "is" : "are",
                                known.empty() ? "no settings" : joined(known)));
  }
  if (!texts.empty()) throw Unimplemented(what_, joined(texts, " "));
}

}  // namespace minnow
