#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "device_client/storage.h"
#include "nara/telemetry/v1/telemetry.pb.h"

struct sqlite3;
struct sqlite3_stmt;

namespace nara::device_client {

// What may be lost at a power cut. A crash of the process loses nothing.
enum class PowerCut {
  // Nothing: every Put waits for the disk. For devices and hubs.
  kLosesNothing,
  // The last moments. A sequence number may then be used twice, which the
  // platform quarantines as a conflict: for simulators only.
  kMayLoseTheLast,
};

// One SQLite file (WAL) that keeps the outboxes of one device or of thousands.
// Thread-safe; it must outlive the storages that it gave out.
class SqliteFile {
 public:
  // Opens or creates the file, mode 0600. FAILED_PRECONDITION when a newer
  // version of this library wrote it.
  static absl::StatusOr<std::unique_ptr<SqliteFile>> Open(const std::string& path, PowerCut power_cut);
  ~SqliteFile();

  SqliteFile(const SqliteFile&) = delete;
  SqliteFile& operator=(const SqliteFile&) = delete;

  // The storage of one lane of one device. At most one at a time for each.
  std::unique_ptr<Storage> Outbox(const std::string& device, telemetry::v1::Lane lane);

 private:
  friend class SqliteStorage;

  explicit SqliteFile(sqlite3* db) : db_(db) {}
  absl::Status Prepare(PowerCut power_cut);
  absl::Status Execute(const std::string& sql);

  std::mutex mutex_;
  sqlite3* const db_;
};

}  // namespace nara::device_client
