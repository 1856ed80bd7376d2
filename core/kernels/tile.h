#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

// Internal to core/kernels: the register tile that gemm and the convolutions are made of.
namespace minnow::kernels {

/// Four numbers, the width of a register that every x86-64 and ARM64 has.
using Vec = float __attribute__((vector_size(16)));

template <class V>
inline V load(const float* p) noexcept {
  V v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
template <class V>
inline void store(const V& v, float* p) noexcept {
  std::memcpy(p, &v, sizeof v);
}

/// max(v, 0), and NaN of NaN.
inline Vec relu(Vec v) noexcept {
  using Bits = int __attribute__((vector_size(16)));
  const Bits keep = ~(v <= Vec{});
  Bits bits;
  std::memcpy(&bits, &v, sizeof v);
  bits &= keep;
  std::memcpy(&v, &bits, sizeof v);
  return v;
}
inline float relu(float v) noexcept { return v <= 0.0F ? 0.0F : v; }

/// rows x cols sums that stay in registers, with cols 8, 4 or 1.
template <int rows, int cols>
struct Tile {
  using Lane = std::conditional_t<cols % 4 == 0, Vec, float>;
  static constexpr int lane_width = sizeof(Lane) / sizeof(float);
  static constexpr int lanes = cols / lane_width;
  Lane sum[rows][lanes];

  /// Every row starts as `bias` (cols numbers), or as 0 where it is null.
  explicit Tile(const float* bias = nullptr) noexcept {
    for (int i = 0; i < rows; ++i) {
      for (int j = 0; j < lanes; ++j) {
        sum[i][j] = bias == nullptr ? Lane{} : load<Lane>(bias + j * lane_width);
      }
    }
  }

  /// sum[i][j] += sum over p < k of a[i row_step + p k_step] b[p b_step + j], p ascending.
  void multiply(std::int64_t k, const float* a, std::int64_t row_step, std::int64_t k_step,
                const float* b, std::int64_t b_step) noexcept {
    Tile t = *this;  // a copy without an address, so that it lives in registers
    for (std::int64_t p = 0; p < k; ++p) {
      Lane y[lanes];
      for (int j = 0; j < lanes; ++j) y[j] = load<Lane>(b + j * lane_width);
      for (int i = 0; i < rows; ++i) {
        const float x = a[i * row_step];
        for (int j = 0; j < lanes; ++j) t.sum[i][j] += x * y[j];
      }
      a += k_step;
      b += b_step;
    }
    *this = t;
  }

  /// sum[i] += x b for one row.
  void multiply_row(int i, float x, const float* b) noexcept {
    for (int j = 0; j < lanes; ++j) sum[i][j] += x * load<Lane>(b + j * lane_width);
  }

  /// Writes or adds the tile to c; with `positive`, the relu of it.
  void write(float* c, std::int64_t row_step, bool add, bool positive) const noexcept {
    for (int i = 0; i < rows; ++i) {
      for (int j = 0; j < lanes; ++j) {
        float* place = c + i * row_step + j * lane_width;
        Lane v = sum[i][j];
        if (add) v = load<Lane>(place) + v;
        store(positive ? relu(v) : v, place);
      }
    }
  }

  /// As write, but only the first `width` columns exist.
  void write_part(float* c, std::int64_t row_step, int width, bool add,
                  bool positive) const noexcept {
    for (int i = 0; i < rows; ++i) {
      float row[cols];
      std::memcpy(row, sum[i], sizeof row);
      for (int j = 0; j < width; ++j) {
        float* place = c + i * row_step + j;
        const float v = add ? *place + row[j] : row[j];
        *place = positive ? relu(v) : v;
      }
    }
  }
};

}  // namespace minnow::kernels
