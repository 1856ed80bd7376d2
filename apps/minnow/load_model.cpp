#include "apps/minnow/load_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "core/error.h"
#include "data/file.h"
#include "interop/architecture.h"
#include "interop/checkpoint.h"
#include "interop/json.h"
#include "interop/safetensors.h"

namespace minnow::apps {
namespace {

constexpr std::string_view supported =
    "Keras's architecture JSON (model.to_json()) and minnow's checkpoint";

enum class Format { json, checkpoint, keras_archive, hdf5, unknown };

Format format_of(const std::vector<std::byte>& bytes, std::string_view path) {
  if (looks_like_safetensors(bytes)) return Format::checkpoint;
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with("PK\x03\x04")) return Format::keras_archive;
  if (text.starts_with("\x89HDF\r\n\x1a\n")) return Format::hdf5;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // a byte order mark
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first != text.npos && text[first] == '{') return Format::json;
  // The reader that the name promises says what is wrong with the content.
  if (path.ends_with(".json")) return Format::json;
  if (path.ends_with(".safetensors")) return Format::checkpoint;
  return Format::unknown;
}

std::string start_of(const std::vector<std::byte>& bytes) {
  if (bytes.empty()) return "an empty file";
  std::string text = "a file that begins with the bytes";
  for (std::size_t i = 0; i < std::min<std::size_t>(bytes.size(), 8); ++i) {
    text += fmt::format(" {:02x}", std::to_integer<int>(bytes[i]));
  }
  return text;
}

LoadedModel load_architecture(const std::vector<std::byte>& bytes, const std::string& path,
                              const ModelOptions& options) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const Config architecture = parse_json(text, path);
  LoadedModel loaded{model_from_config(architecture, path, options), path, false, std::nullopt};
  const Config& compiled = architecture["compile_config"];
  if (!compiled.is_null()) loaded.settings = compile_options_from(compiled);
  return loaded;
}

}  // namespace

LoadedModel load_model(std::string_view where, const std::string& path,
                       const ModelOptions& options) {
  const std::vector<std::byte> bytes = read_file(path);
  switch (format_of(bytes, path)) {
    case Format::json:
      return load_architecture(bytes, path, options);
    case Format::checkpoint: {
      LoadedModel loaded{load_checkpoint(path, options.threads), path, true, std::nullopt};
      const CompileOptions* settings = loaded.model.compile_options();
      if (settings != nullptr) loaded.settings = *settings;
      return loaded;
    }
    case Format::keras_archive:
      throw Unimplemented(
          where, fmt::format("{}: a Keras archive (.keras) is not supported. Supported: {}.", path,
                             supported));
    case Format::hdf5:
      throw Unimplemented(
          where, fmt::format("{}: an HDF5 file is not supported. Supported: {}.", path, supported));
    case Format::unknown:
      break;
  }
  throw InvalidArgument({std::string(where), path, std::string(supported), start_of(bytes), ""});
}

}  // namespace minnow::apps
