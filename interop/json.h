#pragma once

#include <string>
#include <string_view>

#include "../core/config.h"

namespace minnow {

/// The settings tree that a JSON text holds. Numbers without fraction or exponent are integers.
/// Throws DataLoss, with `name` and the position, where it is no JSON, nests deeper than 128, or
/// holds an integer beyond 64 bits.
Config parse_json(std::string_view text, const std::string& name);

/// JSON of a settings tree; indent < 0 puts all on one line. Doubles come back to the bit.
std::string write_json(const Config& config, int indent = -1);

}  // namespace minnow
