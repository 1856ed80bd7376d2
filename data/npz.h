#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "../core/tensor.h"
#include "file.h"

namespace minnow {

/// The array `name` of a file that numpy.savez or numpy.savez_compressed wrote. Throws NotFound,
/// listing the arrays, where it has none of that name; DataLoss for a damaged archive (checksums
/// included), Unimplemented for encryption and for other compressions than deflate, and the errors
/// of read_npy for the array itself.
Tensor read_npz(const std::string& path, const std::string& name, const ReadOptions& options = {});

/// The names of the arrays, in the order they were written. Throws as read_npz.
std::vector<std::string> npz_names(const std::string& path, const ReadOptions& options = {});

/// Writes what numpy.savez writes of arrays under these names, by write_file_atomically. Throws
/// InvalidArgument where two have one name, IoError.
void write_npz(const std::string& path, std::span<const std::pair<std::string, Tensor>> arrays);

}  // namespace minnow
