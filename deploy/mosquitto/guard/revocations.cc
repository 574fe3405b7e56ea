#include "deploy/mosquitto/guard/revocations.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "deploy/mosquitto/guard/rules.h"

namespace nara::guard {
namespace {

constexpr size_t kMaxSerial = 40;

// Cuts off what comes before `end`, and `end`.
std::string_view Cut(std::string_view& text, char end) {
  const size_t at = std::min(text.find(end), text.size());
  const std::string_view before = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return before;
}

template <typename Number>
bool ReadNumber(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

bool IsHex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool IsSerial(std::string_view text) {
  return !text.empty() && text.size() <= kMaxSerial && std::ranges::all_of(text, IsHex);
}

}  // namespace

bool Revocations::ReadHead(std::string_view line, Head& head) {
  const bool read = ReadNumber(Cut(line, ' '), head.generation) && ReadNumber(Cut(line, ' '), head.number) &&
                    ReadNumber(line, head.parts);
  return read && head.number >= 1 && head.number <= head.parts && head.parts <= kMaxParts;
}

bool Revocations::ReadEntry(std::string_view line, List& list) {
  const std::string_view kind = Cut(line, ' ');
  const bool device = kind == "device" && IsDeviceId(line);
  const bool serial = kind == "serial" && IsSerial(line);
  if (device) list.devices.emplace(line);
  if (serial) list.serials.emplace(line);
  return device || serial;
}

bool Revocations::Add(std::string_view lines) {
  while (!lines.empty()) {
    if (!ReadEntry(Cut(lines, '\n'), collected_)) return false;
  }
  return true;
}

Revocations::Taken Revocations::Finish() {
  if (taken_ < parts_) return Taken::kPart;
  const bool same = list_.devices == collected_.devices && list_.serials == collected_.serials;
  list_ = std::exchange(collected_, {});
  taken_ = parts_ = 0;
  return same ? Taken::kSame : Taken::kNewer;
}

Revocations::Taken Revocations::Take(std::string_view part) {
  Head head;
  bool good = ReadHead(Cut(part, '\n'), head);
  if (good && head.number == 1) {
    collected_ = {.generation = head.generation, .devices = {}, .serials = {}};
    taken_ = 0;
    parts_ = head.parts;
  }
  good = good && head.generation == collected_.generation && head.parts == parts_ && head.number == taken_ + 1;
  if (good && Add(part)) {
    ++taken_;
    return Finish();
  }
  collected_ = {};
  taken_ = parts_ = 0;
  return Taken::kBad;
}

bool Revocations::Has(std::string_view device, std::string_view serial) const {
  return list_.devices.contains(device) || (!serial.empty() && list_.serials.contains(serial));
}

std::string Revocations::ToText() const {
  std::string text = std::to_string(list_.generation) + " 1 1\n";
  for (const std::string& device : list_.devices) text += "device " + device + "\n";
  for (const std::string& serial : list_.serials) text += "serial " + serial + "\n";
  return text;
}

std::string Revocations::ToJson() const {
  return "{\"generation\":" + std::to_string(list_.generation) +
         ",\"devices\":" + std::to_string(list_.devices.size()) +
         ",\"serials\":" + std::to_string(list_.serials.size()) + "}";
}

}  // namespace nara::guard
