#include "data/npz.h"

#include <gtest/gtest.h>

#include "core/tensor.h"
#include "data/detail/readers.h"
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

/// Every array of an archive in memory; the last one is returned.
Tensor read_all_arrays(std::span<const std::byte> bytes) {
  const detail::Origin origin{"read_npz", "x.npz"};
  const detail::ZipArchive archive = detail::open_npz(detail::view_source(bytes), origin, {});
  Tensor last;
  for (const std::string& name : detail::npz_names(archive)) {
    last = detail::read_npz(archive, name, origin, {});
    EXPECT_LE(last.nbytes(), 100000);
  }
  return last;
}
std::string npz_error(const Bytes& bytes) {
  return thrown_by([&] { read_all_arrays(bytes); });
}

/// Where `text` begins for the `nth` time, from 1.
std::size_t find(const Bytes& bytes, std::string_view text, int nth = 1) {
  const std::string_view all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::size_t at = all.find(text);
  while (--nth > 0) at = all.find(text, at + 1);
  return at;
}
constexpr std::string_view local_header = "PK\x03\x04", entry = "PK\x01\x02", end = "PK\x05\x06";

Bytes changed(Bytes bytes, std::size_t at, unsigned value) {
  bytes.at(at) = static_cast<std::byte>(value);
  return bytes;
}

TEST(ReadNpz, EveryWayToStoreMembers) {
  const TemporaryFolder folder;
  store(folder / "x.npz.gz", gzip(load(fixture("stored.npz"))));
  for (const std::string& path :
       {fixture("stored.npz"), fixture("deflated.npz"), fixture("zip64.npz"),
        fixture("streamed.npz"), folder / "x.npz.gz"}) {
    EXPECT_EQ(npz_names(path), (std::vector<std::string>{"x", "y"})) << path;
    EXPECT_TRUE(same_bits(read_npz(path, "x"), tensor({{0, 1, 2}, {3, 4, 5}}))) << path;
    EXPECT_TRUE(same_bits(read_npz(path, "y"), tensor({1, 0}, DType::int64))) << path;
  }
  EXPECT_EQ(npz_names(fixture("none.npz")), std::vector<std::string>());
}

TEST(ReadNpz, UnknownNameListsThoseThere) {
  const std::string path = fixture("stored.npz");
  EXPECT_EQ(thrown_by([&] { read_npz(path, "labels"); }),
            "NotFound: [read_npz] " + path + ": there is no array 'labels'. Known: x, y.");
  const std::string single = fixture("single.npz");
  EXPECT_EQ(thrown_by([&] { read_npz(single, "onyl"); }),
            "NotFound: [read_npz] " + single +
                ": there is no array 'onyl'. Did you mean 'only'? Known: only.");
  EXPECT_EQ(thrown_by([] { npz_names("/nowhere/x.npz"); }),
            "NotFound: [npz_names] /nowhere/x.npz: there is no such file.");
}

TEST(ReadNpz, UnsupportedMembers) {
  const std::string path = fixture("bzip2.npz");
  EXPECT_EQ(thrown_by([&] { read_npz(path, "x"); }),
            "Unimplemented: [read_npz] " + path +
                ":x: expected a member that is stored (0) or deflated (8), got compression method "
                "12.");
  const Bytes good = load(fixture("stored.npz"));
  EXPECT_EQ(npz_error(changed(good, find(good, entry) + 8, 1)),
            "Unimplemented: [read_npz] x.npz:x: expected a member that is not encrypted.");
  EXPECT_EQ(npz_error(changed(good, find(good, end) + 4, 1)),
            "Unimplemented: [read_npz] x.npz: expected a zip archive in one file, got a part of "
            "several.");
}

TEST(ReadNpz, DamageNamesThePosition) {
  const Bytes good = load(fixture("stored.npz"));
  const std::string prefix = "DataLoss: [read_npz] x.npz: ";
  EXPECT_EQ(npz_error({}), prefix +
                               "expected the end record of a zip archive in the last 0 bytes "
                               "of 0, got none.");
  EXPECT_EQ(npz_error(Bytes(100)), prefix +
                                       "expected the end record of a zip archive in the last "
                                       "100 bytes of 100, got none.");
  EXPECT_EQ(npz_error(changed(good, find(good, entry), 'Q')),
            prefix + "expected an entry of the central directory at byte 366, got 51 4b 01 02.");
  EXPECT_EQ(npz_error(changed(good, find(good, end) + 16, 0)),
            prefix +
                "expected the central directory to fill the bytes up to its end record at "
                "468, got 2 entries in 102 bytes at byte 256.");
  EXPECT_EQ(npz_error(changed(good, find(good, end) + 10, 1)),
            "Unimplemented: [read_npz] x.npz: expected a zip archive in one file, got a part of "
            "several.");
  EXPECT_EQ(npz_error(changed(good, find(good, local_header, 2), 'Q')),
            "DataLoss: [read_npz] x.npz:y: expected a local header at byte 187, got 51 4b 03 04.");
  EXPECT_EQ(npz_error(changed(good, find(good, entry) + 46, 'y')),
            prefix + "expected members of different names, got 'y.npy' twice.");
  EXPECT_EQ(npz_error(changed(good, find(good, entry) + 21, 2)),
            prefix +
                "expected 'x.npy' of 664 packed bytes at byte 0 to end before byte 187, where "
                "'y.npy' begins.");
  EXPECT_EQ(npz_error(changed(good, find(good, entry, 2) + 42, 0)),
            prefix +
                "expected 'x.npy' of 152 packed bytes at byte 0 to end before byte 0, where "
                "'y.npy' begins.");
  EXPECT_EQ(npz_error(changed(good, find(good, local_header) + 30, 'z')),
            "DataLoss: [read_npz] x.npz:x: expected the local header at byte 0 to agree with the "
            "directory, got another name.");
  EXPECT_EQ(npz_error(changed(good, find(good, local_header) + 8, 8)),
            "DataLoss: [read_npz] x.npz:x: expected the local header at byte 0 to agree with the "
            "directory, got another method or flags.");
}

TEST(ReadNpz, ChecksumsAndSizes) {
  const Bytes good = load(fixture("stored.npz"));
  const std::size_t data = find(good, entry) - 1;  // the last byte of y
  EXPECT_TRUE(npz_error(changed(good, data, 9))
                  .starts_with("DataLoss: [read_npz] x.npz:y: expected the CRC-32 "))
      << npz_error(changed(good, data, 9));

  // A member that claims to unpack to less or to more than it does.
  const Bytes streamed = load(fixture("streamed.npz"));
  const std::size_t unpacked = find(streamed, entry) + 24;
  EXPECT_EQ(npz_error(changed(streamed, unpacked, 151)),
            "DataLoss: [read_npz] x.npz:x: expected 24 bytes of array data at byte 128, got 23.");
  EXPECT_EQ(npz_error(changed(streamed, unpacked, 153)),
            "DataLoss: [read_npz] x.npz:x: expected 153 unpacked bytes, got only 152.");
}

TEST(ReadNpz, HardenedAgainstTruncationAndFlips) {
  for (const char* file : {"stored.npz", "deflated.npz", "zip64.npz", "streamed.npz"}) {
    expect_hardened(load(fixture(file)), read_all_arrays);
  }
}

}  // namespace
}  // namespace minnow
