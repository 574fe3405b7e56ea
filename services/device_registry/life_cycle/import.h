// The import of ordering portals' files: lines are staged, looked at, and applied when
// none is wrong. Orders and stock stay the portals' business; what they say of a device
// becomes moves of its own.
//
// A large file is applied piece by piece, so that other writers need not wait for it:
// what a line does is done whole or not at all, and whatever breaks in between, the same
// call again does the rest. When a device is moved meanwhile so that its line is wrong
// now, the pieces before it stay; the corrected file finds them unchanged.
//
// Three small calls in place of a stream: each is bounded and may be repeated, so that
// whatever breaks, the file goes on where it was, and what is wrong can be read page by
// page before anything changes.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/catalogue/catalogue.h"
#include "common/time/clock.h"
#include "device_registry/assortment/store.h"
#include "device_registry/life_cycle/import_store.h"
#include "device_registry/life_cycle/portal_line.h"
#include "device_registry/ports.h"
#include "device_registry/rights.h"

namespace nara::registry {

// Thread-safe when its ports are.
class PortalImport {
 public:
  struct Deps {
    Store& store;
    ImportStore& imports;
    AssortmentStore& choices;
    const Catalogue& catalogue;
    const Authorizer& authorizer;
    const Clock& clock;
  };

  explicit PortalImport(Deps deps) : deps_(deps), rights_(deps_.authorizer) {}

  absl::StatusOr<v1::StageImportResponse> StageImport(const Caller& caller, const v1::StageImportRequest& request);
  absl::StatusOr<v1::CheckImportResponse> CheckImport(const Caller& caller, const v1::CheckImportRequest& request);
  absl::StatusOr<v1::ApplyImportResponse> ApplyImport(const Caller& caller, const v1::ApplyImportRequest& request);

 private:
  // What the lines of one call are held against, read once.
  struct Surroundings {
    std::map<std::string, v1::Unit> units;
    std::map<std::string, Choices> choices;  // by owner
    KnownDevices known;
  };

  // The import, when the caller began it.
  absl::StatusOr<Staged> Find(const Caller& caller, const std::string& import);
  absl::StatusOr<Surroundings> Look(const std::vector<StagedLine>& lines);
  // What the caller may not do, or what is not there.
  void CheckRights(const Caller& caller, const PortalRow& row, const Surroundings& around, LineProblems& problems);
  std::vector<v1::LineProblem> Problems(const Caller& caller, const StagedLine& staged, const Surroundings& around);
  // Up to about `most` problems of the lines after `after`, which becomes the last that
  // was looked at; 0 when that was the last there is.
  absl::StatusOr<std::vector<v1::LineProblem>> CheckFrom(const Caller& caller, const std::string& import, int most,
                                                         std::uint32_t& after);
  absl::StatusOr<ImportPiece> Plan(const std::string& import, const std::vector<StagedLine>& lines,
                                   const KnownDevices& known, TimePoint now) const;

  const Deps deps_;
  const Rights rights_;
};

}  // namespace nara::registry
