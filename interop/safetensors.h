#pragma once

#include <map>
#include <string>
#include <vector>

#include "../core/train/model.h"

namespace minnow {

/// What a safetensors file holds (github.com/huggingface/safetensors, format of version 0.3 on):
/// a JSON header with names, dtypes, shapes and places, then the bytes of all tensors.
struct SafeTensors {
  std::map<std::string, std::string> metadata;
  std::vector<NamedTensor> tensors;
};

/// Throws NotFound, IoError, DataLoss (damage, with path and position), InvalidArgument for a dtype
/// that no Tensor has. Nothing is allocated on a claim that the file does not back.
SafeTensors read_safetensors(const std::string& path);

/// Writes to a temporary name and renames. Throws IoError.
void write_safetensors(const std::string& path, const SafeTensors& contents);

/// Whether a file's first bytes look like safetensors.
bool looks_like_safetensors(std::span<const std::byte> bytes) noexcept;

}  // namespace minnow
