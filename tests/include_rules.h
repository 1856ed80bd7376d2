#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace minnow::test {

/// Source files by their path from the project root, with '/' between folders.
using Sources = std::map<std::string, std::string>;

/// Every line of `sources` that breaks a rule of the house, as "path:line: what is wrong":
/// the table of who may include whom, includes by relative path in headers and from the root in
/// sources, includes that name no file, and OpenMP or SIMD outside their one place.
std::vector<std::string> broken_include_rules(const Sources& sources);

/// The C++ files of the rooms below `root`.
Sources read_sources(std::string_view root);

}  // namespace minnow::test
