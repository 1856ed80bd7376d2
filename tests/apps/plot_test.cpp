// The table and the drawing of History.
#include "apps/minnow/plot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "apps/minnow/csv_log.h"
#include "apps/minnow/plot_axis.h"

namespace minnow {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();

// Whether every tag is closed in its turn, quotes are even, and no bare & or < is left.
::testing::AssertionResult well_formed(std::string_view xml) {
  std::vector<std::string> open;
  while (!xml.empty()) {
    const std::size_t begin = xml.find('<');
    const std::string_view text = xml.substr(0, begin);
    for (std::size_t at = text.find('&'); at != text.npos; at = text.find('&', at + 1)) {
      const std::string_view entity = text.substr(at, text.find(';', at) - at);
      if (entity != "&amp" && entity != "&lt" && entity != "&gt") {
        return ::testing::AssertionFailure() << "bare & in " << text;
      }
    }
    if (text.find('>') != text.npos) return ::testing::AssertionFailure() << "bare > in " << text;
    if (begin == xml.npos) break;
    const std::size_t end = xml.find('>', begin);
    if (end == xml.npos) return ::testing::AssertionFailure() << "a tag without end";
    const std::string_view tag = xml.substr(begin + 1, end - begin - 1);
    xml.remove_prefix(end + 1);
    if (std::count(tag.begin(), tag.end(), '"') % 2 != 0 || tag.find('<') != tag.npos) {
      return ::testing::AssertionFailure() << "damaged tag " << tag;
    }
    if (tag.starts_with('/')) {
      if (open.empty() || open.back() != tag.substr(1)) {
        return ::testing::AssertionFailure() << tag << " closes nothing";
      }
      open.pop_back();
    } else if (!tag.ends_with('/')) {
      open.emplace_back(tag.substr(0, tag.find(' ')));
    }
  }
  if (!open.empty()) return ::testing::AssertionFailure() << open.back() << " stays open";
  return ::testing::AssertionSuccess();
}

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++n;
  return n;
}

History history() {
  return {.epoch = {0, 1, 2},
          .values = {{"accuracy", {0.5, 0.625, 1}},
                     {"loss", {1.25, 0.1, 1e-9}},
                     {"val_accuracy", {0.25, 0.5, 0.5}},
                     {"val_loss", {2, nan, inf}}},
          .warnings = {}};
}

TEST(CsvLog, HasKerassColumns) {
  EXPECT_EQ(apps::csv_of(history()),
            "epoch,accuracy,loss,val_accuracy,val_loss\n"
            "0,0.5,1.25,0.25,2.0\n"
            "1,0.625,0.1,0.5,nan\n"
            "2,1.0,1e-09,0.5,inf\n");
  EXPECT_EQ(apps::csv_of({}), "epoch\n");
}

TEST(Plot, DrawsAPanelForEachResultAndACurveForEachRole) {
  const std::string svg = apps::plot_of(history());
  EXPECT_TRUE(well_formed(svg)) << svg;
  EXPECT_EQ(count(svg, "class=\"title\""), 2U);
  EXPECT_LT(svg.find(">loss</text>"), svg.find(">accuracy</text>"));
  EXPECT_EQ(count(svg, "<circle class=\"at-training\""), 6U);
  EXPECT_EQ(count(svg, "<circle class=\"at-validation\""), 4U);  // two are not finite
  EXPECT_EQ(count(svg, ">training "), 2U);
  EXPECT_EQ(count(svg, ">validation "), 2U);
  EXPECT_THAT(svg, HasSubstr("prefers-color-scheme: dark"));
  EXPECT_THAT(svg, HasSubstr(">validation 0.5</text>"));
}

TEST(Plot, ManyEpochsHaveNoMarkersAndOneHasOne) {
  History long_one;
  for (std::int64_t i = 0; i < 1000; ++i) {
    long_one.epoch.push_back(i);
    long_one.values["loss"].push_back(1 / static_cast<double>(i + 1));
  }
  EXPECT_THAT(apps::plot_of(long_one), Not(HasSubstr("<circle")));
  const History one{.epoch = {0}, .values = {{"loss", {3}}}, .warnings = {}};
  EXPECT_TRUE(well_formed(apps::plot_of(one)));
  EXPECT_EQ(count(apps::plot_of(one), "<circle"), 1U);
}

TEST(Plot, OddHistoriesAreDrawnToo) {
  const std::string empty = apps::plot_of({});
  EXPECT_TRUE(well_formed(empty)) << empty;
  const History hostile{.epoch = {0, 1}, .values = {{"a<b>&\"c\"\n", {nan, nan}}}, .warnings = {}};
  const std::string svg = apps::plot_of(hostile);
  EXPECT_TRUE(well_formed(svg)) << svg;
  EXPECT_THAT(svg, HasSubstr("a&lt;b&gt;&amp;"));
  EXPECT_THAT(svg, HasSubstr("no finite values"));
  for (double value : {0.0, -3.0, 1e-300, 1e300, -1e300}) {
    const History flat{.epoch = {0, 1}, .values = {{"loss", {value, value}}}, .warnings = {}};
    EXPECT_TRUE(well_formed(apps::plot_of(flat)));
    EXPECT_THAT(apps::plot_of(flat), Not(HasSubstr("nan")));
  }
  const History wide{.epoch = {0, 1}, .values = {{"loss", {-1e308, 1e308}}}, .warnings = {}};
  EXPECT_THAT(apps::plot_of(wide), Not(HasSubstr("nan")));
}

TEST(Axis, HasRoundMarksAroundTheValues) {
  const apps::Axis axis = apps::value_axis(0.31, 1.92, 5);
  EXPECT_EQ(axis.low, 0);
  EXPECT_EQ(axis.high, 2);
  EXPECT_THAT(axis.ticks, ElementsAre(0, 0.5, 1, 1.5, 2));
  EXPECT_EQ(axis.label(axis.ticks[1]), "0.5");
  EXPECT_EQ(axis.place(1), 0.5);
  const apps::Axis fine = apps::value_axis(0.8512, 0.8731, 5);
  EXPECT_EQ(fine.label(fine.ticks[1]), "0.855");
  EXPECT_EQ(apps::count_axis(1, 3, 8).ticks, (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(apps::count_axis(1, 100, 8).ticks, (std::vector<double>{20, 40, 60, 80, 100}));
}

}  // namespace
}  // namespace minnow
