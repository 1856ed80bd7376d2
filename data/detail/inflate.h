#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "../file.h"
#include "byte_stream.h"
#include "origin.h"

namespace minnow::detail {

/// Unpacks a stream of deflated bytes as they are asked for. Holds a buffer of fixed size, however
/// much comes out; refuses to give out more than a limit.
class InflateStream : public ByteStream {
 public:
  enum class Format {
    gzip,  ///< RFC 1952, one member after another, nothing behind them
    raw,   ///< RFC 1951, as in a zip archive; one stream that fills its input
  };

  InflateStream(std::unique_ptr<ByteStream> packed, Format format, Origin origin,
                std::uint64_t limit);
  ~InflateStream() override;

  /// Throws DataLoss for damaged or truncated input, ResourceExhausted beyond the limit.
  std::size_t read(std::byte* into, std::size_t size) override;
  /// By the greatest ratio that deflate can reach.
  Left left() const override;
  std::uint64_t limit() const override { return limit_; }

 private:
  struct Zlib;
  bool refill();
  void finish_member();
  [[noreturn]] void damaged(const std::string& how) const;

  std::unique_ptr<ByteStream> packed_;
  std::unique_ptr<Zlib> zlib_;
  Format format_;
  Origin origin_;
  std::uint64_t limit_;
  std::uint64_t packed_size_;
  std::uint64_t unpacked_ = 0;
  bool ended_ = false;
};

/// The limit of the options, as a size; throws InvalidArgument where it is negative.
std::uint64_t unpack_limit(const ReadOptions& options);

}  // namespace minnow::detail
