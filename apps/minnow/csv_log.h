#pragma once

#include <string>

#include "core/train/history.h"

namespace minnow::apps {

/// The columns of Keras's CSVLogger: "epoch", from 0, and the keys of History in order.
std::string csv_of(const History& history);

}  // namespace minnow::apps
