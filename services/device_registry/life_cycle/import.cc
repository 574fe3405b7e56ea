#include "device_registry/life_cycle/import.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "common/access/authorizer.h"
#include "common/routes/timeline.h"
#include "common/rpc/error.h"
#include "common/time/swedish_calendar.h"
#include "device_registry/page.h"
#include "device_registry/validation.h"

namespace nara::registry {
namespace {

constexpr int kMaxLines = 1000;                // of a call
constexpr std::uint32_t kMaxLine = 1'000'000;  // of a file
constexpr std::uint32_t kMaxStaged = 200'000;
constexpr int kPiece = 1000;
constexpr std::size_t kMaxBody = 4096;

absl::Status Validate(const v1::StageImportRequest& request) {
  if (absl::Status status = ValidateOpaqueId("import", request.import()); !status.ok()) return status;
  if (request.lines_size() > kMaxLines) return Invalid("lines", "are at most 1000; send the rest in another call");
  for (const v1::PortalLine& line : request.lines()) {
    if (line.line() == 0 || line.line() > kMaxLine) return Invalid("lines.line", "is 1 to 1,000,000");
    if (line.ByteSizeLong() > kMaxBody) return Invalid("lines", "are at most 4096 bytes each");
  }
  return absl::OkStatus();
}

absl::Status Refused(const std::string& reason, const std::string& import, const std::string& what) {
  return rpc::Error(absl::StatusCode::kFailedPrecondition, reason, what, {{"import", import}});
}

absl::Status Incomplete(const std::string& import, std::uint32_t lines) {
  return Refused("IMPORT_INCOMPLETE", import,
                 std::to_string(lines) + " lines are staged; stage the others, or begin with another id");
}

absl::Status Bad(const std::string& import, std::uint32_t line) {
  return Refused("IMPORT_BAD", import,
                 "line " + std::to_string(line) +
                     " is wrong; CheckImport lists what is, and the file is staged anew with another id");
}

v1::ApplyImportResponse AppliedBefore(v1::ApplyImportResponse done) {
  done.set_applied_before(true);
  return done;
}

std::uint32_t LineOf(const std::string& after) {
  std::uint32_t line = 0;
  std::from_chars(after.data(), after.data() + after.size(), line);
  return line;
}

std::vector<std::string> DevicesOf(const std::vector<StagedLine>& lines) {
  std::vector<std::string> ids;
  ids.reserve(lines.size());
  for (const StagedLine& staged : lines) ids.push_back(staged.line.device());
  return ids;
}

absl::CivilDay DayOf(TimePoint now) {
  return SwedishCalendar::DayAt(absl::FromChrono(now));
}

// A device that the file makes known will be in stock then.
DeviceStanding Fresh(TimePoint now) {
  DeviceStanding standing;
  standing.state = v1::DEVICE_STATE_IN_STOCK;
  standing.moves = 1;
  standing.now = now;
  standing.not_before = TimePoint::min();
  return standing;
}

// The file and the registry speak of the same thing.
bool Same(const v1::Device& a, const v1::Device& b) {
  return a.product() == b.product() && a.owner() == b.owner() && a.serial() == b.serial() &&
         a.fallback_unit() == b.fallback_unit() && a.owner_kind() == b.owner_kind();
}

}  // namespace

absl::StatusOr<Staged> PortalImport::Find(const Caller& caller, const std::string& import) {
  if (absl::Status status = ValidateOpaqueId("import", import); !status.ok()) return status;
  const absl::StatusOr<Visible> reach = rights_.Reach(caller, Action::kRegisterDevice);
  if (!reach.ok()) return reach.status();
  auto found = deps_.imports.Find(import);
  if (!found.ok()) return found.status();
  if (!found->has_value() || (*found)->actor != caller.id) return NotThere("import", import);
  return **std::move(found);
}

absl::StatusOr<v1::StageImportResponse> PortalImport::StageImport(const Caller& caller,
                                                                  const v1::StageImportRequest& request) {
  const absl::StatusOr<Visible> reach = rights_.Reach(caller, Action::kRegisterDevice);
  if (!reach.ok()) return reach.status();
  if (absl::Status status = Validate(request); !status.ok()) return status;
  const std::vector<v1::PortalLine> lines(request.lines().begin(), request.lines().end());
  if (absl::Status status = deps_.imports.Stage(ActorOf(caller), request.import(), lines); !status.ok()) return status;
  const absl::StatusOr<Staged> staged = Find(caller, request.import());
  if (!staged.ok()) return staged.status();
  if (staged->lines > kMaxStaged) {
    return Refused("IMPORT_TOO_LARGE", request.import(), "an import has at most 200,000 lines; divide the file");
  }
  v1::StageImportResponse response;
  response.set_last_line(staged->last_line);
  response.set_lines(staged->lines);
  response.set_applied(staged->applied.has_value());
  return response;
}

absl::StatusOr<PortalImport::Surroundings> PortalImport::Look(const std::vector<StagedLine>& lines) {
  Surroundings around;
  std::set<std::string> units, owners;
  for (const StagedLine& staged : lines) {
    units.insert(staged.line.fallback_unit());
    if (!staged.line.store_unit().empty()) units.insert(staged.line.store_unit());
    if (deps_.catalogue.FindPrincipal(staged.line.owner()) != nullptr) owners.insert(staged.line.owner());
  }
  auto found = deps_.store.FindUnits({units.begin(), units.end()});
  if (!found.ok()) return found.status();
  around.units = *std::move(found);
  for (const std::string& owner : owners) {
    auto choices = deps_.choices.ChoicesOf(owner);
    if (!choices.ok()) return choices.status();
    around.choices[owner] = *std::move(choices);
  }
  auto known = deps_.imports.Known(DevicesOf(lines));
  if (!known.ok()) return known.status();
  around.known = *std::move(known);
  return around;
}

void PortalImport::CheckRights(const Caller& caller, const PortalRow& row, const Surroundings& around,
                               LineProblems& problems) {
  const std::string& owner = row.device.owner();
  const absl::Status own = rights_.Check(caller, Action::kRegisterDevice, OfOwner(owner), "principal", owner);
  if (!own.ok()) problems.Add("owner", own);
  const std::string& id = row.device.fallback_unit();
  const auto unit = around.units.find(id);
  const absl::Status mine = unit == around.units.end()
                                ? NotThere("unit", id)
                                : rights_.Check(caller, Action::kRegisterDevice, OfUnit(unit->second), "unit", id);
  if (!mine.ok()) problems.Add("fallback_unit", mine);
  const std::string& store = row.delivery.store().unit();
  const auto store_unit = around.units.find(store);
  const bool owned = store_unit != around.units.end() && store_unit->second.principal() == row.delivery.store().owner();
  if (!store.empty() && !owned) problems.Add("store_unit", NotThere("unit", store));
  const auto choices = around.choices.find(owner);
  if (choices == around.choices.end() || around.known.contains(row.device.id())) return;
  if (!IsUsable(choices->second, row.device.product())) {
    problems.Add("product", "PRODUCT_NOT_CHOSEN", "the owner does not use this product; choose it (PutAssortment)");
  }
}

std::vector<v1::LineProblem> PortalImport::Problems(const Caller& caller, const StagedLine& staged,
                                                    const Surroundings& around) {
  const TimePoint now = absl::ToChronoTime(deps_.clock.Now());
  LineProblems problems(staged.line.line());
  const PortalRow row = ParseLine(staged.line, deps_.catalogue, DayOf(now), problems);
  if (staged.first_line != staged.line.line()) {
    problems.Add("device", "DOUBLE_DEVICE",
                 "the device is on line " + std::to_string(staged.first_line) + " already; keep one");
  }
  if (!problems.none()) return problems.Take();
  CheckRights(caller, row, around, problems);
  if (!problems.none()) return problems.Take();
  const auto known = around.known.find(row.device.id());
  if (known != around.known.end() && !Same(known->second.device, row.device)) {
    problems.Add("device", "DEVICE_DIFFERS", "the device is registered with other content; correct the line");
  } else {
    PlanMoves(row, known == around.known.end() ? Fresh(now) : known->second.standing, problems);
  }
  return problems.Take();
}

absl::StatusOr<std::vector<v1::LineProblem>> PortalImport::CheckFrom(const Caller& caller, const std::string& import,
                                                                     int most, std::uint32_t& after) {
  std::vector<v1::LineProblem> all;
  for (;;) {
    const auto lines = deps_.imports.Lines(import, after, kPiece);
    if (!lines.ok()) return lines.status();
    const absl::StatusOr<Surroundings> around = Look(*lines);
    if (!around.ok()) return around.status();
    for (const StagedLine& staged : *lines) {
      after = staged.line.line();
      for (v1::LineProblem& problem : Problems(caller, staged, *around)) all.push_back(std::move(problem));
      if (all.size() >= static_cast<std::size_t>(most)) return all;
    }
    if (lines->size() < static_cast<std::size_t>(kPiece)) break;
  }
  after = 0;
  return all;
}

absl::StatusOr<v1::CheckImportResponse> PortalImport::CheckImport(const Caller& caller,
                                                                  const v1::CheckImportRequest& request) {
  const absl::StatusOr<Page> page = PageOf(request);
  if (!page.ok()) return page.status();
  const absl::StatusOr<Staged> staged = Find(caller, request.import());
  if (!staged.ok()) return staged.status();
  std::uint32_t after = std::max(LineOf(page->after), staged->applied_line);
  auto problems = CheckFrom(caller, request.import(), page->size, after);
  if (!problems.ok()) return problems.status();
  v1::CheckImportResponse response;
  for (v1::LineProblem& problem : *problems) *response.add_problems() = std::move(problem);
  if (after != 0) response.set_next_page_token(TokenAfter(*page, std::to_string(after)));
  return response;
}

absl::StatusOr<ImportPiece> PortalImport::Plan(const std::string& import, const std::vector<StagedLine>& lines,
                                               const KnownDevices& known, TimePoint now) const {
  ImportPiece piece;
  for (const StagedLine& staged : lines) {
    LineProblems problems(staged.line.line());
    const PortalRow row = ParseLine(staged.line, deps_.catalogue, DayOf(now), problems);
    const auto found = known.find(row.device.id());
    const bool fresh = found == known.end();
    const bool same = fresh || Same(found->second.device, row.device);
    auto moves = PlanMoves(row, fresh ? Fresh(now) : found->second.standing, problems);
    if (!problems.none() || !same || staged.first_line != staged.line.line()) {
      return Bad(import, staged.line.line());
    }
    if (fresh) piece.registered.push_back(row.device);
    if (!fresh && moves.empty()) ++piece.unchanged;
    if (!moves.empty()) piece.moves[row.device.id()] = std::move(moves);
  }
  return piece;
}

absl::StatusOr<v1::ApplyImportResponse> PortalImport::ApplyImport(const Caller& caller,
                                                                  const v1::ApplyImportRequest& request) {
  const absl::StatusOr<Staged> staged = Find(caller, request.import());
  if (!staged.ok()) return staged.status();
  if (staged->applied) return AppliedBefore(*staged->applied);
  if (staged->lines != request.lines()) return Incomplete(request.import(), staged->lines);
  // What is checked is what is applied.
  if (absl::Status closed = deps_.imports.Close(request.import()); !closed.ok()) return closed;
  const absl::StatusOr<Staged> all = Find(caller, request.import());
  if (!all.ok()) return all.status();
  if (all->applied) return AppliedBefore(*all->applied);
  if (all->lines != request.lines()) return Incomplete(request.import(), all->lines);
  std::uint32_t after = all->applied_line;
  const auto problems = CheckFrom(caller, request.import(), 1, after);
  if (!problems.ok()) return problems.status();
  if (!problems->empty()) {
    return Bad(request.import(), problems->front().line());
  }
  const auto plan = [&](const std::vector<StagedLine>& lines, const KnownDevices& known, TimePoint now) {
    return Plan(request.import(), lines, known, now);
  };
  return deps_.imports.Apply(ActorOf(caller), request.import(), plan);
}

}  // namespace nara::registry
