#pragma once

#include "product.h"

// Internal to core/kernels.
namespace minnow::kernels {

/// Whether the part of C is large in all its sizes, so that little of its operands is near.
bool is_large(const Product& p, Span rows, Span columns);

/// Such a part.
void multiply_large(const Product& p, Span rows, Span columns);

}  // namespace minnow::kernels
