#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "../core/train/model.h"

// Keras 3's own files. They need the HDF5 library; in a build without it (CMake's MINNOW_KERAS)
// each of these calls throws Unimplemented and says so.
namespace minnow {

/// Writes a `.keras` archive as Keras 3.15 does, which Keras loads: architecture, weights, and of a
/// compiled model its settings, optimizer state, step count and learning rate. Written to a
/// temporary name and renamed. Throws IoError, FailedPrecondition for a model that is not built.
void save_keras(const std::string& path, const Model& model);

/// The model of a `.keras` archive, compiled where the archive's is, to be trained on from where
/// Keras stopped. Throws NotFound, IoError; Unimplemented, once for all layers and settings that
/// minnow lacks; DataLoss for a damaged archive and for one whose parts contradict each other.
/// Nothing is unpacked that is larger than the architecture needs.
Model load_keras(const std::string& path, ModelOptions options = {});

/// Writes a `.weights.h5` file as Keras's save_weights does: weights, and of a compiled model
/// optimizer state, step count and learning rate. Throws as save_keras.
void save_keras_weights(const std::string& path, const Model& model);

/// Sets weights from a `.weights.h5` file or from those of a `.keras` archive. Where the model is
/// compiled and the file has an optimizer, its state, step count and learning rate too. Throws as
/// load_keras, and InvalidArgument where the file is not for this model, naming the first weight
/// that is missing, has another shape or is not the model's; then the model is as it was.
void load_keras_weights(const std::string& path, Model& model);

/// Whether a file's first bytes are those of a zip archive; of an HDF5 file.
bool looks_like_zip(std::span<const std::byte> bytes) noexcept;
bool looks_like_hdf5(std::span<const std::byte> bytes) noexcept;

}  // namespace minnow
