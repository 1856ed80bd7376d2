#include "apps/minnow/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <string_view>
#include <vector>

#include "apps/minnow/plot_axis.h"

namespace minnow::apps {
namespace {

// Beyond this an axis around the values has no double for its length.
bool drawable(double value) { return std::abs(value) < 1e300; }

using Series = std::vector<double>;

// All lengths are in SVG's user units, one for a pixel.
constexpr int panel_width = 460, panel_height = 320;
constexpr int left = 58, right = 18, top = 58, bottom = 46;
constexpr int plot_width = panel_width - left - right;
constexpr int plot_height = panel_height - top - bottom;
constexpr int most_markers = 40;
constexpr std::string_view validation_prefix = "val_";

// The page behind says which colours are asked for; a viewer that does not know that keeps the
// light ones, on a ground of their own.
constexpr std::string_view style = R"(<style>
text { font: 12px system-ui, sans-serif; fill: #57606a; }
.title { font-size: 15px; font-weight: 600; fill: #1f2328; }
.ground { fill: #ffffff; }
.grid { stroke: #d8dee4; }
.axis { stroke: #8c959f; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.training { stroke: #0969da; }
.validation { stroke: #bc4c00; stroke-dasharray: 6 5; }
.at-training { fill: #0969da; }
.at-validation { fill: #bc4c00; }
@media (prefers-color-scheme: dark) {
text { fill: #9198a1; }
.title { fill: #f0f6fc; }
.ground { fill: #0d1117; }
.grid { stroke: #2a313c; }
.axis { stroke: #656c76; }
.training { stroke: #58a6ff; }
.validation { stroke: #f0883e; }
.at-training { fill: #58a6ff; }
.at-validation { fill: #f0883e; }
}
</style>
)";

// XML has no place for control characters, even escaped.
std::string escaped(std::string_view text) {
  std::string result;
  for (char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      default:
        result += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return result;
}

struct Panel {
  std::string_view name;
  const Series* training = nullptr;
  const Series* validation = nullptr;
};

// The loss first, then the metrics by name.
std::vector<Panel> panels_of(const History& history) {
  std::vector<Panel> panels;
  const auto find = [&](std::string_view key) {
    const auto found = history.values.find(key);
    return found == history.values.end() ? nullptr : &found->second;
  };
  for (const auto& [key, series] : history.values) {
    if (key.starts_with(validation_prefix)) continue;
    const Panel panel{key, &series, find(std::string(validation_prefix) + key)};
    panels.insert(key == "loss" ? panels.begin() : panels.end(), panel);
  }
  return panels;
}

// Draws one panel with its corner at (0, 0).
class PanelDrawing {
 public:
  PanelDrawing(const Panel& panel, const std::vector<std::int64_t>& epochs)
      : panel_(panel), epochs_(epochs) {}

  std::string text() {
    put("<text class=\"title\" x=\"{}\" y=\"24\">{}</text>\n", left, escaped(panel_.name));
    if (!choose_axes()) {
      put("<text x=\"{}\" y=\"{}\">no finite values</text>\n", left, top + plot_height / 2);
      return std::move(text_);
    }
    draw_axes();
    int legend = left;
    for (const Series* series : {panel_.training, panel_.validation}) {
      if (series == nullptr) continue;
      const std::string_view role = series == panel_.training ? "training" : "validation";
      draw_line(*series, role);
      draw_legend(*series, role, legend);
      legend += 190;
    }
    return std::move(text_);
  }

 private:
  template <class... Values>
  void put(fmt::format_string<Values...> format, Values&&... values) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Values>(values)...);
  }

  bool choose_axes() {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (const Series* series : {panel_.training, panel_.validation}) {
      if (series == nullptr) continue;
      for (double value : *series) {
        if (!drawable(value)) continue;
        low = std::min(low, value);
        high = std::max(high, value);
      }
    }
    if (low > high || epochs_.empty()) return false;
    y_ = value_axis(low, high, 5);
    x_ = count_axis(epoch(0), epoch(epochs_.size() - 1), 8);
    return true;
  }

  double epoch(std::size_t i) const { return static_cast<double>(epochs_[i] + 1); }
  double x(double epoch) const { return left + plot_width * x_.place(epoch); }
  double y(double value) const { return top + plot_height * (1 - y_.place(value)); }

  void draw_axes() {
    constexpr int base = top + plot_height;
    for (double tick : y_.ticks) {
      put("<path class=\"grid\" d=\"M{} {:.1f}h{}\"/>\n", left, y(tick), plot_width);
      put("<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", left - 8, y(tick) + 4,
          y_.label(tick));
    }
    put("<path class=\"axis\" d=\"M{} {}h{}\"/>\n", left, base, plot_width);
    for (double tick : x_.ticks) {
      if (tick < epoch(0) || tick > epoch(epochs_.size() - 1)) continue;
      put("<path class=\"axis\" d=\"M{:.1f} {}v5\"/>\n", x(tick), base);
      put("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n", x(tick), base + 19,
          x_.label(tick));
    }
    put("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">epoch</text>\n", left + plot_width / 2,
        base + 38);
  }

  // A value that is not finite leaves a gap.
  void draw_line(const Series& series, std::string_view role) {
    const std::size_t count = std::min(series.size(), epochs_.size());
    std::string path;
    bool gap = true;
    for (std::size_t i = 0; i < count; ++i) {
      const bool shown = drawable(series[i]);
      if (shown) {
        path += fmt::format("{}{:.1f} {:.1f}", gap ? 'M' : 'L', x(epoch(i)), y(series[i]));
      }
      gap = !shown;
    }
    put("<path class=\"line {}\" d=\"{}\"/>\n", role, path);
    if (count > most_markers) return;
    for (std::size_t i = 0; i < count; ++i) {
      if (!drawable(series[i])) continue;
      put("<circle class=\"at-{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\"><title>{}, epoch {}: {:.6g}"
          "</title></circle>\n",
          role, x(epoch(i)), y(series[i]), role, epochs_[i] + 1, series[i]);
    }
  }

  // With the last value, which is what one looks for first.
  void draw_legend(const Series& series, std::string_view role, int place) {
    put("<path class=\"line {}\" d=\"M{} 42h24\"/>\n", role, place);
    put("<text x=\"{}\" y=\"46\">{} {:.4g}</text>\n", place + 31, role, series.back());
  }

  const Panel& panel_;
  const std::vector<std::int64_t>& epochs_;
  Axis x_, y_;
  std::string text_;
};

}  // namespace

std::string plot_of(const History& history) {
  const std::vector<Panel> panels = panels_of(history);
  const int count = std::max(1, static_cast<int>(panels.size()));
  const int columns = std::min(count, 2);
  const int rows = (count + columns - 1) / columns;
  const int width = columns * panel_width, height = rows * panel_height;
  std::string text = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
      "viewBox=\"0 0 {0} {1}\" role=\"img\">\n<title>Results of training by epoch</title>\n",
      width, height);
  text += style;
  text +=
      fmt::format("<rect class=\"ground\" width=\"{}\" height=\"{}\" rx=\"6\"/>\n", width, height);
  for (int i = 0; i < static_cast<int>(panels.size()); ++i) {
    text += fmt::format("<g transform=\"translate({} {})\">\n", i % columns * panel_width,
                        i / columns * panel_height);
    text += PanelDrawing(panels[static_cast<std::size_t>(i)], history.epoch).text();
    text += "</g>\n";
  }
  return text + "</svg>\n";
}

}  // namespace minnow::apps
