#include "core/buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "core/error.h"
#include "tests/expect_error.h"

namespace minnow {
namespace {

TEST(BufferTest, IsAlignedAndZero) {
  for (const std::int64_t bytes : {1, 3, 64, 65, 4097, 1 << 20}) {
    const Buffer buffer(bytes, "test");
    EXPECT_EQ(buffer.size(), bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % Buffer::alignment, 0U);
    EXPECT_TRUE(std::all_of(buffer.data(), buffer.data() + bytes,
                            [](std::byte b) { return b == std::byte{0}; }));
  }
}

TEST(BufferTest, MayBeEmpty) {
  EXPECT_EQ(Buffer().data(), nullptr);
  EXPECT_EQ(Buffer(0, "test").data(), nullptr);
  EXPECT_EQ(Buffer(0, "test").size(), 0);
}

TEST(BufferTest, Moves) {
  Buffer a(16, "test");
  a.as<int>()[3] = 7;
  const Buffer b = std::move(a);
  EXPECT_EQ(b.as<int>()[3], 7);
  EXPECT_EQ(b.size(), 16);
}

TEST(BufferTest, RefusesWhatNoMachineHas) {
  expect_error<ResourceExhausted>([] { Buffer(std::int64_t{1} << 50, "Tensor"); },
                                  "[Tensor] expected 1125899906842624 bytes of memory to be free, "
                                  "but the system has not got them.");
  EXPECT_THROW(Buffer(-1, "Tensor"), ResourceExhausted);
  EXPECT_THROW(Buffer(std::numeric_limits<std::int64_t>::max(), "Tensor"), ResourceExhausted);
}

}  // namespace
}  // namespace minnow
