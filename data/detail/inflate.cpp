#include "data/detail/inflate.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <zlib.h>

namespace minnow::detail {

struct InflateStream::Zlib {
  z_stream state{};
  std::array<unsigned char, std::size_t{1} << 16> input;
  std::uint64_t input_end = 0;  // position in the packed data just behind `input`

  Zlib(Format format, const Origin& origin) {
    // 16 asks for a gzip wrapper, a negative size of the window for none.
    const int window = format == Format::gzip ? MAX_WBITS + 16 : -MAX_WBITS;
    if (inflateInit2(&state, window) != Z_OK) {
      throw origin.resource_exhausted("expected memory for unpacking, but there is too little.");
    }
  }
  Zlib(const Zlib&) = delete;
  Zlib& operator=(const Zlib&) = delete;
  ~Zlib() { inflateEnd(&state); }
};

InflateStream::InflateStream(std::unique_ptr<ByteStream> packed, Format format, Origin origin,
                             std::uint64_t limit)
    : packed_(std::move(packed)),
      zlib_(std::make_unique<Zlib>(format, origin)),
      format_(format),
      origin_(std::move(origin)),
      limit_(limit),
      packed_size_(packed_->left().bytes) {}

InflateStream::~InflateStream() = default;

std::size_t InflateStream::read(std::byte* into, std::size_t size) {
  z_stream& z = zlib_->state;
  std::size_t done = 0;
  while (done < size && !ended_) {
    const bool more = z.avail_in > 0 || refill();
    const auto room =
        static_cast<uInt>(std::min<std::size_t>(size - done, std::numeric_limits<uInt>::max()));
    z.next_out = reinterpret_cast<Bytef*>(into + done);
    z.avail_out = room;
    const int result = inflate(&z, Z_NO_FLUSH);
    const std::size_t produced = room - z.avail_out;
    done += produced;
    unpacked_ += produced;
    if (unpacked_ > limit_) {
      throw origin_.resource_exhausted(
          fmt::format("expected at most {} unpacked bytes, got more. Unpack the file or raise "
                      "ReadOptions::max_unpacked_bytes.",
                      limit_));
    }
    if (result == Z_STREAM_END) {
      finish_member();
    } else if (result == Z_MEM_ERROR) {
      throw origin_.resource_exhausted("expected memory for unpacking, but there is too little.");
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      damaged(z.msg != nullptr ? z.msg : "invalid data");
    } else if (!more && produced == 0) {
      damaged("they are cut short");
    }
  }
  return done;
}

ByteStream::Left InflateStream::left() const {
  if (ended_) return {0, true};
  // A match of 258 bytes takes at least two bits: deflate never unpacks one byte to more than 1032.
  constexpr std::uint64_t ratio = 1032;
  const std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t bound = packed_size_ < most / ratio ? packed_size_ * ratio : most;
  return {bound - std::min(bound, unpacked_), false};
}

bool InflateStream::refill() {
  auto& [state, input, input_end] = *zlib_;
  const std::size_t got = packed_->read(reinterpret_cast<std::byte*>(input.data()), input.size());
  state.next_in = input.data();
  state.avail_in = static_cast<uInt>(got);
  input_end += got;
  return got > 0;
}

void InflateStream::finish_member() {
  z_stream& z = zlib_->state;
  const bool more = z.avail_in > 0 || refill();
  if (!more) {
    ended_ = true;
  } else if (format_ == Format::raw) {
    damaged("they end before their size says");
  } else {
    inflateReset(&z);  // what follows must be another member, or its header is refused
  }
}

void InflateStream::damaged(const std::string& how) const {
  throw origin_.data_loss(fmt::format(
      "expected {} data that can be unpacked, got damage at byte {} of them: {}.",
      format_ == Format::gzip ? "gzip" : "deflate", zlib_->input_end - zlib_->state.avail_in, how));
}

std::uint64_t unpack_limit(const ReadOptions& options) {
  if (options.max_unpacked_bytes < 0) {
    throw InvalidArgument({"ReadOptions", "max_unpacked_bytes", "a number of at least 0",
                           std::to_string(options.max_unpacked_bytes), ""});
  }
  return static_cast<std::uint64_t>(options.max_unpacked_bytes);
}

}  // namespace minnow::detail
