// JSON text as a small tree whose numbers stay the digits that were sent.
//
// Strict RFC 8259: UTF-8, one value, no comments, no trailing commas, no NaN. A name that occurs twice in one object is
// an error, since two readers would take different ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace nara::ingest {

enum class JsonType : std::uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };

struct JsonLimits {
  // Arrays and objects inside each other.
  std::size_t depth = 8;
  // Values in all; bounds the memory of a small text of many brackets.
  std::size_t values = 20'000;
  // Members of one object; finding a double name looks at all of them.
  std::size_t members = 64;
};

class JsonDocument;

// One value; valid as long as its document.
class JsonValue {
 public:
  JsonType type() const;
  // A number's digits, a string's characters; "true" or "false".
  std::string_view text() const;
  // Name of this member; empty for the elements of an array.
  std::string_view name() const;
  // Elements of an array, members of an object; empty for others.
  std::vector<JsonValue> children() const;

 private:
  friend class JsonDocument;
  JsonValue(const JsonDocument* document, std::uint32_t index) : document_(document), index_(index) {}
  const JsonDocument* document_;
  std::uint32_t index_;
};

class JsonDocument {
 public:
  // InvalidArgument says what is wrong and at which byte.
  static absl::StatusOr<JsonDocument> Parse(std::string_view text, const JsonLimits& limits = {});

  JsonValue root() const { return JsonValue(this, 0); }

 private:
  friend class JsonValue;
  friend class JsonBuilder;
  struct Node {
    JsonType type = JsonType::kNull;
    std::string name;
    std::string text;
    std::uint32_t first_child = 0;  // 0: none, since the root is nobody's child
    std::uint32_t next = 0;
  };
  std::vector<Node> nodes_;
};

}  // namespace nara::ingest
