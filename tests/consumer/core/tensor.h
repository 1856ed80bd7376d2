#pragma once

// A file that a user may well have under the same path as one of minnow's own.

namespace consumer {

struct Tensor {
  int rank = 3;
};

}  // namespace consumer
