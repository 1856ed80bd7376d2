#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace minnow {

/// A tree of settings, as JSON has it: what a layer, loss or optimizer says of itself to be written
/// down and made again. Objects keep the order of their keys.
class Config {
 public:
  using List = std::vector<Config>;
  using Entry = std::pair<std::string, Config>;
  using Object = std::vector<Entry>;

  /// What object() is made from.
  struct Setting;

  // Every class says of itself what it is: what that takes is compiled once, in config.cpp.
  Config() noexcept = default;  ///< null
  Config(const Config& other);
  Config(Config&& other) noexcept;
  Config& operator=(const Config& other);
  Config& operator=(Config&& other) noexcept;
  ~Config();

  Config(bool value) : value_(value) {}
  Config(int value) : value_(std::int64_t{value}) {}
  Config(std::int64_t value) : value_(value) {}
  Config(double value) : value_(value) {}
  /// The shortest decimal that names this float: 0.001f becomes 0.001, not 0.0010000000474974513.
  Config(float value);
  Config(const char* value);
  Config(const std::string& value);
  Config(std::string&& value) noexcept;
  Config(std::string_view value);
  Config(List value) noexcept;
  Config(Object value) noexcept;
  static Config object(std::initializer_list<Setting> settings);
  static Config integers(const auto& range) {
    List list;
    for (auto v : range) list.emplace_back(static_cast<std::int64_t>(v));
    return Config(std::move(list));
  }

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  bool is_bool() const { return std::holds_alternative<bool>(value_); }
  bool is_integer() const { return std::holds_alternative<std::int64_t>(value_); }
  bool is_number() const { return is_integer() || std::holds_alternative<double>(value_); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_list() const { return std::holds_alternative<List>(value_); }
  bool is_object() const { return std::holds_alternative<Object>(value_); }

  // Unchecked for the reader of trusted values; ConfigReader gives the typed errors.
  bool boolean() const { return std::get<bool>(value_); }
  std::int64_t integer() const { return std::get<std::int64_t>(value_); }
  double number() const;
  const std::string& string() const { return std::get<std::string>(value_); }
  const List& list() const { return std::get<List>(value_); }
  List& list() { return std::get<List>(value_); }
  const Object& entries() const { return std::get<Object>(value_); }
  Object& entries() { return std::get<Object>(value_); }

  /// The value under `key` of an object, or null where it has none or this is no object.
  const Config& operator[](std::string_view key) const;
  /// Sets or replaces `key` of an object (null becomes an object).
  void set(std::string_view key, Config value);

  /// As compact JSON. JSON has no NaN and no infinity: they become the strings "NaN", "Infinity"
  /// and "-Infinity".
  std::string str() const;

  friend bool operator==(const Config& a, const Config& b);

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, List, Object> value_;
};

struct Config::Setting {
  std::string_view key;
  Config value;
};

/// Reads the settings of one object and accounts for every key: what nobody asked for and is not
/// null is Unimplemented, never dropped in silence. finish() names all of it at once.
class ConfigReader {
 public:
  /// `what` names the object in messages: "Conv2D 'conv2d'". The reader looks into `config`, which
  /// must outlive it; null is an object without keys, anything else InvalidArgument.
  ConfigReader(const Config& config, std::string what);
  ConfigReader(const Config&&, std::string) = delete;

  const std::string& what() const { return what_; }
  bool has(std::string_view key) const { return !(*config_)[key].is_null(); }

  // Each throws InvalidArgument where the value has another type; without a fallback, also where
  // the key is missing or null.
  bool boolean(std::string_view key, bool fallback);
  std::int64_t integer(std::string_view key);
  std::int64_t integer(std::string_view key, std::int64_t fallback);
  double number(std::string_view key);
  double number(std::string_view key, double fallback);
  std::string string(std::string_view key);
  std::string string(std::string_view key, std::string_view fallback);
  /// A list of integers; a single integer stands for a list of one.
  std::vector<std::int64_t> integers(std::string_view key);
  std::vector<std::int64_t> integers(std::string_view key, std::vector<std::int64_t> fallback);
  /// The raw value, for what has a structure of its own; null where the key is missing.
  const Config& value(std::string_view key);
  /// The key means nothing to minnow, whatever its value.
  void ignore(std::string_view key);
  /// finish() throws Unimplemented unless the value is null, missing, or equal to `only` (1 equals
  /// 1.0).
  void require(std::string_view key, const Config& only);
  /// The same for `dtype`, which may be missing or float32, by name or as Keras's policy object.
  void require_float32();
  /// Unimplemented where a required value is another one, or a key with a value was not asked for.
  void finish() const;

 private:
  const Config* find(std::string_view key);
  [[noreturn]] void wrong_type(std::string_view key, std::string_view expected,
                               const Config& got) const;

  const Config* config_;
  std::string what_;
  std::vector<std::string> read_;         // keys whose values minnow uses
  std::vector<std::string> settled_;      // keys that are ignored or have one value allowed
  std::vector<std::string> unsupported_;  // what finish() is to say
};

}  // namespace minnow
