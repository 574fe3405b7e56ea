#include "common/config/section.h"

#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/config/values.h"
#include "common/time/text.h"

namespace nara::config {
namespace {

std::string EnvironmentName(const std::string& path) {
  std::string name = "NARA_" + path;
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? static_cast<char>(std::toupper(c)) : '_';
  return name;
}

std::string Kind(const YAML::Node& node) {
  if (node.IsMap()) return "a mapping";
  if (node.IsSequence()) return "a list";
  return node.IsNull() ? "empty" : "a single value";
}

}  // namespace

struct Section::Document {
  std::string name;
  std::filesystem::path folder;
  Environment environment;
  std::vector<std::string> problems;
  std::vector<std::unique_ptr<Node>> nodes;  // every mapping that was asked for

  // A node that keeps the whole document alive.
  static std::shared_ptr<Node> Add(const std::shared_ptr<Document>& document, std::string path, const YAML::Node& yaml,
                                   int line);

  void Report(int line, const std::string& problem) {
    problems.push_back(line >= 0 ? absl::StrCat(name, ":", line + 1, ": ", problem)
                                 : absl::StrCat(name, ": ", problem));
  }
};

struct Section::Node {
  Document* document;  // owns this
  std::string path;    // "" for the root, "grpc", "peers[0]"
  YAML::Node yaml;
  int line = 0;
  std::set<std::string> known;

  std::string PathOf(const std::string& key) const { return path.empty() ? key : path + "." + key; }

  YAML::Node Find(const std::string& key) {
    known.insert(key);
    const YAML::Node& constant = yaml;
    return yaml.IsMap() ? constant[key] : YAML::Node(YAML::NodeType::Undefined);
  }

  void Report(const std::string& key, int at, const std::string& problem) {
    document->Report(at, absl::StrCat("key '", PathOf(key), "' ", problem));
  }

  // The text of a scalar, from the environment or the file; absent when there is none. Reports what is not a scalar.
  std::optional<std::string> Text(const std::string& key, int& at) {
    const YAML::Node found = Find(key);
    at = found.IsDefined() ? found.Mark().line : line;
    const char* from_environment = document->environment(EnvironmentName(PathOf(key)));
    if (from_environment != nullptr) return from_environment;
    if (!found.IsDefined() || found.IsNull()) return std::nullopt;
    if (found.IsScalar()) return found.Scalar();
    Report(key, at, absl::StrCat("must be a single value, but is ", Kind(found)));
    return std::nullopt;
  }

  void CheckKeys() {
    if (!yaml.IsMap()) return;
    std::set<std::string> seen;
    for (const auto& entry : yaml) {
      const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "?";
      const int at = entry.first.Mark().line;
      if (!seen.insert(key).second) Report(key, at, "is given twice");
      if (known.count(key) == 0) {
        Report(key, at, absl::StrCat("is not known; known keys: ", absl::StrJoin(known, ", ")));
      }
    }
  }
};

std::shared_ptr<Section::Node> Section::Document::Add(const std::shared_ptr<Document>& document, std::string path,
                                                      const YAML::Node& yaml, int line) {
  document->nodes.push_back(std::make_unique<Node>(Node{document.get(), std::move(path), yaml, line, {}}));
  return {document, document->nodes.back().get()};
}

Section::Section(std::shared_ptr<Node> node) : node_(std::move(node)) {}
Section::Section(const Section&) = default;
Section::Section(Section&&) noexcept = default;
Section& Section::operator=(const Section&) = default;
Section& Section::operator=(Section&&) noexcept = default;
Section::~Section() = default;

absl::StatusOr<Section> Section::Load(const std::string& path, Environment environment) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(absl::StrCat("configuration file ", path, " cannot be read"));
  std::stringstream text;
  text << file.rdbuf();
  return Parse(text.str(), path, std::move(environment));
}

absl::StatusOr<Section> Section::Parse(const std::string& text, const std::string& name, Environment environment) {
  auto document = std::make_shared<Document>();
  document->name = name;
  document->folder = std::filesystem::path(name).parent_path();
  document->environment = environment ? std::move(environment)
                                      : [](const std::string& key) -> const char* { return std::getenv(key.c_str()); };
  try {
    const YAML::Node yaml = YAML::Load(text);
    if (yaml.IsDefined() && !yaml.IsMap() && !yaml.IsNull()) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, ":1: the file must be a mapping of keys, but is ", Kind(yaml)));
    }
    return Section(Document::Add(document, "", yaml, 0));
  } catch (const YAML::Exception& error) {
    return absl::InvalidArgumentError(absl::StrCat(name, ":", error.mark.line + 1, ": ", error.msg));
  }
}

// Required when `otherwise` is null.
template <typename T, typename Parser>
T Section::Read(const std::string& key, const T* otherwise, const Parser& parse) {
  int at = 0;
  const std::size_t problems = node_->document->problems.size();
  const std::optional<std::string> text = node_->Text(key, at);
  if (!text) {
    if (otherwise == nullptr && problems == node_->document->problems.size()) node_->Report(key, at, "is missing");
    return otherwise == nullptr ? T() : *otherwise;
  }
  const absl::StatusOr<T> value = parse(*text);
  if (value.ok()) return *value;
  node_->Report(key, at, absl::StrCat("is wrong: ", value.status().message()));
  return otherwise == nullptr ? T() : *otherwise;
}

namespace {

absl::StatusOr<std::string> NotEmpty(const std::string& text) {
  if (text.empty()) return absl::InvalidArgumentError("it is empty");
  return text;
}

absl::StatusOr<std::string> AbsolutePath(const std::filesystem::path& folder, const std::string& text) {
  if (text.empty()) return absl::InvalidArgumentError("it is empty");
  return (folder / text).lexically_normal().string();
}

absl::StatusOr<std::string> ReadableFile(const std::filesystem::path& folder, const std::string& text) {
  absl::StatusOr<std::string> path = AbsolutePath(folder, text);
  if (!path.ok()) return path;
  std::error_code ignored;
  if (std::filesystem::is_regular_file(*path, ignored) && access(path->c_str(), R_OK) == 0) return path;
  return absl::InvalidArgumentError(absl::StrCat("file ", *path, " cannot be read"));
}

}  // namespace

std::string Section::RequiredString(const std::string& key) {
  return Read<std::string>(key, nullptr, NotEmpty);
}

std::string Section::OptionalString(const std::string& key, const std::string& otherwise) {
  return Read<std::string>(key, &otherwise, [](const std::string& text) { return absl::StatusOr<std::string>(text); });
}

std::string Section::OptionalWord(const std::string& key, const std::string& otherwise,
                                  const std::vector<std::string>& allowed) {
  return Read<std::string>(key, &otherwise, [&](const std::string& text) -> absl::StatusOr<std::string> {
    if (std::find(allowed.begin(), allowed.end(), text) != allowed.end()) return text;
    return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is not one of ", absl::StrJoin(allowed, ", ")));
  });
}

std::int64_t Section::OptionalInt(const std::string& key, std::int64_t otherwise, std::int64_t min, std::int64_t max) {
  return Read<std::int64_t>(key, &otherwise, [&](const std::string& text) { return ParseInt(text, min, max); });
}

absl::Duration Section::OptionalDuration(const std::string& key, absl::Duration otherwise, absl::Duration min,
                                         absl::Duration max) {
  return Read<absl::Duration>(key, &otherwise, [&](const std::string& text) -> absl::StatusOr<absl::Duration> {
    absl::StatusOr<absl::Duration> duration = ParseDuration(text);
    if (!duration.ok() || (*duration >= min && *duration <= max)) return duration;
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" is not between ", absl::FormatDuration(min), " and ", absl::FormatDuration(max)));
  });
}

Address Section::RequiredAddress(const std::string& key) {
  return Read<Address>(key, nullptr, ParseAddress);
}

Address Section::OptionalAddress(const std::string& key, const Address& otherwise) {
  return Read<Address>(key, &otherwise, ParseAddress);
}

std::string Section::RequiredPath(const std::string& key) {
  return Read<std::string>(key, nullptr,
                           [&](const std::string& text) { return AbsolutePath(node_->document->folder, text); });
}

std::string Section::RequiredFile(const std::string& key) {
  return Read<std::string>(key, nullptr,
                           [&](const std::string& text) { return ReadableFile(node_->document->folder, text); });
}

std::string Section::OptionalFile(const std::string& key) {
  const std::string none;
  return Read<std::string>(key, &none,
                           [&](const std::string& text) { return ReadableFile(node_->document->folder, text); });
}

Section Section::Child(const std::string& key) {
  const std::shared_ptr<Document> document(node_, node_->document);
  YAML::Node found = node_->Find(key);
  const bool usable = found.IsDefined() && found.IsMap();
  const int line = found.IsDefined() ? found.Mark().line : node_->line;
  if (found.IsDefined() && !found.IsNull() && !usable) {
    node_->Report(key, line, absl::StrCat("must be a mapping, but is ", Kind(found)));
  }
  const std::string path = node_->PathOf(key);
  for (const auto& node : document->nodes) {
    if (node->path == path) return Section(std::shared_ptr<Node>(document, node.get()));
  }
  return Section(Document::Add(document, path, usable ? found : YAML::Node(), line));
}

bool Section::Has(const std::string& key) const {
  return node_->Find(key).IsDefined();
}

void Section::Report(const std::string& key, const std::string& problem) {
  const YAML::Node found = node_->Find(key);
  node_->Report(key, found.IsDefined() ? found.Mark().line : node_->line, problem);
}

absl::Status Section::Finish() {
  Document& document = *node_->document;
  for (const auto& node : document.nodes) node->CheckKeys();
  const std::vector<std::string> problems = std::exchange(document.problems, {});
  if (problems.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(problems, "\n"));
}

}  // namespace nara::config
