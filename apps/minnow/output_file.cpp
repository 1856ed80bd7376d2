#include "apps/minnow/output_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <ostream>

#include "core/error.h"
#include "data/file.h"

namespace minnow::apps {

void require_writable(std::string_view where, std::string_view option, const std::string& path) {
  if (path.empty()) return;
  namespace fs = std::filesystem;
  std::error_code ignored;
  const fs::path target(path);
  if (fs::is_directory(target, ignored)) {
    throw IoError(where, fmt::format("{}: expected a file, got the folder {}.", option, path));
  }
  const fs::path folder = target.has_parent_path() ? target.parent_path() : fs::path(".");
  if (!fs::is_directory(folder, ignored)) {
    throw IoError(where,
                  fmt::format("{}: {}: there is no folder {}.", option, path, folder.string()));
  }
  const bool replaced = !fs::exists(target, ignored) || fs::is_regular_file(target, ignored);
  const std::string checked = replaced ? folder.string() : path;
  if (::access(checked.c_str(), W_OK) != 0) {
    throw IoError(where, fmt::format("{}: {}: {} is write-protected.", option, path, checked));
  }
}

void write_text(const std::string& path, std::string_view text) {
  write_file_atomically(path, [&](std::ostream& out) {
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
  });
}

}  // namespace minnow::apps
