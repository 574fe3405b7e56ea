#pragma once

// One parameter of a query, in PostgreSQL's text form. Implicit on purpose, so that
// a call reads `Execute("... $1 ... $2", {device, since})`.

#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nara {

// Raw bytes, sent as bytea. A view: must live as long as the Param is built.
struct Bytes {
  std::string_view value;
};

using TimePoint = std::chrono::system_clock::time_point;

class Param {
 public:
  explicit(false) Param(std::nullopt_t) {}
  explicit(false) Param(std::string_view text) : text_(text) {}
  explicit(false) Param(const std::string& text) : text_(text) {}
  explicit(false) Param(const char* text) : text_(text) {}
  explicit(false) Param(bool value) : text_(value ? "t" : "f") {}
  template <std::integral T>
    requires(!std::same_as<T, bool> && !std::same_as<T, char>)
  explicit(false) Param(T value) : text_(std::to_string(value)) {}
  Param(double) = delete;  // would else be taken for a bool
  explicit(false) Param(Bytes value);
  explicit(false) Param(TimePoint value);  // microseconds, UTC; cast to timestamptz where it is not evident
  template <typename T>
  explicit(false) Param(const std::optional<T>& value) : Param(value ? Param(*value) : Param(std::nullopt)) {}

  // Arrays, for unnest($1::text[]) and = any($1).
  template <typename T>
  explicit(false) Param(const std::vector<T>& values) : text_("{") {
    for (const auto& value : values) AddElement(Param(value));
    text_->push_back('}');
  }

  // The text; nothing for NULL.
  const std::optional<std::string>& text() const { return text_; }

 private:
  void AddElement(const Param& element);

  std::optional<std::string> text_;
};

// "2026-02-17 06:30:00.000000+00", as PostgreSQL reads it whatever its settings.
std::string FormatTimestamp(TimePoint time);

}  // namespace nara
