#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace minnow::detail {

/// A message of Protocol Buffers that is being written (protobuf.dev/programming-guides/encoding):
/// fields by number, one after another. A field that repeats is added as often.
class ProtoMessage {
 public:
  void add(int field, std::int64_t value) {
    tag(field, 0);
    varint(static_cast<std::uint64_t>(value));
  }
  void add(int field, float value);
  void add(int field, std::string_view bytes) {
    tag(field, 2);
    varint(bytes.size());
    bytes_ += bytes;
  }
  void add(int field, const ProtoMessage& message) { add(field, message.bytes()); }

  std::string_view bytes() const noexcept { return bytes_; }

 private:
  void tag(int field, unsigned type) { varint(static_cast<std::uint64_t>(field) << 3 | type); }
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>((value & 0x7f) | 0x80);
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
};

}  // namespace minnow::detail
