#include "core/config.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "core/error.h"
#include "tests/core/special_values.h"
#include "tests/expect_error.h"

namespace minnow {
namespace {

using List = Config::List;

TEST(ConfigTest, KnowsItsKind) {
  EXPECT_TRUE(Config().is_null());
  EXPECT_TRUE(Config(true).is_bool());
  EXPECT_TRUE(Config(3).is_integer());
  EXPECT_TRUE(Config(3).is_number());
  EXPECT_FALSE(Config(3.0).is_integer());
  EXPECT_TRUE(Config(3.0).is_number());
  EXPECT_TRUE(Config("text").is_string());
  EXPECT_TRUE(Config(List{1, 2}).is_list());
  EXPECT_TRUE(Config::object({}).is_object());
  EXPECT_EQ(Config(3).number(), 3.0);
}

TEST(ConfigTest, FloatsAreTheirShortestDecimal) {
  EXPECT_EQ(Config(0.001F).number(), 0.001);
  EXPECT_EQ(Config(0.1F).number(), 0.1);
  EXPECT_EQ(Config(-1e-7F).number(), -1e-7);
  EXPECT_EQ(Config(16777216.0F).number(), 16777216.0);
  EXPECT_EQ(Config(3.4028235e38F).number(), 3.4028235e38);
  EXPECT_EQ(Config(std::numeric_limits<float>::infinity()).number(), test::infinity);
  EXPECT_NE(Config(std::numeric_limits<float>::quiet_NaN()).number(),
            Config(std::numeric_limits<float>::quiet_NaN()).number());
  for (const float f : {0.9F, 1.0F / 3, 1e-45F, 1.17549435e-38F}) {
    EXPECT_EQ(static_cast<float>(Config(f).number()), f);
  }
}

TEST(ConfigTest, ObjectsKeepTheirOrder) {
  Config c;
  c.set("b", 1);
  c.set("a", 2);
  c.set("b", "three");
  EXPECT_EQ(c.str(), R"({"b":"three","a":2})");
  EXPECT_EQ(c["a"].integer(), 2);
  EXPECT_TRUE(c["c"].is_null());
  EXPECT_TRUE(Config(3)["a"].is_null());
  EXPECT_TRUE(c["a"]["b"]["c"].is_null());
}

TEST(ConfigTest, PrintsCompactJson) {
  EXPECT_EQ(Config().str(), "null");
  EXPECT_EQ(Config(List{true, false, Config(), -7}).str(), "[true,false,null,-7]");
  EXPECT_EQ(Config(List{0.001F, 1.0, -2.5, 1e20, 1e-7}).str(), "[0.001,1.0,-2.5,1e+20,1e-07]");
  EXPECT_EQ(Config::object({{"a", List{}}, {"b", Config::object({})}}).str(), R"({"a":[],"b":{}})");
  EXPECT_EQ(Config::integers(std::array{3, 5}).str(), "[3,5]");
}

TEST(ConfigTest, EscapesStrings) {
  EXPECT_EQ(Config("a\"b\\c/\n\r\t\b\f").str(), R"("a\"b\\c/\n\r\t\b\f")");
  EXPECT_EQ(Config(std::string("\x01\x1f\0", 3)).str(), R"("\u0001\u001f\u0000")");
  EXPECT_EQ(Config("größe").str(), "\"größe\"");
  EXPECT_EQ(Config::object({{"a\"", 1}}).str(), R"({"a\"":1})");
}

TEST(ConfigTest, WritesWhatJsonHasNotAsStrings) {
  EXPECT_EQ(Config(List{test::nan, test::infinity, -test::infinity}).str(),
            R"(["NaN","Infinity","-Infinity"])");
}

TEST(ConfigTest, ComparesByValue) {
  EXPECT_EQ(Config(List{1, "a"}), Config(List{1, "a"}));
  EXPECT_NE(Config(1), Config(1.0));
  EXPECT_NE(Config(), Config(false));
}

Config conv() {
  return Config::object({{"name", "conv2d"},
                         {"filters", 32},
                         {"kernel_size", List{3, 5}},
                         {"strides", 2},
                         {"use_bias", true},
                         {"rate", 0.5},
                         {"bias_constraint", Config()},
                         {"kernel_constraint", Config::object({{"max", 2}})}});
}

TEST(ConfigReaderTest, ReadsEachKind) {
  const Config c = conv();
  ConfigReader r(c, "Conv2D 'conv2d'");
  EXPECT_EQ(r.what(), "Conv2D 'conv2d'");
  EXPECT_EQ(r.string("name"), "conv2d");
  EXPECT_EQ(r.string("name", "x"), "conv2d");
  EXPECT_EQ(r.integer("filters"), 32);
  EXPECT_EQ(r.integer("filters", 1), 32);
  EXPECT_EQ(r.integers("kernel_size"), (std::vector<std::int64_t>{3, 5}));
  EXPECT_EQ(r.integers("strides"), (std::vector<std::int64_t>{2}));
  EXPECT_EQ(r.integers("strides", {1, 1}), (std::vector<std::int64_t>{2}));
  EXPECT_EQ(r.boolean("use_bias", false), true);
  EXPECT_EQ(r.number("rate", 0), 0.5);
  EXPECT_EQ(r.number("filters", 0), 32.0);
  EXPECT_EQ(r.value("kernel_constraint")["max"].integer(), 2);
  EXPECT_TRUE(r.has("filters"));
  EXPECT_NO_THROW(r.finish());
}

TEST(ConfigReaderTest, NullAndMissingGiveTheFallback) {
  const Config c = conv();
  ConfigReader r(c, "Conv2D");
  for (const char* key : {"bias_constraint", "absent"}) {
    EXPECT_FALSE(r.has(key));
    EXPECT_EQ(r.boolean(key, true), true);
    EXPECT_EQ(r.integer(key, 7), 7);
    EXPECT_EQ(r.number(key, 0.25), 0.25);
    EXPECT_EQ(r.string(key, "same"), "same");
    EXPECT_EQ(r.integers(key, {1, 1}), (std::vector<std::int64_t>{1, 1}));
    EXPECT_TRUE(r.value(key).is_null());
  }
}

TEST(ConfigReaderTest, NamesAWrongType) {
  const Config c = Config::object({{"filters", "many"},
                                   {"rate", true},
                                   {"use_bias", 1},
                                   {"name", 3},
                                   {"units", 2.5},
                                   {"kernel_size", List{3, 2.5}}});
  ConfigReader r(c, "Conv2D 'conv2d'");
  expect_error<InvalidArgument>([&] { r.integer("filters"); },
                                "[Conv2D 'conv2d'] filters: expected an integer, got \"many\".");
  expect_error<InvalidArgument>([&] { r.integer("units", 1); },
                                "[Conv2D 'conv2d'] units: expected an integer, got 2.5.");
  expect_error<InvalidArgument>([&] { r.number("rate", 0); },
                                "[Conv2D 'conv2d'] rate: expected a number, got true.");
  expect_error<InvalidArgument>([&] { r.boolean("use_bias", true); },
                                "[Conv2D 'conv2d'] use_bias: expected true or false, got 1.");
  expect_error<InvalidArgument>([&] { r.string("name", ""); },
                                "[Conv2D 'conv2d'] name: expected a string, got 3.");
  expect_error<InvalidArgument>([&] { r.integers("kernel_size"); },
                                "[Conv2D 'conv2d'] kernel_size: expected an integer or a list of "
                                "integers, got [3,2.5].");
  expect_error<InvalidArgument>([&] { r.integers("filters", {}); },
                                "[Conv2D 'conv2d'] filters: expected an integer or a list of "
                                "integers, got \"many\".");
}

TEST(ConfigReaderTest, NamesAMissingKey) {
  const Config c = Config::object({{"filters", Config()}});
  ConfigReader r(c, "Dense");
  expect_error<InvalidArgument>([&] { r.integer("filters"); },
                                "[Dense] filters: expected an integer, got nothing.");
  expect_error<InvalidArgument>([&] { r.string("name"); },
                                "[Dense] name: expected a string, got nothing.");
  expect_error<InvalidArgument>([&] { r.integers("size"); },
                                "[Dense] size: expected an integer or a list of integers, got "
                                "nothing.");
}

TEST(ConfigReaderTest, AccountsForEveryKey) {
  const Config c = conv();
  ConfigReader r(c, "Conv2D 'conv2d'");
  r.integer("filters");
  r.ignore("name");
  r.require("strides", 2);
  for (const char* key : {"kernel_size", "use_bias", "rate", "activation", "filters"}) r.value(key);
  expect_error<Unimplemented>(
      [&] { r.finish(); },
      "[Conv2D 'conv2d'] 'kernel_constraint' = {\"max\":2} is not supported. Supported: "
      "activation, filters, kernel_size, rate, use_bias.");
  r.ignore("kernel_constraint");
  EXPECT_NO_THROW(r.finish());
  ConfigReader nothing(c, "Flatten");
  expect_error<Unimplemented>([&] { nothing.finish(); },
                              "[Flatten] 'name' = \"conv2d\", 'filters' = 32, 'kernel_size' = "
                              "[3,5], 'strides' = 2, 'use_bias' = true, 'rate' = 0.5, "
                              "'kernel_constraint' = {\"max\":2} are not supported. Supported: no "
                              "settings.");
}

TEST(ConfigReaderTest, KeysMayBeTemporary) {
  const Config c = Config::object({{"a_key_that_is_too_long_to_be_kept_inline", 1}, {"b", 2}});
  ConfigReader r(c, "Dense");
  for (const char* half : {"a_key_that_is_too_long", "another_key"}) {
    r.integer(std::string(half) + "_to_be_kept_inline", 0);
  }
  expect_error<Unimplemented>([&] { r.finish(); },
                              "[Dense] 'b' = 2 is not supported. Supported: "
                              "a_key_that_is_too_long_to_be_kept_inline, "
                              "another_key_to_be_kept_inline.");
}

TEST(ConfigReaderTest, RequiresOneValue) {
  const Config c = Config::object(
      {{"dilation", List{1, 1}}, {"groups", 2}, {"momentum", 0}, {"format", Config()}});
  ConfigReader r(c, "Conv2D");
  EXPECT_NO_THROW(r.require("dilation", List{1.0, 1}));
  EXPECT_NO_THROW(r.require("momentum", 0.0));
  EXPECT_NO_THROW(r.require("format", "channels_last"));
  EXPECT_NO_THROW(r.require("absent", 1));
  r.require("groups", 1);
  expect_error<Unimplemented>([&] { r.finish(); },
                              "[Conv2D] 'groups' = 2 is not supported. Supported: 1.");
}

TEST(ConfigReaderTest, NamesAllThatIsNotSupported) {
  const Config c = Config::object({{"a", 1}, {"b", 2}, {"c", 3}, {"d", 4}, {"e", 5}});
  ConfigReader r(c, "Conv2D");
  r.require("b", 1);
  r.integer("c");
  r.require("d", List{1});
  expect_error<Unimplemented>([&] { r.finish(); },
                              "[Conv2D] 'b' = 2 is not supported. Supported: 1. 'd' = 4 is not "
                              "supported. Supported: [1]. 'a' = 1, 'e' = 5 are not supported. "
                              "Supported: c.");
}

TEST(ConfigReaderTest, CutsLongValuesBetweenCharacters) {
  const Config c = Config::object({{"name", std::string(98, 'x') + "ä and more"}});
  ConfigReader r(c, "Dense");
  expect_error<InvalidArgument>(
      [&] { r.integer("name"); },
      "[Dense] name: expected an integer, got \"" + std::string(98, 'x') + "....");
}

TEST(ConfigReaderTest, ReadsOnlyObjects) {
  const Config list = List{1};
  expect_error<InvalidArgument>([&] { ConfigReader(list, "Dense"); },
                                "[Dense] config: expected an object, got [1].");
  const Config null;
  ConfigReader r(null, "Dense");
  EXPECT_EQ(r.integer("units", 3), 3);
  EXPECT_NO_THROW(r.finish());
  EXPECT_FALSE((std::is_constructible_v<ConfigReader, Config, std::string>));
}

}  // namespace
}  // namespace minnow
