#pragma once

#include <string>

#include "../core/tensor.h"
#include "file.h"

namespace minnow {

/// The array that `spec` names: "x.npy", "data.npz:x" (or "data.npz" where it holds just one),
/// "x.csv", "x.tsv", an IDX file such as "train-images-idx3-ubyte"; each of them gzipped or not.
/// The format is told by content, and for tables, which have no mark, by the name. Throws
/// InvalidArgument listing the formats where it is none of them, and the errors of read_npy,
/// read_npz, read_csv and read_idx.
Tensor read_tensor(const std::string& spec, const ReadOptions& options = {});

}  // namespace minnow
