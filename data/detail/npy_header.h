#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "origin.h"

namespace minnow::detail {

/// What the header of an npy file says.
struct NpyHeader {
  std::string descr;             ///< "<f4", or the text of a structured type
  bool descr_is_string = false;  ///< a structured type is a list
  bool fortran_order = false;
  std::vector<std::int64_t> shape;
};

/// Reads the header: a Python dictionary of exactly 'descr', 'fortran_order' and 'shape', written
/// in any of the ways Python allows for such values. `start` is its position in the file. Throws
/// DataLoss with the position of what is not as it should be.
NpyHeader parse_npy_header(std::string_view text, std::uint64_t start, const Origin& origin);

}  // namespace minnow::detail
