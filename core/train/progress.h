#pragma once

#include <cstdint>
#include <vector>

#include "../config.h"
#include "history.h"

namespace minnow {

/// Where a fit stands, to the batch; with weights and optimizer state, all that is needed to go on
/// to the same bits.
struct TrainProgress {
  std::int64_t epoch = 0;         ///< the running epoch, or the next one, from 0
  std::int64_t batch = 0;         ///< batches of it that are done
  std::uint64_t seed = 0;         ///< of the shuffle
  std::vector<double> sums = {};  ///< the running epoch's sums of losses and metrics
  History history = {};
  std::vector<Config> callbacks = {};  ///< their state, in order
};

}  // namespace minnow
