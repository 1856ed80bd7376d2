// A user's program. It has a core/tensor.h of its own, which must not come between minnow's
// headers.

#include <minnow/core/tensor.h>

#include <iostream>

#include "core/tensor.h"

#if __has_include(<minnow/minnow.h>)
#include <minnow/minnow.h>
#endif

int main() {
  const minnow::Tensor theirs = minnow::zeros({2, 3});
  const consumer::Tensor mine;
  std::cout << theirs.shape().str() << ' ' << mine.rank << '\n';
  return theirs.rank() == 2 && mine.rank == 3 ? 0 : 1;
}
