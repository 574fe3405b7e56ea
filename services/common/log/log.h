#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

// Structured log: one JSON object a line on standard error, keys in this order: time (RFC 3339, UTC, milliseconds),
// level, instance, component, message, then the fields. Safe from any thread; a line is never torn. Text that is not
// UTF-8, quotes and control characters are escaped, so a hostile value cannot forge a line. Personal identity never
// goes in here, device ids and opaque resident ids may.
//
//   log::Warn("inbox", "segment is damaged, skipping it", {{"path", path}, {"offset", offset}});
//
// Words of keys: device, shard, lane, alert, client, address, path, reason, error, count, age_ms, elapsed_ms.
namespace nara::log {

enum class Level { kDebug, kInfo, kWarn, kError };

// One key and value. Refers to its text: make it in the call.
class Field {
 public:
  using Value = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

  Field(std::string_view key, std::string_view value) : key(key), value(value) {}
  Field(std::string_view key, const std::string& value) : key(key), value(std::string_view(value)) {}
  Field(std::string_view key, const char* value) : key(key), value(std::string_view(value)) {}
  Field(std::string_view key, bool value) : key(key), value(value) {}
  Field(std::string_view key, double value) : key(key), value(value) {}
  template <std::signed_integral T>
  Field(std::string_view key, T value) : key(key), value(std::int64_t{value}) {}
  template <std::unsigned_integral T>
  Field(std::string_view key, T value) : key(key), value(std::uint64_t{value}) {}

  std::string_view key;
  Value value;
};

using Fields = std::initializer_list<Field>;

// The instance name in every line, and the lowest level that is written. Called once at start.
void Configure(std::string_view instance, Level level);

bool Enabled(Level level);
void Debug(std::string_view component, std::string_view message, Fields fields = {});
void Info(std::string_view component, std::string_view message, Fields fields = {});
void Warn(std::string_view component, std::string_view message, Fields fields = {});
void Error(std::string_view component, std::string_view message, Fields fields = {});

// Sends whole lines (without the newline) to `sink` instead of standard error; an empty function puts standard error
// back. For tests.
void Redirect(std::function<void(std::string_view)> sink);

}  // namespace nara::log
