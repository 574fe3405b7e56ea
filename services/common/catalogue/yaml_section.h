// A mapping of a catalogue file, read key by key. What is missing, of a wrong
// form, double or unknown becomes a mistake with file and line; reading goes on
// with an empty value, so that one run shows every mistake.
#pragma once

#include <yaml-cpp/yaml.h>

#include <chrono>
#include <set>
#include <string>
#include <vector>

#include "common/catalogue/decimal.h"

namespace nara {

// Mistakes in the order in which they were found, "file:line: sentence".
class Mistakes {
 public:
  void Add(const std::string& place, const std::string& sentence) { lines_.push_back(place + ": " + sentence); }
  bool none() const { return lines_.empty(); }
  std::string ToString() const;

 private:
  std::vector<std::string> lines_;
};

class YamlSection {
 public:
  // `what` names the section in mistakes: "kind blood_pressure".
  YamlSection(Mistakes& mistakes, std::string file, YAML::Node node, std::string what);

  // Every key of the section, in the order of the file, for sections that hold
  // named entries. Marks them as known.
  std::vector<std::string> Keys();

  bool Has(const std::string& key) const;

  // Required values.
  std::string String(const std::string& key);
  Decimal Number(const std::string& key);
  YamlSection Section(const std::string& key);

  // Values with a default.
  std::string StringOr(const std::string& key, const std::string& otherwise);
  int IntOr(const std::string& key, int otherwise);
  bool BoolOr(const std::string& key, bool otherwise);
  std::vector<std::string> StringsOrNone(const std::string& key);
  // "90s", "15m", "12h" or "7d"; 0 when absent.
  std::chrono::seconds DurationOrZero(const std::string& key);

  // Says that keys which nobody asked for are unknown. Call it last.
  void Finish();

  void Mistake(const std::string& sentence) { mistakes_->Add(place(), what_ + ": " + sentence); }
  // "file:line" of the section.
  std::string place() const { return Place(node_); }

 private:
  YAML::Node Get(const std::string& key);
  std::string Place(const YAML::Node& node) const;
  std::string Scalar(const std::string& key, const YAML::Node& node);

  Mistakes* mistakes_;
  std::string file_;
  YAML::Node node_;
  std::string what_;
  std::set<std::string> known_;
};

}  // namespace nara
