#pragma once

// Naive operations on double or complex<double>, which the kernels and layers are held to.
#include "tests/support/oracle_functions.h"
#include "tests/support/oracle_losses.h"
#include "tests/support/oracle_products.h"
#include "tests/support/oracle_updates.h"
