#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace nara::guard {

// Which devices and certificates may not come in, as the registry says: docs/formats/topics.md. The list is always a
// whole one: it comes in parts, and replaces the one before when the last of them is there. One thread: the MQTT
// server's.
class Revocations {
 public:
  enum class Taken {
    kBad,    // no part of a list, or not the next one: the parts so far are forgotten
    kPart,   // more are to come
    kSame,   // the list is complete, and the one that we had
    kNewer,  // the list is complete, and another one
  };

  // A list has at most so many parts, so that what is collected is bounded.
  static constexpr uint32_t kMaxParts = 1'000;

  // `part`: "{generation} {number} {parts}\n", then lines "device {id}\n" and "serial {digits}\n".
  Taken Take(std::string_view part);

  // True when a device that comes in with this certificate is to be refused. `serial` is empty without a certificate.
  bool Has(std::string_view device, std::string_view serial) const;

  // The list as one part, which Take takes: for a file.
  std::string ToText() const;

  // {"generation":7,"devices":1,"serials":0}
  std::string ToJson() const;

 private:
  using Names = std::set<std::string, std::less<>>;
  struct List {
    uint64_t generation = 0;
    Names devices;
    Names serials;
  };
  struct Head {
    uint64_t generation = 0;
    uint32_t number = 0;
    uint32_t parts = 0;
  };

  static bool ReadHead(std::string_view line, Head& head);
  static bool ReadEntry(std::string_view line, List& list);
  bool Add(std::string_view lines);
  Taken Finish();

  List list_;
  List collected_;
  uint32_t taken_ = 0;  // parts of collected_
  uint32_t parts_ = 0;  // that it will have
};

}  // namespace nara::guard
