#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "../core/tensor.h"
#include "file.h"

namespace minnow {

/// An array in the IDX format of the MNIST files (http://yann.lecun.com/exdb/mnist, "the IDX file
/// format"), gzipped or not: uint8, int32, float32 or float64. Throws InvalidArgument for its other
/// types (int8, int16) and for more than 8 axes, DataLoss with the position for damage of any kind,
/// and the errors of read_file. Never takes more memory than the file can fill.
Tensor read_idx(const std::string& path, const ReadOptions& options = {});
/// The same from memory; `name` stands for the path in messages.
Tensor parse_idx(std::span<const std::byte> bytes, const std::string& name,
                 const ReadOptions& options = {});

}  // namespace minnow
