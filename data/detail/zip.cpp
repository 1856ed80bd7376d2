#include "data/detail/zip.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <zlib.h>

#include "data/detail/inflate.h"
#include "data/detail/zip_directory.h"

namespace minnow::detail {
namespace {

constexpr std::uint32_t local_signature = 0x04034b50;
constexpr std::uint16_t stored = 0, deflated = 8;
constexpr unsigned encrypted_bits = 1U << 0 | 1U << 6 | 1U << 13;
constexpr unsigned descriptor_bit = 1U << 3;

/// A member's bytes, held against what the directory says of them.
class CheckedStream : public ByteStream {
 public:
  CheckedStream(std::unique_ptr<ByteStream> inner, const ZipEntry& entry, Origin origin)
      : inner_(std::move(inner)),
        size_(entry.unpacked),
        crc_expected_(entry.crc),
        origin_(std::move(origin)) {}

  std::size_t read(std::byte* into, std::size_t size) override {
    const std::size_t got = inner_->read(into, size);
    done_ += got;
    if (done_ > size_ || (got < size && done_ < size_)) {
      throw origin_.data_loss(fmt::format("expected {} unpacked bytes, got {} {}.", size_,
                                          done_ > size_ ? "at least" : "only", done_));
    }
    for (std::size_t i = 0; i < got;) {
      const auto n = std::min<std::size_t>(got - i, std::numeric_limits<uInt>::max());
      crc_ = crc32(crc_, reinterpret_cast<const Bytef*>(into + i), static_cast<uInt>(n));
      i += n;
    }
    if (got < size && crc_ != crc_expected_) {
      throw origin_.data_loss(
          fmt::format("expected the CRC-32 {:08x}, got {:08x}.", crc_expected_, crc_));
    }
    return got;
  }
  Left left() const override {
    const Left inner = inner_->left();
    const std::uint64_t declared = size_ - std::min(size_, done_);
    return inner.bytes < declared ? inner : Left{declared, true};
  }
  std::uint64_t limit() const override { return inner_->limit(); }

 private:
  std::unique_ptr<ByteStream> inner_;
  std::uint64_t size_;
  std::uint64_t done_ = 0;
  std::uint64_t crc_expected_;
  std::uint64_t crc_ = 0;  // as zlib has it
  Origin origin_;
};

/// Checks the local header against the entry and returns where the data begin.
std::uint64_t data_begin(const ByteSource& source, const ZipEntry& entry, const Origin& origin) {
  const auto fixed =
      read_zip_bytes(source, entry.header, zip_local_header_size, "a local header", origin);
  ZipFields fields(fixed, entry.header, origin);
  fields.signature(local_signature, "a local header");
  fields.skip(2);  // version
  const std::uint16_t flags = fields.u16(), method = fields.u16();
  fields.skip(4);  // time and date
  const std::uint32_t crc = fields.u32();
  std::uint64_t packed = fields.u32(), unpacked = fields.u32();
  const std::uint64_t name_size = fields.u16(), extra_size = fields.u16();

  const std::uint64_t at = fields.position();
  const auto rest = read_zip_bytes(source, at, name_size + extra_size, "a local header", origin);
  ZipFields tail(rest, at, origin);
  const auto name = tail.take(static_cast<std::size_t>(name_size));
  const std::uint64_t extra_at = tail.position();
  std::uint64_t* const numbers[] = {&unpacked, &packed};
  apply_zip64(tail.take(static_cast<std::size_t>(extra_size)), extra_at, origin, numbers);

  const bool same_name =
      std::string_view(reinterpret_cast<const char*>(name.data()), name.size()) == entry.name;
  // With a data descriptor the sizes come behind the data; the directory has them too.
  const bool same_sizes =
      (flags & descriptor_bit) != 0 ||
      (crc == entry.crc && packed == entry.packed && unpacked == entry.unpacked);
  if (!same_name || !same_sizes || flags != entry.flags || method != entry.method) {
    throw origin.data_loss(fmt::format(
        "expected the local header at byte {} to agree with the directory, got another {}.",
        entry.header,
        !same_name    ? "name"
        : !same_sizes ? "size or CRC-32"
                      : "method or flags"));
  }
  if (tail.position() > entry.end || entry.end - tail.position() < entry.packed) {
    throw origin.data_loss(fmt::format("expected {} bytes at byte {} to end before byte {}.",
                                       entry.packed, tail.position(), entry.end));
  }
  return tail.position();
}

}  // namespace

ZipArchive::ZipArchive(Source source, Origin origin)
    : source_(std::move(source)),
      origin_(std::move(origin)),
      entries_(read_zip_directory(*source_, origin_)) {}

const ZipEntry* ZipArchive::find(const std::string& name) const noexcept {
  const auto at = std::find_if(entries_.begin(), entries_.end(),
                               [&](const ZipEntry& entry) { return entry.name == name; });
  return at == entries_.end() ? nullptr : &*at;
}

std::unique_ptr<ByteStream> ZipArchive::open(const ZipEntry& entry, const Origin& origin,
                                             std::uint64_t limit) const {
  if ((entry.flags & encrypted_bits) != 0) {
    throw origin.unimplemented("expected a member that is not encrypted.");
  }
  if (entry.method != stored && entry.method != deflated) {
    throw origin.unimplemented(fmt::format(
        "expected a member that is stored (0) or deflated (8), got compression method {}.",
        entry.method));
  }
  const std::uint64_t begin = data_begin(*source_, entry, origin);
  auto stream = stream_range(source_, begin, begin + entry.packed);
  if (entry.method == deflated) {
    stream = std::make_unique<InflateStream>(std::move(stream), InflateStream::Format::raw, origin,
                                             limit);
  } else if (entry.packed != entry.unpacked) {
    throw origin.data_loss(
        fmt::format("expected {} stored bytes, got {}.", entry.unpacked, entry.packed));
  }
  return std::make_unique<CheckedStream>(std::move(stream), entry, origin);
}

}  // namespace minnow::detail
