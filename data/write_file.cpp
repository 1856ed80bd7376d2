#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <ostream>
#include <streambuf>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "data/detail/origin.h"
#include "data/file.h"

namespace minnow {
namespace {

/// A file being written. Buffers, and remembers the errno of the first failure.
class OutputFile : public std::streambuf {
 public:
  OutputFile(const std::string& path, int flags, mode_t mode)
      : fd_(::open(path.c_str(), O_WRONLY | O_CLOEXEC | flags, mode)), error_(fd_ < 0 ? errno : 0) {
    setp(buffer_.data(), buffer_.data() + buffer_.size());
  }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile() override {
    if (fd_ >= 0) ::close(fd_);
  }

  int error() const noexcept { return error_; }
  void set_mode(mode_t mode) {
    if (::fchmod(fd_, mode) != 0) fail();
  }
  void flush_to_disk() {
    if (sync() == 0 && ::fsync(fd_) != 0 && errno != EINVAL && errno != EROFS) fail();
  }
  void close() {
    if (::close(std::exchange(fd_, -1)) != 0) fail();
  }

 protected:
  int_type overflow(int_type c) override {
    if (sync() != 0) return traits_type::eof();
    if (!traits_type::eq_int_type(c, traits_type::eof())) sputc(traits_type::to_char_type(c));
    return traits_type::not_eof(c);
  }
  int sync() override {
    const bool written = write_out(pbase(), pptr() - pbase());
    setp(buffer_.data(), buffer_.data() + buffer_.size());
    return written ? 0 : -1;
  }
  std::streamsize xsputn(const char* from, std::streamsize n) override {
    if (n < epptr() - pptr()) return std::streambuf::xsputn(from, n);
    return sync() == 0 && write_out(from, n) ? n : 0;
  }

 private:
  bool write_out(const char* from, std::streamsize n) {
    constexpr std::streamsize most = std::streamsize{1} << 30;
    while (n > 0 && error_ == 0) {
      const ssize_t put = ::write(fd_, from, static_cast<std::size_t>(std::min(n, most)));
      if (put >= 0) {
        from += put;
        n -= put;
      } else if (errno != EINTR) {
        fail();
      }
    }
    return error_ == 0;
  }
  void fail() noexcept {
    if (error_ == 0) error_ = errno;
  }

  int fd_;
  int error_;
  std::array<char, std::size_t{1} << 14> buffer_;
};

/// Removes a file unless it was released.
class Remover {
 public:
  explicit Remover(std::string path) : path_(std::move(path)) {}
  Remover(const Remover&) = delete;
  Remover& operator=(const Remover&) = delete;
  ~Remover() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  void release() noexcept { path_.clear(); }

 private:
  std::string path_;
};

void run_writer(OutputFile& file, const detail::Origin& origin,
                const std::function<void(std::ostream&)>& writer) {
  std::ostream stream(&file);
  writer(stream);
  file.flush_to_disk();
  if (file.error() != 0) throw origin.io_error("cannot be written", file.error());
  if (!stream) throw origin.io_error("cannot be written: the stream failed.");
}

/// A new file beside `target`, under a name that nobody else uses.
std::unique_ptr<OutputFile> create_beside(const std::string& target, std::string* name,
                                          const detail::Origin& origin) {
  constexpr int most = 1000;
  for (int i = 0;; ++i) {
    *name = fmt::format("{}.{}-{}.tmp", target, ::getpid(), i);
    auto file = std::make_unique<OutputFile>(*name, O_CREAT | O_EXCL, 0666);
    if (file->error() == 0) return file;
    if (file->error() != EEXIST || i == most) {
      throw origin.io_error("cannot be created", file->error());
    }
  }
}

}  // namespace

void write_file_atomically(const std::string& path,
                           const std::function<void(std::ostream&)>& writer) {
  const detail::Origin origin{"write_file", path};
  // Through a symbolic link: the rename must replace what it points to, not the link.
  std::error_code ignored;
  std::string target = path;
  if (std::filesystem::is_symlink(path, ignored)) {
    const auto resolved = std::filesystem::weakly_canonical(path, ignored);
    if (!ignored) target = resolved.string();
  }
  struct stat old {};
  const bool exists = ::stat(target.c_str(), &old) == 0;
  if (exists && S_ISDIR(old.st_mode)) throw origin.io_error("expected a file, got a folder.");
  if (exists && !S_ISREG(old.st_mode)) {
    OutputFile file(target, 0, 0);
    if (file.error() != 0) throw origin.io_error("cannot be opened", file.error());
    run_writer(file, origin, writer);
    return;
  }

  std::string temporary;
  const std::unique_ptr<OutputFile> file = create_beside(target, &temporary, origin);
  Remover remover(temporary);
  if (exists) file->set_mode(old.st_mode & 07777);
  run_writer(*file, origin, writer);
  file->close();
  if (file->error() != 0) throw origin.io_error("cannot be written", file->error());
  if (::rename(temporary.c_str(), target.c_str()) != 0) {
    throw origin.io_error("cannot be replaced", errno);
  }
  remover.release();
  // The new name itself reaches the disk with the folder; without that right, not at once.
  const std::filesystem::path folder = std::filesystem::path(target).parent_path();
  const int fd = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0) {
    ::fsync(fd);
    ::close(fd);
  }
}

}  // namespace minnow
