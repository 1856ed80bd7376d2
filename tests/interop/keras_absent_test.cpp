// In a build without HDF5.
#include <gtest/gtest.h>

#include "interop/keras.h"
#include "layers/dense.h"
#include "tests/expect_error.h"

namespace minnow {
namespace {

TEST(KerasAbsent, EveryCallNamesTheOption) {
  Sequential model({Input({2}), Dense(1)});
  const auto refused = [](auto call, const std::string& where) {
    expect_error<Unimplemented>(
        call, "[" + where +
                  "] Keras's .keras and .weights.h5 files are left out of this build of minnow. "
                  "Build it with -DMINNOW_KERAS=ON and the HDF5 library (libhdf5-dev).");
  };
  refused([&] { save_keras("m.keras", model); }, "save_keras");
  refused([&] { load_keras("m.keras"); }, "load_keras");
  refused([&] { save_keras_weights("m.weights.h5", model); }, "save_keras_weights");
  refused([&] { load_keras_weights("m.weights.h5", model); }, "load_keras_weights");
}

}  // namespace
}  // namespace minnow
