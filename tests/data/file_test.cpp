#include "data/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <ostream>
#include <stdexcept>

#include "tests/data/files.h"

namespace minnow {
namespace {

using testing::Bytes;
using testing::expect_hardened;
using testing::gzip;
using testing::load;
using testing::store;
using testing::TemporaryFolder;
using testing::thrown_by;
using testing::to_bytes;

void write_text(const std::string& path, std::string_view text) {
  write_file_atomically(path, [&](std::ostream& out) { out << text; });
}

TEST(ReadFile, PlainEmptyAndGzipped) {
  const TemporaryFolder folder;
  store(folder / "plain", "some text");
  store(folder / "empty", "");
  store(folder / "x.gz", gzip(to_bytes("some text")));
  EXPECT_EQ(read_file(folder / "plain"), to_bytes("some text"));
  EXPECT_EQ(read_file(folder / "empty"), Bytes());
  EXPECT_EQ(read_file(folder / "x.gz"), to_bytes("some text"));
}

TEST(ReadFile, AllMembersOfAGzip) {
  Bytes members = gzip(to_bytes("one "));
  for (const char* text : {"", "two ", "three"}) {
    const Bytes member = gzip(to_bytes(text));
    members.insert(members.end(), member.begin(), member.end());
  }
  EXPECT_EQ(gunzip(members, "x.gz"), to_bytes("one two three"));
}

TEST(ReadFile, MoreThanOneBufferful) {
  std::string text;
  for (int i = 0; i < 200000; ++i) text += std::to_string(i * 7919);
  EXPECT_EQ(gunzip(gzip(to_bytes(text)), "x.gz"), to_bytes(text));
}

TEST(ReadFile, TypedErrors) {
  const TemporaryFolder folder;
  const std::string missing = folder / "missing", plain = folder / "plain";
  store(plain, "text");
  EXPECT_EQ(thrown_by([&] { read_file(missing); }),
            "NotFound: [read_file] " + missing + ": there is no such file.");
  EXPECT_EQ(thrown_by([&] { read_file(plain + "/below"); }),
            "NotFound: [read_file] " + plain + "/below: there is no such file.");
  EXPECT_EQ(thrown_by([&] { read_file(folder / ""); }),
            "IoError: [read_file] " + (folder / "") + ": expected a file, got a folder.");
}

TEST(ReadFile, DamagedGzip) {
  const Bytes good = gzip(to_bytes("some text, some more text"));
  Bytes tail = good;
  tail.push_back(std::byte{'x'});
  EXPECT_EQ(
      thrown_by([&] { gunzip(tail, "x.gz"); }),
      "DataLoss: [gunzip] x.gz: expected gzip data that can be unpacked, got damage at byte " +
          std::to_string(tail.size()) + " of them: they are cut short.");
  tail.push_back(std::byte{'y'});
  EXPECT_EQ(
      thrown_by([&] { gunzip(tail, "x.gz"); }),
      "DataLoss: [gunzip] x.gz: expected gzip data that can be unpacked, got damage at byte " +
          std::to_string(tail.size()) + " of them: incorrect header check.");
  Bytes checksum = good;
  checksum[good.size() - 8] ^= std::byte{1};
  EXPECT_TRUE(thrown_by([&] { gunzip(checksum, "x.gz"); }).ends_with(": incorrect data check."));
  Bytes length = good;
  length[good.size() - 4] ^= std::byte{1};
  EXPECT_TRUE(thrown_by([&] { gunzip(length, "x.gz"); }).ends_with(": incorrect length check."));
  const Bytes cut(good.begin(), good.end() - 1);
  EXPECT_TRUE(thrown_by([&] { gunzip(cut, "x.gz"); }).ends_with(": they are cut short."));
}

TEST(ReadFile, BombsAreRefused) {
  const Bytes bomb = gzip(Bytes(std::size_t{10} << 20));
  ASSERT_LT(bomb.size(), 20000U);
  EXPECT_EQ(thrown_by([&] { gunzip(bomb, "x.gz", {.max_unpacked_bytes = 1 << 20}); }),
            "ResourceExhausted: [gunzip] x.gz: expected at most 1048576 unpacked bytes, got more. "
            "Unpack the file or raise ReadOptions::max_unpacked_bytes.");
  EXPECT_EQ(gunzip(bomb, "x.gz", {.max_unpacked_bytes = 10 << 20}).size(), 10U << 20);
  EXPECT_EQ(thrown_by([&] { read_file("/dev/zero", {.max_unpacked_bytes = 1 << 20}); }),
            "ResourceExhausted: [read_file] /dev/zero: expected at most 1048576 bytes, got more. "
            "Raise ReadOptions::max_unpacked_bytes.");
  EXPECT_EQ(thrown_by([&] { gunzip(bomb, "x.gz", {.max_unpacked_bytes = -1}); }),
            "InvalidArgument: [ReadOptions] max_unpacked_bytes: expected a number of at least 0, "
            "got -1.");
}

TEST(WriteFileAtomically, WritesReplacesAndLeavesNothingElse) {
  const TemporaryFolder folder;
  write_text(folder / "x", "old");
  EXPECT_EQ(load(folder / "x"), to_bytes("old"));
  const std::string large(100000, 'a');
  write_text(folder / "x", large);
  EXPECT_EQ(load(folder / "x"), to_bytes(large));
  EXPECT_EQ(folder.names(), std::vector<std::string>{"x"});
}

TEST(WriteFileAtomically, KeepsTheOldFileWhereTheWriterFails) {
  const TemporaryFolder folder;
  write_text(folder / "x", "old");
  EXPECT_THROW(write_file_atomically(folder / "x",
                                     [](std::ostream& out) {
                                       out << "half";
                                       throw std::logic_error("stop");
                                     }),
               std::logic_error);
  EXPECT_EQ(thrown_by([&] {
              write_file_atomically(folder / "x",
                                    [](std::ostream& out) { out.setstate(std::ios::failbit); });
            }),
            "IoError: [write_file] " + (folder / "x") + ": cannot be written: the stream failed.");
  EXPECT_EQ(load(folder / "x"), to_bytes("old"));
  EXPECT_EQ(folder.names(), std::vector<std::string>{"x"});
}

TEST(WriteFileAtomically, TypedErrors) {
  const TemporaryFolder folder;
  const std::string path = folder / "missing/x";
  EXPECT_EQ(thrown_by([&] { write_text(path, "text"); }),
            "IoError: [write_file] " + path + ": cannot be created: No such file or directory.");
  EXPECT_EQ(thrown_by([&] { write_text(folder / "", "text"); }),
            "IoError: [write_file] " + (folder / "") + ": expected a file, got a folder.");
  EXPECT_EQ(thrown_by([&] { write_text("/dev/full", std::string(100000, 'a')); }),
            "IoError: [write_file] /dev/full: cannot be written: No space left on device.");
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/full"));
}

TEST(WriteFileAtomically, KeepsPermissionsAndLinks) {
  const TemporaryFolder folder;
  write_text(folder / "x", "old");
  ASSERT_EQ(::chmod((folder / "x").c_str(), 0640), 0);
  std::filesystem::create_symlink("x", folder / "link");
  write_text(folder / "link", "new");
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(load(folder / "x"), to_bytes("new"));
  struct stat status {};
  ASSERT_EQ(::stat((folder / "x").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0640U);
}

}  // namespace
}  // namespace minnow
