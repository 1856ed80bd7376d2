#pragma once

#include <string>
#include <string_view>

namespace minnow::apps {

/// Throws IoError where no file can be made at `path`, so that hours of training are not lost to a
/// slip in a folder's name. Nothing to check where it is empty.
void require_writable(std::string_view where, std::string_view option, const std::string& path);

/// Writes the text to a temporary name and renames. Throws IoError.
void write_text(const std::string& path, std::string_view text);

}  // namespace minnow::apps
