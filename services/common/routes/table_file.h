// The file of a table's local copy. Layout, numbers little-endian:
//
//   "NARATBL1" · u64 revision · u64 count · count × (u32 length, bytes) · u32 CRC-32
//
// of everything before it. Written to a new file, fsynced, renamed.
#pragma once

#include <google/protobuf/message_lite.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace nara {

struct TableFile {
  std::uint64_t revision = 0;
  std::vector<std::string> items;  // serialized
};

class TableFileWriter {
 public:
  void Add(const google::protobuf::MessageLite& item);

  // Mode 0600. Unavailable with the system's reason when it cannot be written; the
  // old file is then untouched.
  absl::Status Write(const std::string& path, std::uint64_t revision) const;

 private:
  std::uint64_t count_ = 0;
  std::string body_;
};

// NotFound when there is none, DataLoss when it is damaged or cut short.
absl::StatusOr<TableFile> ReadTableFile(const std::string& path);

}  // namespace nara
