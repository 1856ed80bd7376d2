#include "data/detail/origin.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace minnow::detail {
namespace {

std::string line(const Origin& origin, std::string_view message) {
  return fmt::format("{}: {}", origin.name, message);
}

}  // namespace

NotFound Origin::not_found(std::string_view message) const {
  return NotFound(where, line(*this, message));
}

DataLoss Origin::data_loss(std::string_view message) const {
  return DataLoss(where, line(*this, message));
}

IoError Origin::io_error(std::string_view message) const {
  return IoError(where, line(*this, message));
}

IoError Origin::io_error(std::string_view message, int error_number) const {
  return io_error(fmt::format("{}: {}.", message, std::generic_category().message(error_number)));
}

Unimplemented Origin::unimplemented(std::string_view message) const {
  return Unimplemented(where, line(*this, message));
}

ResourceExhausted Origin::resource_exhausted(std::string_view message) const {
  return ResourceExhausted(where, line(*this, message));
}

InvalidArgument Origin::invalid_argument(std::string expected, std::string received,
                                         std::string hint) const {
  return InvalidArgument({where, name, expected, received, hint});
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t most = 60;
  std::string out = "'";
  for (char c : text.substr(0, most)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      out += c;
    } else {
      out += fmt::format("\\x{:02x}", byte);
    }
  }
  return out + (text.size() > most ? "...'" : "'");
}

std::string hex(std::span<const std::byte> bytes, std::size_t most) {
  std::string out;
  for (std::byte b : bytes.first(std::min(bytes.size(), most))) {
    out += fmt::format("{}{:02x}", out.empty() ? "" : " ", std::to_integer<unsigned>(b));
  }
  return out;
}

}  // namespace minnow::detail
