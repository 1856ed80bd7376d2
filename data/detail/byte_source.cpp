#include "data/detail/byte_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "data/detail/inflate.h"

namespace minnow::detail {
namespace {

/// An open file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const noexcept { return fd_; }

 private:
  int fd_;
};

/// Asks `step(into, size)`, which returns as read(2) does, until `size` bytes are there or no more
/// come.
template <class Step>
std::size_t read_fully(const Origin& origin, std::byte* into, std::size_t size, Step step) {
  constexpr std::size_t most = std::size_t{1} << 30;  // Linux takes at most 2 GiB a call
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = step(into + done, std::min(size - done, most), done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw origin.io_error("cannot be read", errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

class FileSource : public ByteSource {
 public:
  FileSource(Descriptor file, std::uint64_t size, Origin origin)
      : file_(std::move(file)), size_(size), origin_(std::move(origin)) {}

  std::uint64_t size() const override { return size_; }
  std::size_t read_at(std::uint64_t offset, std::byte* into, std::size_t size) const override {
    return read_fully(origin_, into, size, [&](std::byte* to, std::size_t n, std::size_t done) {
      return ::pread(file_.get(), to, n, static_cast<off_t>(offset + done));
    });
  }

 private:
  Descriptor file_;
  std::uint64_t size_;
  Origin origin_;
};

class MemorySource : public ByteSource {
 public:
  explicit MemorySource(std::span<const std::byte> bytes) : bytes_(bytes) {}
  explicit MemorySource(std::vector<std::byte> bytes) : owned_(std::move(bytes)), bytes_(owned_) {}

  std::uint64_t size() const override { return bytes_.size(); }
  std::size_t read_at(std::uint64_t offset, std::byte* into, std::size_t size) const override {
    if (offset >= bytes_.size()) return 0;
    const auto begin = static_cast<std::size_t>(offset);
    const std::size_t n = std::min(size, bytes_.size() - begin);
    if (n > 0) std::memcpy(into, bytes_.data() + begin, n);
    return n;
  }

 private:
  std::vector<std::byte> owned_;
  std::span<const std::byte> bytes_;
};

class RangeStream : public ByteStream {
 public:
  RangeStream(Source source, std::uint64_t begin, std::uint64_t end)
      : source_(std::move(source)), at_(begin), end_(end) {}

  std::size_t read(std::byte* into, std::size_t size) override {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(size, end_ - at_));
    const std::size_t got = source_->read_at(at_, into, wanted);
    at_ += got;
    return got;
  }
  Left left() const override { return {end_ - at_, true}; }

 private:
  Source source_;
  std::uint64_t at_;
  std::uint64_t end_;
};

/// What a pipe delivers, whose size nobody knows before its end.
class PipeStream : public ByteStream {
 public:
  PipeStream(Descriptor file, Origin origin, std::uint64_t limit)
      : file_(std::move(file)), origin_(std::move(origin)), limit_(limit) {}

  std::size_t read(std::byte* into, std::size_t size) override {
    const std::size_t got = read_fully(
        origin_, into, size,
        [&](std::byte* to, std::size_t n, std::size_t) { return ::read(file_.get(), to, n); });
    total_ += got;
    if (total_ > limit_) {
      throw origin_.resource_exhausted(fmt::format(
          "expected at most {} bytes, got more. Raise ReadOptions::max_unpacked_bytes.", limit_));
    }
    return got;
  }
  Left left() const override { return {limit_, false}; }
  std::uint64_t limit() const override { return limit_; }

 private:
  Descriptor file_;
  Origin origin_;
  std::uint64_t limit_;
  std::uint64_t total_ = 0;
};

}  // namespace

Source open_source(const Origin& origin, const ReadOptions& options) {
  Descriptor file(::open(origin.name.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    if (errno == ENOENT || errno == ENOTDIR) throw origin.not_found("there is no such file.");
    throw origin.io_error("cannot be opened", errno);
  }
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw origin.io_error("cannot be read", errno);
  if (S_ISDIR(status.st_mode)) throw origin.io_error("expected a file, got a folder.");
  if (S_ISREG(status.st_mode)) {
    return std::make_shared<FileSource>(std::move(file), static_cast<std::uint64_t>(status.st_size),
                                        origin);
  }
  PipeStream pipe(std::move(file), origin, unpack_limit(options));
  return own_source(read_all(pipe, origin));
}

Source view_source(std::span<const std::byte> bytes) {
  return std::make_shared<MemorySource>(bytes);
}

Source own_source(std::vector<std::byte> bytes) {
  return std::make_shared<MemorySource>(std::move(bytes));
}

std::unique_ptr<ByteStream> stream_range(Source source, std::uint64_t begin, std::uint64_t end) {
  return std::make_unique<RangeStream>(std::move(source), begin, end);
}

std::unique_ptr<ByteStream> stream_all(const Source& source, const Origin& origin,
                                       const ReadOptions& options) {
  std::array<std::byte, 2> magic{};
  const std::size_t got = source->read_at(0, magic.data(), magic.size());
  auto stream = stream_range(source, 0, source->size());
  if (!is_gzip(std::span(magic).first(got))) return stream;
  return std::make_unique<InflateStream>(std::move(stream), InflateStream::Format::gzip, origin,
                                         unpack_limit(options));
}

std::vector<std::byte> peek(const Source& source, std::size_t size, const Origin& origin,
                            const ReadOptions& options) {
  std::vector<std::byte> bytes(size);
  bytes.resize(stream_all(source, origin, options)->read(bytes.data(), size));
  return bytes;
}

}  // namespace minnow::detail
