#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "../../core/error.h"

namespace minnow::detail {

/// Who reads what: what every message about a file begins with, "[read_npy] x.npy: ...".
struct Origin {
  std::string where;  ///< the call: "read_npy"
  std::string name;   ///< the path, or what the caller calls bytes in memory

  NotFound not_found(std::string_view message) const;
  DataLoss data_loss(std::string_view message) const;
  IoError io_error(std::string_view message) const;
  /// With the system's words for an errno: "cannot be opened: Permission denied".
  IoError io_error(std::string_view message, int error_number) const;
  Unimplemented unimplemented(std::string_view message) const;
  ResourceExhausted resource_exhausted(std::string_view message) const;
  InvalidArgument invalid_argument(std::string expected, std::string received,
                                   std::string hint = "") const;
};

/// Text from a file, fit for a message: in single quotes, at most 60 characters, other bytes than
/// printable ASCII as \x0a.
std::string in_quotes(std::string_view text);
/// The first few bytes in hexadecimal: "50 4b 03 04".
std::string hex(std::span<const std::byte> bytes, std::size_t most = 8);

}  // namespace minnow::detail
