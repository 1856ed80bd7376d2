#include "data/npy.h"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <numeric>

#include "core/tensor.h"
#include "tests/data/files.h"

namespace minnow {
namespace {

using testing::Bytes;
using testing::expect_hardened;
using testing::fixture;
using testing::gzip;
using testing::load;
using testing::store;
using testing::TemporaryFolder;
using testing::thrown_by;
using testing::to_bytes;

/// An npy file of version 1.0 with this header and these data.
Bytes npy(std::string_view header, std::string_view data = "") {
  std::string text("\x93NUMPY\x01\x00", 8);
  text += static_cast<char>(header.size() & 0xff);
  text += static_cast<char>(header.size() >> 8);
  text += header;
  text += data;
  return to_bytes(text);
}

Tensor npy_tensor(std::span<const std::byte> bytes) { return parse_npy(bytes, "x.npy"); }
std::string npy_error(const Bytes& bytes) {
  return thrown_by([&] { npy_tensor(bytes); });
}
std::string refusal_of(std::string_view file) {
  const std::string path = fixture(file);
  std::string text = thrown_by([&] { read_npy(path); });
  const std::size_t at = text.find(path);
  return at == text.npos ? text : text.replace(at, path.size(), file);
}

template <class T>
void expect_grid(std::string_view file, T shift) {
  const Tensor got = read_npy(fixture(file));
  std::vector<T> values(6);
  for (std::size_t i = 0; i < 6; ++i) values[i] = static_cast<T>(static_cast<T>(i) + shift);
  EXPECT_TRUE(same_bits(got, Tensor::from(values, {2, 3}))) << file << got;
}

TEST(ReadNpy, EveryDtype) {
  expect_grid<float>("float32.npy", 0);
  expect_grid<double>("float64.npy", 0);
  expect_grid<std::int32_t>("int32.npy", 0);
  expect_grid<std::int64_t>("int64.npy", 0);
  expect_grid<std::uint8_t>("uint8.npy", 0);
  const Tensor flags = read_npy(fixture("bool.npy"));
  EXPECT_TRUE(same_bits(flags, tensor({{0, 1, 0}, {1, 0, 1}}, DType::boolean))) << flags;
}

TEST(ReadNpy, EveryVersion) {
  expect_grid<float>("version2.npy", 0);
  expect_grid<float>("version3.npy", 0);
}

TEST(ReadNpy, BigEndianIsConverted) {
  expect_grid<float>("big_float32.npy", 0.5F);
  expect_grid<double>("big_float64.npy", 0.5);
  expect_grid<std::int32_t>("big_int32.npy", -3);
  expect_grid<std::int64_t>("big_int64.npy", -3);
}

TEST(ReadNpy, FortranOrderIsConverted) {
  const Tensor cube = read_npy(fixture("fortran.npy"));
  EXPECT_TRUE(same_bits(cube, arange(24, DType::float64).reshape({2, 3, 4}))) << cube;
  expect_grid<std::uint8_t>("fortran_bytes.npy", 0);
  expect_grid<std::int32_t>("fortran_big.npy", 0);
}

TEST(ReadNpy, ScalarAndNoRows) {
  const Tensor scalar = read_npy(fixture("scalar.npy"));
  EXPECT_EQ(scalar.rank(), 0);
  EXPECT_EQ(scalar.item<float>(), 2.5F);
  EXPECT_EQ(read_npy(fixture("empty.npy")).shape(), (Shape{0, 3}));
}

TEST(ReadNpy, AnyByteButZeroIsTrue) {
  const Tensor flags = npy_tensor(npy("{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }",
                                      std::string_view("\x00\x02\xff", 3)));
  EXPECT_TRUE(same_bits(flags, tensor({0, 1, 1}, DType::boolean))) << flags;
}

TEST(ReadNpy, Gzipped) {
  const TemporaryFolder folder;
  store(folder / "x.npy.gz", gzip(load(fixture("float32.npy"))));
  EXPECT_TRUE(same_bits(read_npy(folder / "x.npy.gz"), read_npy(fixture("float32.npy"))));
}

TEST(ReadNpy, HeaderMayBeAnyPythonOfThatMeaning) {
  for (const char* header : {
           "{'descr': '|u1', 'fortran_order': False, 'shape': (2,)}",
           "{\"shape\":(2,),\"fortran_order\":False,\"descr\":\"|u1\"}",
           "\t{ 'fortran_order' : True , 'shape' : ( 2 , ) , 'descr' : '<u1' , } \n",
           "{'descr': 'u1'}",
       }) {
    const Bytes bytes = npy(header, "ab");
    if (std::string_view(header) == "{'descr': 'u1'}") {
      EXPECT_EQ(npy_error(bytes),
                "DataLoss: [parse_npy] x.npy: expected 'descr', 'fortran_order' and 'shape', each "
                "once, at byte 24, in the header, got '}'.");
    } else {
      EXPECT_TRUE(same_bits(npy_tensor(bytes), tensor({97, 98}, DType::uint8))) << header;
    }
  }
  const Bytes long_ints = npy("{'descr': '|u1', 'fortran_order': False, 'shape': (1L, 2L)}", "ab");
  EXPECT_EQ(npy_tensor(long_ints).shape(), (Shape{1, 2}));
}

TEST(ReadNpy, OtherTypesAreNamed) {
  const std::string expected = "expected dtype float32, float64, int32, int64, uint8 or bool, got ";
  const auto refused = [&](std::string_view file, std::string_view rest) {
    EXPECT_EQ(refusal_of(file), "InvalidArgument: [read_npy] " + std::string(file) + ": " +
                                    expected + std::string(rest));
  };
  refused("complex64.npy",
          "'<c8' (complex64). Save the real and the imaginary part as arrays of their own.");
  refused("float16.npy", "'<f2' (float16). Save array.astype('float32').");
  refused("int8.npy", "'|i1' (int8). Save array.astype('int64').");
  refused("int16.npy", "'<i2' (int16). Save array.astype('int64').");
  refused("uint16.npy", "'<u2' (uint16). Save array.astype('int64').");
  refused("uint32.npy", "'<u4' (uint32). Save array.astype('int64').");
  refused("uint64.npy", "'<u8' (uint64). Save array.astype('int64').");
  refused("string.npy", "'<U3' (string).");
  refused("bytes.npy", "'|S3' (bytes).");
  refused("datetime.npy", "'<M8[D]' (datetime64).");
  refused("object.npy",
          "'|O' (object). Objects are stored as Python code; save an array of numbers.");
  refused("structured.npy",
          "'[('a', '<f4'), ('b', '<i4', (2,))]' (structured). Save each field as an array of its "
          "own.");
}

TEST(ReadNpy, MoreThanEightAxes) {
  EXPECT_EQ(refusal_of("axes9.npy"),
            "InvalidArgument: [read_npy] axes9.npy: expected at most 8 axes, got 9: (1, 1, 1, 1, "
            "1, 1, 1, 1, 1).");
}

TEST(ReadNpy, MissingFile) {
  EXPECT_EQ(thrown_by([] { read_npy("/nowhere/x.npy"); }),
            "NotFound: [read_npy] /nowhere/x.npy: there is no such file.");
}

TEST(ReadNpy, DamageNamesThePosition) {
  const std::string good = "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }";
  EXPECT_EQ(npy_error(to_bytes("PK\x03\x04__")),
            "DataLoss: [parse_npy] x.npy: expected the bytes 93 4e 55 4d 50 59 of an npy file at "
            "byte 0, got 50 4b 03 04 5f 5f.");
  EXPECT_EQ(npy_error({}),
            "DataLoss: [parse_npy] x.npy: expected 6 bytes of magic number at byte 0, got 0.");
  EXPECT_EQ(npy_error(npy(good, "12345678")),
            "DataLoss: [parse_npy] x.npy: expected 12 bytes of array data at byte 67, got 8.");
  EXPECT_EQ(npy_error(npy(good, "123456789abcd")),
            "DataLoss: [parse_npy] x.npy: expected the end at byte 79, got more data.");
  EXPECT_EQ(npy_error(gzip(npy(good, std::string(2000, 'a')))),
            "DataLoss: [parse_npy] x.npy: expected the end at byte 79, got more data.");
  Bytes version4 = npy(good);
  version4[6] = std::byte{4};
  EXPECT_EQ(npy_error(version4),
            "Unimplemented: [parse_npy] x.npy: expected version 1.0, 2.0 or 3.0 of the npy format, "
            "got 4.0.");
}

TEST(ReadNpy, HostileHeaders) {
  const auto shape = [](std::string_view text) {
    return npy_error(
        npy("{'descr': '<f4', 'fortran_order': False, 'shape': " + std::string(text) + "}"));
  };
  EXPECT_EQ(shape("(-1,)"),
            "DataLoss: [parse_npy] x.npy: expected a size of at least 0 that fits in 63 bits at "
            "byte 61, in the header, got '-1,)}'.");
  EXPECT_EQ(shape("(99999999999999999999,)"),
            "DataLoss: [parse_npy] x.npy: expected a size of at least 0 that fits in 63 bits at "
            "byte 61, in the header, got '999999999999'.");
  EXPECT_EQ(shape("(4611686018427387904, 2)"),
            "DataLoss: [parse_npy] x.npy: expected an array that a file can hold, got the shape "
            "(4611686018427387904, 2) of float32.");
  EXPECT_EQ(shape("(1000000000000,)"),
            "DataLoss: [parse_npy] x.npy: expected 4000000000000 bytes of array data at byte 77, "
            "got 0.");
  EXPECT_EQ(shape("(3)"),
            "DataLoss: [parse_npy] x.npy: expected ',' at byte 62, in the header, got ')}'.");
  EXPECT_EQ(npy_error(npy("{'descr': '<f4")),
            "DataLoss: [parse_npy] x.npy: expected a string with an end at byte 20, in the header, "
            "got ''<f4'.");
  EXPECT_EQ(npy_error(npy("{'descr': '<f4', 'descr': '<f4'}")),
            "DataLoss: [parse_npy] x.npy: expected 'descr', 'fortran_order' and 'shape', each "
            "once, at byte 27, in the header, got ''descr': '<f'.");
  EXPECT_EQ(npy_error(npy("{'descr': [" + std::string(5000, '['))).substr(0, 45),
            "DataLoss: [parse_npy] x.npy: expected ']' at ");
  Bytes long_header = npy("");
  long_header[6] = std::byte{2};
  long_header.insert(long_header.end(), 4, std::byte{0xff});
  EXPECT_EQ(npy_error(long_header),
            "DataLoss: [parse_npy] x.npy: expected a header of at most 1048576 bytes at byte 12, "
            "got 4294901760.");
}

TEST(ReadNpy, GzipCannotPromiseMoreThanItCanHold) {
  const Bytes bytes =
      gzip(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000,)}", "data"));
  EXPECT_TRUE(npy_error(bytes).starts_with(
      "DataLoss: [parse_npy] x.npy: expected 4000000000 bytes of array data at byte 74, got no "
      "more than "))
      << npy_error(bytes);
  const std::string data(4000, 'a');
  const Bytes large = gzip(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1000,)}", data));
  EXPECT_EQ(thrown_by([&] { parse_npy(large, "x.npy", {.max_unpacked_bytes = 1000}); }),
            "ResourceExhausted: [parse_npy] x.npy: expected at most 1000 unpacked bytes, got 4000 "
            "of array data at byte 68. Unpack the file or raise ReadOptions::max_unpacked_bytes.");
}

TEST(ReadNpy, HardenedAgainstTruncationAndFlips) {
  for (const char* file : {"float32.npy", "version2.npy", "bool.npy", "fortran_bytes.npy"}) {
    expect_hardened(load(fixture(file)), [](std::span<const std::byte> bytes) {
      const Tensor got = npy_tensor(bytes);
      EXPECT_LE(got.nbytes(), static_cast<std::int64_t>(bytes.size()));
    });
  }
  expect_hardened(gzip(load(fixture("float32.npy"))), npy_tensor);
}

TEST(WriteNpy, IsWhatNumpyWrites) {
  for (const char* file : {"float32.npy", "float64.npy", "int32.npy", "int64.npy", "uint8.npy",
                           "bool.npy", "scalar.npy", "empty.npy"}) {
    EXPECT_EQ(encode_npy(read_npy(fixture(file))), load(fixture(file))) << file;
  }
}

TEST(WriteNpy, RoundTripKeepsEveryBit) {
  const TemporaryFolder folder;
  constexpr float inf = std::numeric_limits<float>::infinity();
  const Tensor odd = Tensor::from(
      std::vector<float>{std::numeric_limits<float>::quiet_NaN(), -0.0F, inf, -inf, 1e-45F},
      {5, 1});
  write_npy(folder / "x.npy", odd);
  EXPECT_TRUE(same_bits(read_npy(folder / "x.npy"), odd));
  EXPECT_EQ(load(folder / "x.npy"), encode_npy(odd));
  const Tensor slice = arange(10).slice_rows(3, 7);
  write_npy(folder / "x.npy", slice);
  EXPECT_TRUE(same_bits(read_npy(folder / "x.npy"), slice));
}

}  // namespace
}  // namespace minnow
