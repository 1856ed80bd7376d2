// A user's program. It has a core/tensor.h of its own, which must not come between minnow's
// headers.

#include <minnow/minnow.h>

#include <iostream>

#include "core/tensor.h"

int main() {
  const minnow::Tensor theirs = minnow::zeros({2, 3});
  const consumer::Tensor mine;
  std::cout << theirs.shape().str() << ' ' << mine.rank << '\n';
  // Of each library that minnow::minnow stands for, something.
  const minnow::Dataset sample = minnow::embedded_fashion_mnist();
  std::cout << sample.x_train.shape().str() << ' ' << minnow::onnx_layers().size() << '\n';
  return theirs.rank() == 2 && mine.rank == 3 ? 0 : 1;
}
