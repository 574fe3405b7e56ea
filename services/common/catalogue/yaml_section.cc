#include "common/catalogue/yaml_section.h"

#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

namespace nara {
namespace {

std::optional<std::chrono::seconds> ParseDuration(std::string_view text) {
  int count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || count <= 0 || end + 1 != text.data() + text.size()) return std::nullopt;
  switch (*end) {
    case 's':
      return std::chrono::seconds(count);
    case 'm':
      return std::chrono::minutes(count);
    case 'h':
      return std::chrono::hours(count);
    case 'd':
      return std::chrono::hours(24) * count;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::string Mistakes::ToString() const {
  std::string text;
  for (const std::string& line : lines_) text += (text.empty() ? "" : "\n") + line;
  return text;
}

YamlSection::YamlSection(Mistakes& mistakes, std::string file, YAML::Node node, std::string what)
    : mistakes_(&mistakes), file_(std::move(file)), node_(std::move(node)), what_(std::move(what)) {
  if (!node_.IsMap()) {
    Mistake("is not a mapping; write keys and values");
    node_ = YAML::Node(YAML::NodeType::Map);
  }
  std::set<std::string> seen;
  for (const auto& entry : node_) {
    const std::string key = Scalar("a key", entry.first);
    if (!seen.insert(key).second) mistakes_->Add(Place(entry.first), what_ + ": " + key + " is there twice; keep one");
  }
}

std::vector<std::string> YamlSection::Keys() {
  std::vector<std::string> keys;
  for (const auto& entry : node_) {
    keys.push_back(Scalar("a key", entry.first));
    known_.insert(keys.back());
  }
  return keys;
}

bool YamlSection::Has(const std::string& key) const {
  return std::as_const(node_)[key].IsDefined();
}

YAML::Node YamlSection::Get(const std::string& key) {
  known_.insert(key);
  return Has(key) ? std::as_const(node_)[key] : YAML::Node(YAML::NodeType::Undefined);
}

std::string YamlSection::Place(const YAML::Node& node) const {
  const int line = node.IsDefined() ? node.Mark().line : -1;
  return line < 0 ? file_ : file_ + ":" + std::to_string(line + 1);
}

std::string YamlSection::Scalar(const std::string& key, const YAML::Node& node) {
  if (node.IsScalar()) return node.Scalar();
  mistakes_->Add(Place(node), what_ + ": " + key + " is not a single value; write one");
  return "";
}

std::string YamlSection::String(const std::string& key) {
  const YAML::Node node = Get(key);
  if (node.IsDefined()) return Scalar(key, node);
  Mistake(key + " is missing; add it");
  return "";
}

std::string YamlSection::StringOr(const std::string& key, const std::string& otherwise) {
  const YAML::Node node = Get(key);
  return node.IsDefined() ? Scalar(key, node) : otherwise;
}

Decimal YamlSection::Number(const std::string& key) {
  const std::string text = String(key);
  if (text.empty()) return Decimal();
  const absl::StatusOr<Decimal> number = Decimal::Parse(text);
  if (number.ok()) return *number;
  mistakes_->Add(Place(Get(key)), what_ + ": " + key + ": " + std::string(number.status().message()));
  return Decimal();
}

YamlSection YamlSection::Section(const std::string& key) {
  const YAML::Node node = Get(key);
  if (node.IsDefined()) return YamlSection(*mistakes_, file_, node, what_ + " " + key);
  Mistake(key + " is missing; add it");
  return YamlSection(*mistakes_, file_, YAML::Node(YAML::NodeType::Map), what_ + " " + key);
}

int YamlSection::IntOr(const std::string& key, int otherwise) {
  const std::string text = StringOr(key, std::to_string(otherwise));
  int value = otherwise;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) return value;
  mistakes_->Add(Place(Get(key)), what_ + ": " + key + " is not a whole number; write digits");
  return otherwise;
}

bool YamlSection::BoolOr(const std::string& key, bool otherwise) {
  const std::string text = StringOr(key, otherwise ? "true" : "false");
  if (text == "true" || text == "false") return text == "true";
  mistakes_->Add(Place(Get(key)), what_ + ": " + key + " is neither true nor false; write one of them");
  return otherwise;
}

std::vector<std::string> YamlSection::StringsOrNone(const std::string& key) {
  const YAML::Node node = Get(key);
  std::vector<std::string> strings;
  if (!node.IsDefined()) return strings;
  if (!node.IsSequence()) {
    mistakes_->Add(Place(node), what_ + ": " + key + " is not a list; write [a, b]");
    return strings;
  }
  for (const YAML::Node& entry : node) strings.push_back(Scalar(key, entry));
  return strings;
}

std::chrono::seconds YamlSection::DurationOrZero(const std::string& key) {
  const std::string text = StringOr(key, "");
  if (!Has(key)) return std::chrono::seconds(0);
  if (const std::optional<std::chrono::seconds> duration = ParseDuration(text)) return *duration;
  mistakes_->Add(Place(Get(key)), what_ + ": " + key + " is not a duration; write for example 90s, 15m, 12h or 7d");
  return std::chrono::seconds(0);
}

void YamlSection::Finish() {
  for (const auto& entry : node_) {
    const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
    if (known_.contains(key)) continue;
    mistakes_->Add(Place(entry.first),
                   what_ + ": unknown key " + key + "; remove it, or see docs/formats/catalogue.md");
  }
}

}  // namespace nara
