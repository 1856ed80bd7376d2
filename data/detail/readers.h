#pragma once

#include <string>
#include <vector>

#include "../../core/tensor.h"
#include "../csv.h"
#include "byte_source.h"
#include "byte_stream.h"
#include "zip.h"

// The public readers without the opening of a file, for whoever has it open already. Each throws as
// the public one of its name.
namespace minnow::detail {

Tensor read_npy(const Source& source, const Origin& origin, const ReadOptions& options);
/// One whole npy file from a stream, as a member of an npz.
Tensor read_npy(StreamReader& reader);
Tensor read_idx(const Source& source, const Origin& origin, const ReadOptions& options);
Tensor read_csv(const Source& source, const Origin& origin, const CsvOptions& options);

ZipArchive open_npz(Source source, const Origin& origin, const ReadOptions& options);
std::vector<std::string> npz_names(const ZipArchive& archive);
Tensor read_npz(const ZipArchive& archive, const std::string& name, const Origin& origin,
                const ReadOptions& options);

}  // namespace minnow::detail
