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
#include "interop/keras.h"
#include "interop/safetensors.h"

namespace minnow::apps {
namespace {

constexpr std::string_view supported =
    "Keras's architecture JSON (model.to_json()) and .keras archive, and minnow's checkpoint";

enum class Format { json, checkpoint, keras_archive, hdf5, unknown };

Format format_of(const std::vector<std::byte>& bytes, std::string_view path) {
  if (looks_like_safetensors(bytes)) return Format::checkpoint;
  if (looks_like_zip(bytes)) return Format::keras_archive;
  if (looks_like_hdf5(bytes)) return Format::hdf5;
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // a byte order mark
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first != text.npos && text[first] == '{') return Format::json;
  // The reader that the name promises says what is wrong with the content.
  if (path.ends_with(".json")) return Format::json;
  if (path.ends_with(".safetensors")) return Format::checkpoint;
  if (path.ends_with(".keras")) return Format::keras_archive;
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
  DescribedModel described = described_model(parse_json(text, path), path, options);
  return {
      .model = std::move(described.model), .path = path, .settings = std::move(described.settings)};
}

// Its model is compiled with its settings, where it has any.
LoadedModel with_weights(Model model, const std::string& path, bool has_progress) {
  LoadedModel loaded{.model = std::move(model),
                     .path = path,
                     .has_weights = true,
                     .has_progress = has_progress,
                     .settings = std::nullopt};
  if (const CompileOptions* settings = loaded.model.compile_options()) loaded.settings = *settings;
  return loaded;
}

}  // namespace

LoadedModel load_model(std::string_view where, const std::string& path,
                       const ModelOptions& options) {
  const std::vector<std::byte> bytes = read_file(path);
  switch (format_of(bytes, path)) {
    case Format::json:
      return load_architecture(bytes, path, options);
    case Format::checkpoint:
      return with_weights(load_checkpoint(path, options.threads), path, true);
    case Format::keras_archive:
      return with_weights(load_keras(path, options), path, false);
    case Format::hdf5:
      throw Unimplemented(
          where, fmt::format(
                     "{}: an HDF5 file has weights, but no model that minnow reads. Supported: {}; "
                     "minnow convert MODEL OUT --weights {} gives a model these weights.",
                     path, supported, path));
    case Format::unknown:
      break;
  }
  throw InvalidArgument({where, path, supported, start_of(bytes), ""});
}

void save_model(const std::string& path, const Model& model) {
  if (path.ends_with(".keras")) return save_keras(path, model);
  save_checkpoint(path, model);
}

}  // namespace minnow::apps
