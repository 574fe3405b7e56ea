// What the import of ordering portals' files needs from PostgreSQL.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "device_registry/life_cycle/store.h"

namespace nara::registry {

struct StagedLine {
  v1::PortalLine line;
  std::uint32_t first_line = 0;  // the first with the same device
};

struct Staged {
  std::string actor;  // who began it
  std::uint32_t lines = 0;
  std::uint32_t last_line = 0;
  std::uint32_t applied_line = 0;                  // the mark: every line up to it has been applied
  std::optional<v1::ApplyImportResponse> applied;  // all of them
};

struct KnownDevice {
  v1::Device device;
  DeviceStanding standing;
};

// What a piece of an import does: devices that are there already are left out.
struct ImportPiece {
  std::vector<v1::Device> registered;
  std::map<std::string, std::vector<v1::DeviceMove>> moves;  // by device
  std::uint32_t unchanged = 0;
};

using KnownDevices = std::map<std::string, KnownDevice>;
// `now` is the transaction's. An error stops the import, and nothing of the piece stays.
using PlanPiece = std::function<absl::StatusOr<ImportPiece>(const std::vector<StagedLine>& lines,
                                                            const KnownDevices& known, TimePoint now)>;

// Thread-safe. Unavailable when the store is out of reach.
class ImportStore {
 public:
  virtual ~ImportStore() = default;

  // Absent when nobody has begun it.
  virtual absl::StatusOr<std::optional<Staged>> Find(const std::string& import) = 0;
  // Nothing when another has begun it, or when applying it has begun. Forgets imports that
  // nobody has touched for a week.
  virtual absl::Status Stage(const Actor& actor, const std::string& import,
                             const std::vector<v1::PortalLine>& lines) = 0;
  // From here on its lines stay as they are: nobody stages more. Again is no error.
  virtual absl::Status Close(const std::string& import) = 0;
  // By line.
  virtual absl::StatusOr<std::vector<StagedLine>> Lines(const std::string& import, std::uint32_t after, int limit) = 0;
  virtual absl::StatusOr<KnownDevices> Known(const std::vector<std::string>& devices) = 0;
  // The lines after the mark, piece by piece: each is a transaction of its own, planned
  // with the devices as they are in it, and moves the mark, so that what was interrupted
  // goes on where it was and other writers get in between. Several may apply the same
  // import at once. It has been closed before. The answer counts all pieces; that of an import that has been applied
  // is the one that it gave.
  virtual absl::StatusOr<v1::ApplyImportResponse> Apply(const Actor& actor, const std::string& import,
                                                        const PlanPiece& plan) = 0;
};

}  // namespace nara::registry
