#pragma once

#include <string>
#include <string_view>

#include "../core/tensor.h"
#include "file.h"

namespace minnow {

/// Whether the first line of a CSV file names the columns.
enum class CsvHeader {
  automatic,  ///< it does where it has no number in it
  present,
  absent,
};

struct CsvOptions {
  CsvHeader header = CsvHeader::automatic;
  char delimiter = ',';
  ReadOptions read = {};
};

/// A table of numbers, gzipped or not, as float32 of shape (rows, columns). Cells may be quoted
/// ("1.5") and have blanks around them; numbers are written as in C whatever the locale, and nan,
/// inf and infinity are numbers. Lines end in \n or \r\n. Throws InvalidArgument with line and
/// column (from 1) for what is no number or too large for float32, for an empty cell and for a row
/// of another length, and the errors of read_file.
Tensor read_csv(const std::string& path, const CsvOptions& options = {});
/// The same from memory; `name` stands for the path in messages.
Tensor parse_csv(std::string_view text, const std::string& name, const CsvOptions& options = {});

}  // namespace minnow
