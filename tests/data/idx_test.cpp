#include "data/idx.h"

#include <gtest/gtest.h>

#include <numeric>

#include "core/tensor.h"
#include "tests/data/files.h"

namespace minnow {
namespace {

using testing::Bytes;
using testing::expect_hardened;
using testing::gzip;
using testing::store;
using testing::TemporaryFolder;
using testing::thrown_by;
using testing::to_bytes;

/// An IDX file of that type and these sizes (below 256 each).
Bytes idx(char type, std::initializer_list<char> sizes, std::string_view data) {
  std::string text("\0\0", 2);
  text += type;
  text += static_cast<char>(sizes.size());
  for (char size : sizes) text += std::string("\0\0\0", 3) + size;
  return to_bytes(text + std::string(data));
}

Tensor idx_tensor(std::span<const std::byte> bytes) { return parse_idx(bytes, "x"); }
std::string idx_error(const Bytes& bytes) {
  return thrown_by([&] { idx_tensor(bytes); });
}

TEST(ReadIdx, EveryDtype) {
  EXPECT_TRUE(same_bits(idx_tensor(idx(0x08, {2, 3}, "abcdef")),
                        tensor({{97, 98, 99}, {100, 101, 102}}, DType::uint8)));
  EXPECT_TRUE(
      same_bits(idx_tensor(idx(0x0c, {2}, std::string_view("\x00\x00\x01\x02\xff\xff\xff\xff", 8))),
                tensor({258, -1}, DType::int32)));
  EXPECT_TRUE(same_bits(idx_tensor(idx(0x0d, {1}, std::string_view("\x3f\xc0\x00\x00", 4))),
                        tensor({1.5})));
  EXPECT_TRUE(same_bits(idx_tensor(idx(0x0e, {1}, std::string_view("\x3f\xf8\0\0\0\0\0\0", 8))),
                        tensor({1.5}, DType::float64)));
}

TEST(ReadIdx, GzippedAndWithoutRows) {
  const TemporaryFolder folder;
  store(folder / "x.gz", gzip(idx(0x08, {3}, "abc")));
  EXPECT_TRUE(same_bits(read_idx(folder / "x.gz"), tensor({97, 98, 99}, DType::uint8)));
  EXPECT_EQ(idx_tensor(idx(0x08, {0, 5}, "")).shape(), (Shape{0, 5}));
}

TEST(ReadIdx, OtherTypesAreNamed) {
  EXPECT_EQ(idx_error(idx(0x09, {1}, "a")),
            "InvalidArgument: [parse_idx] x: expected dtype uint8, int32, float32 or float64, got "
            "int8 (IDX type 0x09). Write the file with one of these.");
  EXPECT_EQ(idx_error(idx(0x0b, {1}, "ab")),
            "InvalidArgument: [parse_idx] x: expected dtype uint8, int32, float32 or float64, got "
            "int16 (IDX type 0x0b). Write the file with one of these.");
  EXPECT_EQ(idx_error(idx(0x08, {1, 1, 1, 1, 1, 1, 1, 1, 1}, "a")),
            "InvalidArgument: [parse_idx] x: expected at most 8 axes, got 9: (1, 1, 1, 1, 1, 1, 1, "
            "1, 1).");
}

TEST(ReadIdx, DamageNamesThePosition) {
  EXPECT_EQ(idx_error(to_bytes("text")),
            "DataLoss: [parse_idx] x: expected the bytes 00 00 of an IDX file at byte 0, got 74 "
            "65.");
  EXPECT_EQ(idx_error(idx(0x0a, {1}, "a")),
            "DataLoss: [parse_idx] x: expected the type of an IDX file at byte 2, got 0x0a.");
  EXPECT_EQ(idx_error(idx(0x08, {}, "a")),
            "DataLoss: [parse_idx] x: expected at least one axis at byte 3, got 0.");
  EXPECT_EQ(idx_error(idx(0x08, {2, 3}, "abcde")),
            "DataLoss: [parse_idx] x: expected 6 bytes of array data at byte 12, got 5.");
  EXPECT_EQ(idx_error(idx(0x08, {2, 3}, "abcdefg")),
            "DataLoss: [parse_idx] x: expected the end at byte 18, got more data.");
  EXPECT_EQ(idx_error(to_bytes(std::string("\0\0\x0e\x03", 4) + std::string(12, '\xff'))),
            "DataLoss: [parse_idx] x: expected an array that a file can hold, got the shape "
            "(4294967295, 4294967295, 4294967295) of float64.");
  EXPECT_EQ(thrown_by([] { read_idx("/nowhere/x"); }),
            "NotFound: [read_idx] /nowhere/x: there is no such file.");
}

TEST(ReadIdx, HardenedAgainstTruncationAndFlips) {
  const Bytes good = idx(0x0c, {2, 2}, "0123456789abcdef");
  expect_hardened(good, [](std::span<const std::byte> bytes) {
    EXPECT_LE(idx_tensor(bytes).nbytes(), static_cast<std::int64_t>(bytes.size()));
  });
  expect_hardened(gzip(good), idx_tensor);
}

}  // namespace
}  // namespace minnow
