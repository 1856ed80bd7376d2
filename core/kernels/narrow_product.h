#pragma once

#include "product.h"

// Internal to core/kernels: kernel gradients of convolutions by 1 x 1 to few filters, and of dense
// layers of 17 to 23 units (narrower ones keep their kernels turned). Few columns of C leave lanes
// empty that A's columns, as they lie, fill: C is computed as its transpose, with the same sums.
namespace minnow::kernels {

/// Whether that pays for these rows of C.
bool is_narrow(const Product& p, Span rows, Span columns);

/// All columns of them.
void multiply_narrow(const Product& p, Span rows);

}  // namespace minnow::kernels
