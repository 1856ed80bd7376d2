#include <omp.h>

#include <algorithm>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>
#include <vector>

#include "bench/peers.h"

namespace minnow::bench {
namespace {

using dnnl::memory;
using Args = std::unordered_map<int, memory>;

const dnnl::engine& cpu() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

memory::desc described(const memory::dims& dims, memory::format_tag tag) {
  return {dims, memory::data_type::f32, tag};
}

// Runs a primitive on so many of OpenMP's threads.
Run runner(const dnnl::primitive& primitive, Args args, int threads) {
  return [primitive, args = std::move(args), threads, stream = dnnl::stream(cpu())]() mutable {
    omp_set_num_threads(threads);
    primitive.execute(stream, args);
    stream.wait();
  };
}

}  // namespace

Run onednn_gemm(const Gemm& g) {
  return [g] {
    omp_set_num_threads(g.threads);
    dnnl::sgemm(g.a.transposed ? 'T' : 'N', g.b.transposed ? 'T' : 'N', g.size.m, g.size.n,
                g.size.k, 1.0F, g.a.data, g.a.stride, g.b.data, g.b.stride, 0.0F, g.c, g.size.n);
  };
}

Run onednn_convolution(const Convolution& c) {
  omp_set_num_threads(c.threads);  // what it chooses may depend on them
  const kernels::Conv2DSize& s = c.size;
  using Tag = memory::format_tag;
  const memory::dims strides{s.stride_h, s.stride_w};
  const memory::dims dilation{s.dilation_h - 1, s.dilation_w - 1};
  const memory::dims before{s.pad_top, s.pad_left};
  const auto after_of = [](std::int64_t out, std::int64_t stride, std::int64_t taps,
                           std::int64_t gap, std::int64_t in, std::int64_t pad) {
    return (out - 1) * stride + (taps - 1) * gap + 1 - in - pad;
  };
  const memory::dims after{
      after_of(s.out_h, s.stride_h, s.kernel_h, s.dilation_h, s.height, s.pad_top),
      after_of(s.out_w, s.stride_w, s.kernel_w, s.dilation_w, s.width, s.pad_left)};
  const memory x(described({c.batch, s.channels, s.height, s.width}, Tag::nhwc), cpu(), c.x);
  const memory y(described({c.batch, s.filters, s.out_h, s.out_w}, Tag::nhwc), cpu(), c.y);
  const bool groups = s.groups > 1;
  memory::dims kernel_dims{s.filters / s.groups, s.channels / s.groups, s.kernel_h, s.kernel_w};
  if (groups) kernel_dims.insert(kernel_dims.begin(), s.groups);
  memory kernel(described(kernel_dims, groups ? Tag::hwigo : Tag::hwio), cpu(), c.kernel);
  const memory::desc any = described(kernel_dims, Tag::any);
  const auto algorithm = dnnl::algorithm::convolution_direct;
  const dnnl::convolution_forward::primitive_desc forward(
      {dnnl::prop_kind::forward_training, algorithm, x.get_desc(), any, y.get_desc(), strides,
       dilation, before, after},
      cpu());
  const auto in_its_order = [&](const memory::desc& wanted) {
    memory reordered(wanted, cpu());
    dnnl::stream stream(cpu());
    dnnl::reorder(kernel, reordered).execute(stream, kernel, reordered);
    stream.wait();
    return reordered;
  };
  switch (c.direction) {
    case Direction::forward:
      return runner(dnnl::convolution_forward(forward),
                    {{DNNL_ARG_SRC, x},
                     {DNNL_ARG_WEIGHTS, in_its_order(forward.weights_desc())},
                     {DNNL_ARG_DST, y}},
                    c.threads);
    case Direction::input: {
      const dnnl::convolution_backward_data::primitive_desc chosen(
          {algorithm, x.get_desc(), any, y.get_desc(), strides, dilation, before, after}, cpu(),
          forward);
      return runner(dnnl::convolution_backward_data(chosen),
                    {{DNNL_ARG_DIFF_SRC, x},
                     {DNNL_ARG_WEIGHTS, in_its_order(chosen.weights_desc())},
                     {DNNL_ARG_DIFF_DST, y}},
                    c.threads);
    }
    case Direction::kernel: {
      const dnnl::convolution_backward_weights::primitive_desc chosen(
          {algorithm, x.get_desc(), any, y.get_desc(), strides, dilation, before, after}, cpu(),
          forward);
      return runner(dnnl::convolution_backward_weights(chosen),
                    {{DNNL_ARG_SRC, x},
                     {DNNL_ARG_DIFF_WEIGHTS, memory(chosen.diff_weights_desc(), cpu())},
                     {DNNL_ARG_DIFF_DST, y}},
                    c.threads);
    }
  }
  return {};
}

Run onednn_map(Map map, std::int64_t n, float* x, float* y, int threads) {
  omp_set_num_threads(threads);
  constexpr dnnl::algorithm algorithms[] = {dnnl::algorithm::eltwise_relu,
                                            dnnl::algorithm::eltwise_logistic,
                                            dnnl::algorithm::eltwise_tanh};
  const memory from(described({n}, memory::format_tag::a), cpu(), x);
  const memory to(described({n}, memory::format_tag::a), cpu(), y);
  const dnnl::eltwise_forward::primitive_desc chosen(
      {dnnl::prop_kind::forward_training, algorithms[static_cast<int>(map)], from.get_desc(), 0.0F,
       0.0F},
      cpu());
  return runner(dnnl::eltwise_forward(chosen), {{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, to}}, threads);
}

Run onednn_softmax(std::int64_t rows, std::int64_t cols, float* x, float* y, int threads) {
  omp_set_num_threads(threads);
  const memory from(described({rows, cols}, memory::format_tag::ab), cpu(), x);
  const memory to(described({rows, cols}, memory::format_tag::ab), cpu(), y);
  const dnnl::softmax_forward::primitive_desc chosen(
      {dnnl::prop_kind::forward_training, from.get_desc(), 1}, cpu());
  return runner(dnnl::softmax_forward(chosen), {{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, to}}, threads);
}

Run onednn_max_pool(std::int64_t batch, std::int64_t side, std::int64_t channels, float* x,
                    float* y, int threads) {
  omp_set_num_threads(threads);
  using Tag = memory::format_tag;
  const memory from(described({batch, channels, side, side}, Tag::nhwc), cpu(), x);
  const memory to(described({batch, channels, side / 2, side / 2}, Tag::nhwc), cpu(), y);
  const dnnl::pooling_forward::primitive_desc chosen({dnnl::prop_kind::forward_training,
                                                      dnnl::algorithm::pooling_max,
                                                      from.get_desc(),
                                                      to.get_desc(),
                                                      {2, 2},
                                                      {2, 2},
                                                      {0, 0},
                                                      {0, 0}},
                                                     cpu());
  return runner(dnnl::pooling_forward(chosen),
                {{DNNL_ARG_SRC, from},
                 {DNNL_ARG_DST, to},
                 {DNNL_ARG_WORKSPACE, memory(chosen.workspace_desc(), cpu())}},
                threads);
}

Run onednn_global_pool(Pooling kind, std::int64_t batch, std::int64_t side, std::int64_t channels,
                       float* x, float* y, int threads) {
  omp_set_num_threads(threads);
  using Tag = memory::format_tag;
  const memory from(described({batch, channels, side, side}, Tag::nhwc), cpu(), x);
  const memory to(described({batch, channels, 1, 1}, Tag::nhwc), cpu(), y);
  const bool largest = kind == Pooling::largest;
  const dnnl::pooling_forward::primitive_desc chosen(
      {dnnl::prop_kind::forward_training,
       largest ? dnnl::algorithm::pooling_max : dnnl::algorithm::pooling_avg_exclude_padding,
       from.get_desc(),
       to.get_desc(),
       {1, 1},
       {side, side},
       {0, 0},
       {0, 0}},
      cpu());
  Args args{{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, to}};
  if (largest) args.insert({DNNL_ARG_WORKSPACE, memory(chosen.workspace_desc(), cpu())});
  return runner(dnnl::pooling_forward(chosen), std::move(args), threads);
}

namespace {

const auto scaled_and_shifted =
    dnnl::normalization_flags::use_scale | dnnl::normalization_flags::use_shift;

// What both normalisations take and give, all of it of their own choice.
template <class Chosen>
Args normalization_args(const Chosen& chosen, const memory& from, const memory& to,
                        std::int64_t cols) {
  const memory::desc weights = described({cols}, memory::format_tag::a);
  Args args{{DNNL_ARG_SRC, from},
            {DNNL_ARG_DST, to},
            {DNNL_ARG_MEAN, memory(chosen.mean_desc(), cpu())},
            {DNNL_ARG_VARIANCE, memory(chosen.variance_desc(), cpu())},
            {DNNL_ARG_SCALE, memory(weights, cpu())},
            {DNNL_ARG_SHIFT, memory(weights, cpu())}};
  for (const int which : {DNNL_ARG_SCALE, DNNL_ARG_SHIFT}) {
    std::fill_n(static_cast<float*>(args.at(which).get_data_handle()), cols, 1.0F);
  }
  return args;
}

}  // namespace

Run onednn_batch_norm(std::int64_t batch, std::int64_t side, std::int64_t channels, float* x,
                      float* y, int threads) {
  omp_set_num_threads(threads);
  const memory::desc images = described({batch, channels, side, side}, memory::format_tag::nhwc);
  const memory from(images, cpu(), x), to(images, cpu(), y);
  const dnnl::batch_normalization_forward::primitive_desc chosen(
      {dnnl::prop_kind::forward_training, images, 1e-3F, scaled_and_shifted}, cpu());
  return runner(dnnl::batch_normalization_forward(chosen),
                normalization_args(chosen, from, to, channels), threads);
}

Run onednn_layer_norm(std::int64_t rows, std::int64_t cols, float* x, float* y, int threads) {
  omp_set_num_threads(threads);
  const memory::desc all = described({rows, cols}, memory::format_tag::ab);
  const memory from(all, cpu(), x), to(all, cpu(), y);
  const dnnl::layer_normalization_forward::primitive_desc chosen(
      {dnnl::prop_kind::forward_training, all, 1e-3F, scaled_and_shifted}, cpu());
  return runner(dnnl::layer_normalization_forward(chosen),
                normalization_args(chosen, from, to, cols), threads);
}

}  // namespace minnow::bench
