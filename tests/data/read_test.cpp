#include "data/read.h"

#include <gtest/gtest.h>

#include "core/tensor.h"
#include "tests/data/files.h"

namespace minnow {
namespace {

using testing::fixture;
using testing::gzip;
using testing::load;
using testing::store;
using testing::TemporaryFolder;
using testing::thrown_by;
using testing::to_bytes;

const std::string_view idx_file(
    "\0\0\x08\x01\0\0\0\x02"
    "ab",
    10);

TEST(ReadTensor, EveryFormatPlainAndGzipped) {
  const TemporaryFolder folder;
  const Tensor grid = tensor({{0, 1, 2}, {3, 4, 5}});
  const auto both = [&](const std::string& name, std::span<const std::byte> bytes,
                        const Tensor& expected, const std::string& array = "") {
    store(folder / name, bytes);
    store(folder / (name + ".gz"), gzip(bytes));
    EXPECT_TRUE(same_bits(read_tensor((folder / name) + array), expected)) << name;
    EXPECT_TRUE(same_bits(read_tensor((folder / name) + ".gz" + array), expected)) << name;
  };
  both("x.npy", load(fixture("float32.npy")), grid);
  both("x.npz", load(fixture("deflated.npz")), grid, ":x");
  both("single.npz", load(fixture("single.npz")), grid);
  both("x.csv", to_bytes("0,1,2\n3,4,5\n"), grid);
  both("X.TSV", to_bytes("0\t1\t2\n3\t4\t5\n"), grid);
  both("labels-idx1-ubyte", to_bytes(idx_file), tensor({97, 98}, DType::uint8));
}

TEST(ReadTensor, ContentGoesBeforeName) {
  const TemporaryFolder folder;
  store(folder / "x.csv", load(fixture("float32.npy")));
  EXPECT_EQ(read_tensor(folder / "x.csv").shape(), (Shape{2, 3}));
  store(folder / "x", load(fixture("deflated.npz")));
  EXPECT_EQ(read_tensor((folder / "x") + ":y").dtype(), DType::int64);
}

TEST(ReadTensor, ColonsInPaths) {
  const TemporaryFolder folder;
  store(folder / "a:b.npy", load(fixture("float32.npy")));
  store(folder / "a:b.npz", load(fixture("deflated.npz")));
  EXPECT_EQ(read_tensor(folder / "a:b.npy").shape(), (Shape{2, 3}));
  EXPECT_EQ(read_tensor((folder / "a:b.npz") + ":y").shape(), (Shape{2}));
}

TEST(ReadTensor, Errors) {
  const TemporaryFolder folder;
  const std::string path = folder / "x.parquet", npz = fixture("stored.npz");
  store(path, "PAR1...");
  EXPECT_EQ(thrown_by([&] { read_tensor(path); }),
            "InvalidArgument: [read_tensor] " + path +
                ": expected an .npy, .npz, .csv, .tsv or IDX file, gzipped or not, got a file that "
                "begins with the bytes 50 41 52 31 2e 2e 2e.");
  store(path, "");
  EXPECT_EQ(thrown_by([&] { read_tensor(path); }),
            "InvalidArgument: [read_tensor] " + path +
                ": expected an .npy, .npz, .csv, .tsv or IDX file, gzipped or not, got an empty "
                "file.");
  EXPECT_EQ(thrown_by([&] { read_tensor(npz); }),
            "InvalidArgument: [read_tensor] " + npz +
                ": expected the name of an array behind the path, as " + npz +
                ":NAME, got a file of 2 arrays. It holds x, y.");
  EXPECT_EQ(thrown_by([&] { read_tensor(npz + ":z"); }),
            "NotFound: [read_npz] " + npz + ": there is no array 'z'. Known: x, y.");
  const std::string npy = fixture("float32.npy");
  EXPECT_EQ(thrown_by([&] { read_tensor(npy + ":x"); }),
            "InvalidArgument: [read_tensor] " + npy +
                ": expected an .npz file before ':x', got another format.");
  EXPECT_EQ(thrown_by([] { read_tensor("/nowhere/x.npz:x"); }),
            "NotFound: [read_tensor] /nowhere/x.npz: there is no such file.");
  EXPECT_EQ(thrown_by([] { read_tensor("/nowhere/x.npy"); }),
            "NotFound: [read_tensor] /nowhere/x.npy: there is no such file.");
}

TEST(ReadTensor, TheNameDecidesWhoComplains) {
  const TemporaryFolder folder;
  const std::string path = folder / "x.npy";
  store(path, "text");
  EXPECT_EQ(
      thrown_by([&] { read_tensor(path); }),
      "DataLoss: [read_npy] " + path + ": expected 6 bytes of magic number at byte 0, got 4.");
}

}  // namespace
}  // namespace minnow
