#include "device_registry/life_cycle/portal_line.h"

#include <algorithm>
#include <map>
#include <utility>

#include "common/mqtt/shard.h"
#include "common/rpc/error.h"
#include "common/time/proto_time.h"
#include "common/time/swedish_calendar.h"
#include "device_registry/validation.h"

namespace nara::registry {
namespace {

using absl::CivilDay;

const std::map<std::string, v1::DeviceState> kStates = {{"in_stock", v1::DEVICE_STATE_IN_STOCK},
                                                        {"ordered", v1::DEVICE_STATE_ORDERED},
                                                        {"waiting_for_training", v1::DEVICE_STATE_WAITING_FOR_TRAINING},
                                                        {"delivered", v1::DEVICE_STATE_DELIVERED}};
const std::map<std::string, v1::DeliveryPlace> kPlaces = {{"home", v1::DELIVERY_PLACE_HOME},
                                                          {"pick_up_point", v1::DELIVERY_PLACE_PICK_UP_POINT},
                                                          {"buffer_store", v1::DELIVERY_PLACE_BUFFER_STORE}};
const std::map<std::string, v1::StoreLevel> kLevels = {
    {"unit", v1::STORE_LEVEL_UNIT}, {"principal", v1::STORE_LEVEL_PRINCIPAL}, {"shared", v1::STORE_LEVEL_SHARED}};

std::map<std::string, v1::OwnerKind> OwnerKinds() {
  std::map<std::string, v1::OwnerKind> kinds;
  for (int kind = v1::OwnerKind_MIN + 1; kind <= v1::OwnerKind_MAX; ++kind) {
    kinds[OwnerKindName(static_cast<v1::OwnerKind>(kind))] = static_cast<v1::OwnerKind>(kind);
  }
  return kinds;
}

// Reads the fields of one line and remembers what is wrong with them.
class LineReader {
 public:
  LineReader(const Catalogue& catalogue, CivilDay today, LineProblems& problems)
      : catalogue_(catalogue), today_(today), problems_(problems) {}

  template <typename Value>
  Value OneOf(const std::string& column, const std::string& text, const std::map<std::string, Value>& values) {
    const auto found = values.find(text);
    if (found != values.end()) return found->second;
    std::string names;
    for (const auto& [name, value] : values) names += (names.empty() ? "" : ", ") + name;
    Wrong(column, "is one of " + names);
    return {};
  }

  void Principal(const std::string& column, const std::string& id) {
    if (catalogue_.FindPrincipal(id) == nullptr) Wrong(column, "is the SCB code of a principal");
  }

  void ShortText(const std::string& column, const std::string& text) {
    if (!IsText(text, 0)) Wrong(column, "is at most 200 characters without control characters");
  }

  std::optional<CivilDay> PastDay(const std::string& column, const std::string& text, bool required) {
    if (text.empty() && !required) return std::nullopt;
    const absl::StatusOr<CivilDay> day = ParseDay(column, text);
    if (!day.ok()) {
      Wrong(column, "is a day such as 2026-03-02, and this status needs it");
      return std::nullopt;
    }
    if (*day > today_) Wrong(column, "lies in the future");
    return *day;
  }

  void Wrong(const std::string& column, const std::string& rule) {
    problems_.Add(column, "INVALID_FIELD", column + " " + rule);
  }

  const Catalogue& catalogue() const { return catalogue_; }

 private:
  const Catalogue& catalogue_;
  const CivilDay today_;
  LineProblems& problems_;
};

void ReadDevice(const v1::PortalLine& line, LineReader& reader, v1::Device& device) {
  static const std::map<std::string, v1::OwnerKind> kinds = OwnerKinds();
  if (!IsDeviceId(line.device())) reader.Wrong("device", "is [a-z0-9][a-z0-9-]{2,62}, not nara-...");
  const Product* const product = reader.catalogue().FindProduct(line.product());
  if (product == nullptr) reader.Wrong("product", "is not in the catalogue");
  reader.ShortText("serial", line.serial());
  reader.Principal("owner", line.owner());
  device.set_id(line.device());
  device.set_product(line.product());
  device.set_serial(line.serial());
  device.set_owner(line.owner());
  device.set_fallback_unit(line.fallback_unit());
  if (line.owner_kind().empty()) return;
  device.set_owner_kind(reader.OneOf("owner_kind", line.owner_kind(), kinds));
  if (product != nullptr && !product->AllowsOwner(line.owner_kind())) {
    reader.Wrong("owner_kind", "is none on which this product may be had");
  }
}

void ReadStore(const v1::PortalLine& line, LineReader& reader, v1::BufferStore& store) {
  reader.Principal("store_owner", line.store_owner());
  store.set_owner(line.store_owner());
  store.set_level(reader.OneOf("store_level", line.store_level(), kLevels));
  const bool unit = store.level() == v1::STORE_LEVEL_UNIT;
  if (unit == line.store_unit().empty()) reader.Wrong("store_unit", "belongs to the level unit, which needs it");
  if (!line.store_unit().empty()) store.set_unit(line.store_unit());
}

void ReadDelivery(const v1::PortalLine& line, LineReader& reader, PortalRow& row) {
  row.delivered_on = reader.PastDay("delivered_on", line.delivered_on(), true);
  if (row.ordered_on && row.delivered_on && *row.delivered_on < *row.ordered_on) {
    reader.Wrong("delivered_on", "is before ordered_on");
  }
  row.delivery.set_place(reader.OneOf("place", line.place(), kPlaces));
  if (!row.order.empty()) row.delivery.set_order(row.order);
  if (row.delivery.place() == v1::DELIVERY_PLACE_BUFFER_STORE) {
    ReadStore(line, reader, *row.delivery.mutable_store());
  } else if (!line.store_owner().empty() || !line.store_level().empty() || !line.store_unit().empty()) {
    reader.Wrong("store_owner", "and its level and unit belong to a buffer_store");
  }
}

PortalStep StepOf(v1::DeviceEvent event, std::optional<CivilDay> day, v1::MoveDetails details = {}) {
  return {.event = event, .details = std::move(details), .day = day};
}

PortalStep Ordering(const PortalRow& row) {
  v1::MoveDetails details;
  if (!row.order.empty()) details.set_order(row.order);
  return StepOf(v1::DEVICE_EVENT_ORDER, row.ordered_on, details);
}

PortalStep Waiting(const PortalRow& row) {
  v1::MoveDetails details;
  details.set_training_on(row.training_on);
  return StepOf(v1::DEVICE_EVENT_WAIT_FOR_TRAINING, std::nullopt, details);
}

bool IsBeforeDelivery(v1::DeviceState state) {
  return state == v1::DEVICE_STATE_IN_STOCK || state == v1::DEVICE_STATE_ORDERED ||
         state == v1::DEVICE_STATE_WAITING_FOR_TRAINING;
}

std::optional<std::vector<PortalStep>> ToStock(v1::DeviceState from) {
  if (from == v1::DEVICE_STATE_IN_STOCK) return std::vector<PortalStep>{};
  if (!IsBeforeDelivery(from)) return std::nullopt;
  return std::vector<PortalStep>{StepOf(v1::DEVICE_EVENT_CANCEL, std::nullopt)};
}

// When a step happened: on the day that the file says, or now; of several on one day
// each after the one before it.
absl::StatusOr<TimePoint> TimeOf(const PortalStep& step, const DeviceStanding& standing) {
  if (!step.day) return standing.now;
  const TimePoint start = absl::ToChronoTime(SwedishCalendar::StartOf(*step.day));
  if (standing.not_before <= start) return start;
  const CivilDay last = SwedishCalendar::DayAt(absl::FromChrono(standing.not_before));
  if (last == *step.day) return standing.not_before;
  return rpc::Error(absl::StatusCode::kFailedPrecondition, "MOVE_BEFORE_LAST",
                    "the device has moved after that day; ListDeviceHistory shows when");
}

// The column that a step's time comes from.
std::string ColumnOf(v1::DeviceEvent event) {
  if (event == v1::DEVICE_EVENT_ORDER) return "ordered_on";
  return event == v1::DEVICE_EVENT_DELIVER ? "delivered_on" : "status";
}

}  // namespace

void LineProblems::Add(const std::string& column, const std::string& reason, const std::string& message) {
  v1::LineProblem& problem = problems_.emplace_back();
  problem.set_line(line_);
  problem.set_column(column);
  problem.set_reason(reason);
  problem.set_message(message);
}

void LineProblems::Add(const std::string& column, const absl::Status& status) {
  Add(column, rpc::ReasonOf(status), std::string(status.message()));
}

PortalRow ParseLine(const v1::PortalLine& line, const Catalogue& catalogue, CivilDay today, LineProblems& problems) {
  LineReader reader(catalogue, today, problems);
  PortalRow row;
  ReadDevice(line, reader, row.device);
  row.state = reader.OneOf("status", line.status(), kStates);
  reader.ShortText("order", line.order());
  row.order = line.order();
  const bool ordered = row.state == v1::DEVICE_STATE_ORDERED || row.state == v1::DEVICE_STATE_WAITING_FOR_TRAINING;
  row.ordered_on = reader.PastDay("ordered_on", line.ordered_on(), ordered);
  row.training_on = line.training_on();
  if (row.state == v1::DEVICE_STATE_WAITING_FOR_TRAINING && !ParseDay("training_on", row.training_on).ok()) {
    reader.Wrong("training_on", "is a day such as 2026-03-02, and this status needs it");
  }
  if (row.state == v1::DEVICE_STATE_DELIVERED) ReadDelivery(line, reader, row);
  return row;
}

std::optional<std::vector<PortalStep>> StepsTo(const PortalRow& row, v1::DeviceState from, CivilDay known_training) {
  if (row.state == v1::DEVICE_STATE_IN_STOCK) return ToStock(from);
  std::vector<PortalStep> steps;
  if (!IsBeforeDelivery(from)) return steps;
  const bool stock = from == v1::DEVICE_STATE_IN_STOCK;
  if (stock && row.ordered_on) steps.push_back(Ordering(row));
  if (row.state == v1::DEVICE_STATE_DELIVERED) {
    steps.push_back(StepOf(v1::DEVICE_EVENT_DELIVER, row.delivered_on, row.delivery));
  }
  if (row.state != v1::DEVICE_STATE_WAITING_FOR_TRAINING) return steps;
  const bool waits = from == v1::DEVICE_STATE_WAITING_FOR_TRAINING;
  if (!waits || ParseDay("training_on", row.training_on).value_or(known_training) != known_training) {
    steps.push_back(Waiting(row));
  }
  return steps;
}

std::vector<v1::DeviceMove> PlanMoves(const PortalRow& row, const DeviceStanding& standing, LineProblems& problems) {
  std::vector<v1::DeviceMove> moves;
  const auto steps = StepsTo(row, standing.state, standing.facts.training_on);
  if (!steps) {
    problems.Add("status", "MOVE_NOT_POSSIBLE",
                 "the device is " + Name(standing.state) + "; return, recondition and restock it, or correct the line");
    return moves;
  }
  DeviceStanding at = standing;
  for (const PortalStep& step : *steps) {
    at.facts.today = SwedishCalendar::DayAt(absl::FromChrono(standing.now));
    if (step.day) at.facts.today = *step.day;
    const absl::StatusOr<v1::DeviceState> to = Next(row.device.id(), at.state, step.event, step.details, at.facts);
    const absl::StatusOr<TimePoint> time = to.ok() ? TimeOf(step, at) : to.status();
    if (!time.ok()) {
      problems.Add(to.ok() ? ColumnOf(step.event) : "status", time.status());
      return {};
    }
    v1::DeviceMove& move = moves.emplace_back();
    move.set_ordinal(static_cast<std::uint32_t>(++at.moves));
    move.set_event(step.event);
    move.set_from(at.state);
    move.set_to(*to);
    *move.mutable_at() = ToProto(absl::FromChrono(*time));
    *move.mutable_details() = step.details;
    at.state = *to;
    at.not_before = *time;
  }
  return moves;
}

}  // namespace nara::registry
