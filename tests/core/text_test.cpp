#include "core/text.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace minnow {
namespace {

const std::vector<std::string_view>& optimizers() {
  static const std::vector<std::string_view> names{"adam", "sgd", "rmsprop"};
  return names;
}

TEST(NearestNameTest, FindsWhatWasMeant) {
  EXPECT_EQ(nearest_name("Adam", optimizers()), "adam");
  EXPECT_EQ(nearest_name("adamm", optimizers()), "adam");
  EXPECT_EQ(nearest_name("adma", optimizers()), "adam");  // swapped letters are one slip
  EXPECT_EQ(nearest_name("sdg", optimizers()), "sgd");
  EXPECT_EQ(nearest_name("rms_prop", optimizers()), "rmsprop");
  EXPECT_EQ(nearest_name("RMSprop", optimizers()), "rmsprop");
}

TEST(NearestNameTest, LeavesStrangersAlone) {
  EXPECT_EQ(nearest_name("lion", optimizers()), "");
  EXPECT_EQ(nearest_name("ad", optimizers()), "");
  EXPECT_EQ(nearest_name("", optimizers()), "");
  EXPECT_EQ(nearest_name("adam", {}), "");
  EXPECT_EQ(nearest_name(std::string(100000, 'a'), optimizers()), "");
}

TEST(NearestNameTest, PrefersTheNearest) {
  const std::vector<std::string_view> names{"Conv2D", "Conv3D", "Conv2DTranspose"};
  EXPECT_EQ(nearest_name("Conv3d", names), "Conv3D");
  EXPECT_EQ(nearest_name("Convv2D", names), "Conv2D");
}

TEST(SuggestNameTest, ListsWhatIsKnown) {
  EXPECT_EQ(suggest_name("adma", optimizers()), "Did you mean 'adam'? Known: adam, sgd, rmsprop.");
  EXPECT_EQ(suggest_name("lion", optimizers()), "Known: adam, sgd, rmsprop.");
  EXPECT_EQ(suggest_name("lion", {}), "Known: none.");
}

TEST(GroupDigitsTest, PutsCommas) {
  EXPECT_EQ(group_digits(0), "0");
  EXPECT_EQ(group_digits(999), "999");
  EXPECT_EQ(group_digits(1000), "1,000");
  EXPECT_EQ(group_digits(1234567), "1,234,567");
  EXPECT_EQ(group_digits(-123), "-123");
  EXPECT_EQ(group_digits(-1234), "-1,234");
  EXPECT_EQ(group_digits(std::numeric_limits<std::int64_t>::min()), "-9,223,372,036,854,775,808");
}

TEST(ReadableBytesTest, PrintsAsTheSummary) {
  EXPECT_EQ(readable_bytes(0), "0.00 B");
  EXPECT_EQ(readable_bytes(1023), "1023.00 B");
  EXPECT_EQ(readable_bytes(1024), "1.00 KB");
  EXPECT_EQ(readable_bytes(866600), "846.29 KB");
  EXPECT_EQ(readable_bytes(3 << 20), "3.00 MB");
  EXPECT_EQ(readable_bytes(std::int64_t{5} << 50), "5.00 PB");
  EXPECT_EQ(readable_bytes(std::numeric_limits<std::int64_t>::max()), "8192.00 PB");
}

}  // namespace
}  // namespace minnow
