#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"

namespace minnow::testing {

using Bytes = std::vector<std::byte>;

/// A folder of its own, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "minnow-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }

  std::string operator/(std::string_view name) const { return (path_ / name).string(); }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

 private:
  std::filesystem::path path_;
};

inline std::string fixture(std::string_view name) {
  return std::string(MINNOW_SOURCE_DIR "/tests/data/fixtures/") + std::string(name);
}

inline Bytes to_bytes(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
  return {bytes.begin(), bytes.end()};
}

inline Bytes load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return to_bytes(std::string(std::istreambuf_iterator<char>(file), {}));
}

inline void store(const std::string& path, std::span<const std::byte> bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}
inline void store(const std::string& path, std::string_view text) { store(path, to_bytes(text)); }

/// The gzip of the bytes, as one member.
Bytes gzip(std::span<const std::byte> bytes);

/// What f() throws: "DataLoss: [where] ...", or "nothing".
template <class F>
std::string thrown_by(F&& f) {
  try {
    f();
  } catch (const Error& e) {
    return std::string(name(e.code())) + ": " + e.what();
  }
  return "nothing";
}

/// Every proper prefix of `good` must be DataLoss to `parse`. Every change of one byte (each bit
/// alone, all of them, one up and down, the smallest and largest values) must give either a tensor
/// or a typed error; anything else ends the test.
template <class Parse>
void expect_hardened(const Bytes& good, Parse parse) {
  ASSERT_EQ(thrown_by([&] { parse(std::span(good)); }), "nothing");
  for (std::size_t size = 0; size < good.size(); ++size) {
    const Bytes prefix(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_TRUE(thrown_by([&] { parse(std::span(prefix)); }).starts_with("DataLoss: "))
        << "prefix of " << size;
  }
  Bytes flipped = good;
  for (std::byte& byte : flipped) {
    const std::byte before = byte;
    const auto value = std::to_integer<unsigned>(before);
    for (const unsigned changed :
         {value ^ 1U, value ^ 2U, value ^ 4U, value ^ 8U, value ^ 16U, value ^ 32U, value ^ 64U,
          value ^ 128U, ~value, value + 1U, value - 1U, 0U, 0x7fU, 0xffU}) {
      byte = static_cast<std::byte>(changed);
      // Not for want of memory: sizes are to be checked before memory is asked for.
      EXPECT_FALSE(
          thrown_by([&] { parse(std::span(flipped)); }).starts_with("ResourceExhausted: "));
    }
    byte = before;
  }
}

}  // namespace minnow::testing
