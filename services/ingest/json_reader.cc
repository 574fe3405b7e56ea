#include "ingest/json_reader.h"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace nara::ingest {

// Receives the parser's events and builds the tree; a method that returns false ends the parse.
class JsonBuilder {
 public:
  JsonBuilder(const JsonLimits& limits, std::vector<JsonDocument::Node>& nodes) : limits_(limits), nodes_(nodes) {}

  bool Null() { return Add(JsonType::kNull, "null"); }
  bool Bool(bool value) { return Add(JsonType::kBool, value ? "true" : "false"); }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) { return Add(JsonType::kNumber, {text, size}); }
  bool String(const char* text, rapidjson::SizeType size, bool) { return Add(JsonType::kString, {text, size}); }
  bool StartObject() { return Open(JsonType::kObject); }
  bool EndObject(rapidjson::SizeType) { return Close(); }
  bool StartArray() { return Open(JsonType::kArray); }
  bool EndArray(rapidjson::SizeType) { return Close(); }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    name_.assign(text, size);
    if (++open_.back().members > limits_.members) return Fail("too many members in one object");
    for (std::uint32_t child = nodes_[open_.back().node].first_child; child != 0; child = nodes_[child].next) {
      if (nodes_[child].name == name_) return Fail("a name occurs twice in one object");
    }
    return true;
  }
  // Never called with numbers as text.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }

  const std::string& error() const { return error_; }

 private:
  struct Level {
    std::uint32_t node;
    std::uint32_t last_child = 0;
    std::size_t members = 0;
  };

  bool Fail(std::string error) {
    error_ = std::move(error);
    return false;
  }

  bool Add(JsonType type, std::string_view text) {
    if (nodes_.size() >= limits_.values) return Fail("too many values");
    const auto index = static_cast<std::uint32_t>(nodes_.size());
    nodes_.push_back({type, std::exchange(name_, {}), std::string(text), 0, 0});
    if (open_.empty()) return true;
    Level& level = open_.back();
    (level.last_child == 0 ? nodes_[level.node].first_child : nodes_[level.last_child].next) = index;
    level.last_child = index;
    return true;
  }

  bool Open(JsonType type) {
    if (open_.size() >= limits_.depth) return Fail("too many levels");
    if (!Add(type, {})) return false;
    open_.push_back({static_cast<std::uint32_t>(nodes_.size() - 1)});
    return true;
  }

  bool Close() {
    open_.pop_back();
    return true;
  }

  const JsonLimits limits_;
  std::vector<JsonDocument::Node>& nodes_;
  std::vector<Level> open_;
  std::string name_;
  std::string error_;
};

absl::StatusOr<JsonDocument> JsonDocument::Parse(std::string_view text, const JsonLimits& limits) {
  JsonDocument document;
  JsonBuilder builder(limits, document.nodes_);
  rapidjson::MemoryStream bytes(text.data(), text.size());
  rapidjson::EncodedInputStream<rapidjson::UTF8<>, rapidjson::MemoryStream> input(bytes);
  rapidjson::Reader reader;
  constexpr unsigned kFlags =
      rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseValidateEncodingFlag | rapidjson::kParseIterativeFlag;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(input, builder);
  if (!result.IsError()) return document;
  const std::string what = builder.error().empty() ? rapidjson::GetParseError_En(result.Code()) : builder.error();
  return absl::InvalidArgumentError(absl::StrCat("not JSON at byte ", result.Offset(), ": ", what));
}

JsonType JsonValue::type() const {
  return document_->nodes_[index_].type;
}
std::string_view JsonValue::text() const {
  return document_->nodes_[index_].text;
}
std::string_view JsonValue::name() const {
  return document_->nodes_[index_].name;
}

std::vector<JsonValue> JsonValue::children() const {
  std::vector<JsonValue> children;
  for (std::uint32_t child = document_->nodes_[index_].first_child; child != 0; child = document_->nodes_[child].next) {
    children.push_back(JsonValue(document_, child));
  }
  return children;
}

}  // namespace nara::ingest
