#pragma once

// Eigen's view of a tensor, for programs that compute with Eigen. Not included by the rest of core:
// only who includes this header needs Eigen. A view is valid while its tensor lives and is neither
// assigned to nor, for a const view, written to.

#include <Eigen/Core>
#include <cstdint>
#include <string>

#include "error.h"
#include "tensor.h"

namespace minnow {

template <Element T>
using EigenMatrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
template <Element T>
using ConstMatrixView = Eigen::Map<const EigenMatrix<T>>;
template <Element T>
using MatrixView = Eigen::Map<EigenMatrix<T>>;

namespace eigen_detail {

/// Columns of a tensor seen as rows x (all the rest).
inline Eigen::Index columns(const Tensor& x, const char* where, int max_rank) {
  if (x.rank() < 1 || x.rank() > max_rank) {
    throw InvalidArgument({where, "shape", max_rank == 2 ? "one or two axes" : "at least one axis",
                           x.shape().str(), max_rank == 2 ? "See rows_view for any rank." : ""});
  }
  return static_cast<Eigen::Index>(x.shape().without_batch().numel());
}

}  // namespace eigen_detail

/// A tensor of shape (n,) as an n x 1 matrix, of shape (n, m) as n x m. Throws InvalidArgument for
/// another rank, and where T is not the tensor's dtype.
template <Element T>
ConstMatrixView<T> matrix_view(const Tensor& x) {
  const auto columns = eigen_detail::columns(x, "matrix_view", 2);
  return {x.values<T>().data(), static_cast<Eigen::Index>(x.rows()), columns};
}
template <Element T>
void matrix_view(const Tensor&& x) = delete;  // the view would outlive its tensor

/// As matrix_view, to write to; takes a copy first where the storage is shared.
template <Element T>
MatrixView<T> mutable_matrix_view(Tensor& x) {
  const auto columns = eigen_detail::columns(x, "mutable_matrix_view", 2);
  return {x.mutable_values<T>().data(), static_cast<Eigen::Index>(x.rows()), columns};
}

/// A tensor of any rank but 0 as rows x (numel / rows). Throws InvalidArgument for a scalar, and
/// where T is not the tensor's dtype.
template <Element T>
ConstMatrixView<T> rows_view(const Tensor& x) {
  const auto columns = eigen_detail::columns(x, "rows_view", Shape::max_rank);
  return {x.values<T>().data(), static_cast<Eigen::Index>(x.rows()), columns};
}
template <Element T>
void rows_view(const Tensor&& x) = delete;  // the view would outlive its tensor

/// As rows_view, to write to; takes a copy first where the storage is shared.
template <Element T>
MatrixView<T> mutable_rows_view(Tensor& x) {
  const auto columns = eigen_detail::columns(x, "mutable_rows_view", Shape::max_rank);
  return {x.mutable_values<T>().data(), static_cast<Eigen::Index>(x.rows()), columns};
}

}  // namespace minnow
