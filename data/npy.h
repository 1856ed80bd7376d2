#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "../core/tensor.h"
#include "file.h"

namespace minnow {

/// An array that numpy.save wrote:
/// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html (versions 1.0, 2.0
/// and 3.0), gzipped or not. float32, float64, int32, int64, uint8 and bool are read, of either
/// byte order and in either order of the axes; the tensor is row-major. Throws InvalidArgument
/// naming any other stored type and for more than 8 axes, DataLoss with the position for damage of
/// any kind, and the errors of read_file. Never takes more memory than the file can fill.
Tensor read_npy(const std::string& path, const ReadOptions& options = {});
/// The same from memory; `name` stands for the path in messages.
Tensor parse_npy(std::span<const std::byte> bytes, const std::string& name,
                 const ReadOptions& options = {});

/// Writes version 1.0, as numpy.save does, by write_file_atomically. Throws IoError.
void write_npy(const std::string& path, const Tensor& tensor);
/// The bytes that write_npy writes.
std::vector<std::byte> encode_npy(const Tensor& tensor);

}  // namespace minnow
