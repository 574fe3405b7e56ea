// What a device of the load says: blood pressures, as docs/formats/uplink.md has them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nara::load {

enum class Form {
  kBytes,     // of a given size, that mean nothing: for a server without us
  kProtobuf,  // an Uplink
  kJson,
};

struct PayloadOptions {
  Form form = Form::kProtobuf;
  std::size_t bytes = 200;  // of kBytes
  int records = 1;          // in a message
  std::uint64_t epoch = 1;  // of the run: sequences begin anew
  std::string kind = "blood_pressure";
  std::string episode;  // of an alarm-class kind
};

// Appends the uplink with the records from sequence `first` on; `from` is the oldest
// that the device still keeps.
void AddPayload(const PayloadOptions& options, std::uint64_t first, std::uint64_t from, std::string& out);

// Up to which sequence a receipt settles; nothing when it is no receipt.
std::optional<std::uint64_t> ThroughOf(Form form, std::string_view receipt);

// The last levels of the topic under nara/v1/<shard>/<device>/.
std::string TopicOf(const std::string& device, Form form, bool alarm);

}  // namespace nara::load
