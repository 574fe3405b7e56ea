#include "device_registry/life_cycle/machine.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <vector>

#include "common/rpc/error.h"
#include "common/time/text.h"
#include "device_registry/validation.h"

namespace nara::registry {
namespace {

constexpr auto kStock = v1::DEVICE_STATE_IN_STOCK;
constexpr auto kOrdered = v1::DEVICE_STATE_ORDERED;
constexpr auto kWaiting = v1::DEVICE_STATE_WAITING_FOR_TRAINING;
constexpr auto kDelivered = v1::DEVICE_STATE_DELIVERED;
constexpr auto kHandedOut = v1::DEVICE_STATE_HANDED_OUT;
constexpr auto kVerified = v1::DEVICE_STATE_VERIFIED;
constexpr auto kInUse = v1::DEVICE_STATE_IN_USE;
constexpr auto kReturned = v1::DEVICE_STATE_RETURNED;
constexpr auto kReconditioning = v1::DEVICE_STATE_RECONDITIONING;
constexpr auto kReplaced = v1::DEVICE_STATE_REPLACED;
constexpr auto kLost = v1::DEVICE_STATE_LOST;
constexpr auto kScrapped = v1::DEVICE_STATE_SCRAPPED;

constexpr auto kOrder = v1::DEVICE_EVENT_ORDER;
constexpr auto kCancel = v1::DEVICE_EVENT_CANCEL;
constexpr auto kWait = v1::DEVICE_EVENT_WAIT_FOR_TRAINING;
constexpr auto kDeliver = v1::DEVICE_EVENT_DELIVER;
constexpr auto kHandOut = v1::DEVICE_EVENT_HAND_OUT;
constexpr auto kVerify = v1::DEVICE_EVENT_VERIFY;
constexpr auto kPutInUse = v1::DEVICE_EVENT_PUT_IN_USE;
constexpr auto kReturn = v1::DEVICE_EVENT_RETURN;
constexpr auto kRecondition = v1::DEVICE_EVENT_RECONDITION;
constexpr auto kRestock = v1::DEVICE_EVENT_RESTOCK;
constexpr auto kReplace = v1::DEVICE_EVENT_REPLACE;
constexpr auto kLose = v1::DEVICE_EVENT_LOSE;
constexpr auto kScrap = v1::DEVICE_EVENT_SCRAP;

constexpr Transition kTransitions[] = {
    {kStock, kOrder, kOrdered},
    {kStock, kDeliver, kDelivered, kNoGuard, Need::kPlace},  // to a buffer store, without an order
    {kStock, kHandOut, kHandedOut, kRunning},
    {kStock, kLose, kLost},
    {kStock, kScrap, kScrapped, kUnassigned},

    {kOrdered, kCancel, kStock},
    {kOrdered, kWait, kWaiting, kNoGuard, Need::kTrainingDate},
    {kOrdered, kDeliver, kDelivered, kNoGuard, Need::kPlace},
    {kOrdered, kHandOut, kHandedOut, kRunning},
    {kOrdered, kLose, kLost},

    {kWaiting, kCancel, kStock},
    {kWaiting, kWait, kWaiting, kNoGuard, Need::kTrainingDate},  // another date
    {kWaiting, kDeliver, kDelivered, kTrained, Need::kPlace},
    {kWaiting, kLose, kLost},

    {kDelivered, kDeliver, kDelivered, kNoGuard, Need::kPlace},  // on from a buffer store
    {kDelivered, kHandOut, kHandedOut, kRunning},
    {kDelivered, kReturn, kReturned},
    {kDelivered, kReplace, kReplaced, kNoGuard, Need::kReplacement},
    {kDelivered, kLose, kLost},

    {kHandedOut, kHandOut, kHandedOut, kRunning},  // to somebody else, who needs a test of their own
    {kHandedOut, kVerify, kVerified, kRunning, Need::kTest},
    {kHandedOut, kReturn, kReturned},
    {kHandedOut, kReplace, kReplaced, kNoGuard, Need::kReplacement},
    {kHandedOut, kLose, kLost},

    {kVerified, kHandOut, kHandedOut, kRunning},
    {kVerified, kPutInUse, kInUse, kRunning},
    {kVerified, kReturn, kReturned},
    {kVerified, kReplace, kReplaced, kNoGuard, Need::kReplacement},
    {kVerified, kLose, kLost},

    {kInUse, kHandOut, kHandedOut, kRunning},
    {kInUse, kReturn, kReturned},
    {kInUse, kReplace, kReplaced, kNoGuard, Need::kReplacement},
    {kInUse, kLose, kLost},

    {kReplaced, kReturn, kReturned},
    {kReplaced, kLose, kLost},
    {kReplaced, kScrap, kScrapped, kUnassigned},

    {kReturned, kRecondition, kReconditioning},
    {kReturned, kLose, kLost},
    {kReturned, kScrap, kScrapped, kUnassigned},

    {kReconditioning, kRestock, kStock, kUnassigned | kUnpaired, Need::kCleared},
    {kReconditioning, kLose, kLost},
    {kReconditioning, kScrap, kScrapped, kUnassigned},

    {kLost, kReturn, kReturned},  // found
    {kLost, kScrap, kScrapped, kUnassigned},
};

// The fields of MoveDetails that an event may bring.
const std::map<v1::DeviceEvent, std::vector<std::string_view>>& FieldsOfEvents() {
  static const std::map<v1::DeviceEvent, std::vector<std::string_view>> fields = {
      {kOrder, {"order"}}, {kWait, {"training_on"}}, {kDeliver, {"order", "place", "store"}},
      {kReturn, {"way"}},  {kRestock, {"cleared"}},  {kReplace, {"replaced_by"}},
  };
  return fields;
}

std::string Short(const std::string& name, std::string_view prefix) {
  std::string text = name.substr(std::min(name.size(), prefix.size()));
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

absl::Status Refused(const std::string& reason, const std::string& device, const std::string& what) {
  return rpc::Error(absl::StatusCode::kFailedPrecondition, reason, what, {{"device", device}});
}

absl::Status NotPossible(const std::string& device, v1::DeviceState from, v1::DeviceEvent event) {
  if (event == kPutInUse) {
    return Refused("NOT_VERIFIED", device,
                   "the device is not verified; hand it out and let it send a test event first");
  }
  if (event == kVerify) {
    return Refused("NOT_HANDED_OUT", device,
                   "a test counts for a device that is handed out; this one is " + Name(from));
  }
  std::string possible;
  for (const Transition& row : kTransitions) {
    if (row.from == from && row.need != Need::kTest) possible += (possible.empty() ? "" : ", ") + Name(row.event);
  }
  return Refused("MOVE_NOT_POSSIBLE", device,
                 "the device is " + Name(from) + "; possible is " + (possible.empty() ? "nothing more" : possible));
}

absl::Status CheckGuard(const std::string& device, unsigned guard, const Facts& facts) {
  if ((guard & kRunning) != 0 && !facts.running) {
    return Refused("NOT_ASSIGNED", device, "no assignment of the device runs; assign it first");
  }
  if ((guard & kUnassigned) != 0 && facts.assigned) {
    return Refused("STILL_ASSIGNED", device, "an assignment of the device runs or is planned; end it first");
  }
  if ((guard & kUnpaired) != 0 && facts.paired) {
    return Refused("STILL_PAIRED", device, "a certificate still lets the device in; revoke it first");
  }
  if ((guard & kTrained) != 0 && facts.today < facts.training_on) {
    return Refused("NOT_TRAINED", device, "the training is still to come; wait for it, or give another date");
  }
  return absl::OkStatus();
}

absl::Status CheckFields(v1::DeviceEvent event, const v1::MoveDetails& details) {
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  details.GetReflection()->ListFields(details, &fields);
  const auto allowed = FieldsOfEvents().find(event);
  for (const google::protobuf::FieldDescriptor* field : fields) {
    const bool known = allowed != FieldsOfEvents().end() &&
                       std::count(allowed->second.begin(), allowed->second.end(), field->name()) > 0;
    if (!known) return Invalid("details." + field->name(), "does not belong to this event; leave it out");
  }
  return absl::OkStatus();
}

absl::Status CheckPlace(const v1::MoveDetails& details) {
  const bool store = details.place() == v1::DELIVERY_PLACE_BUFFER_STORE;
  if (!v1::DeliveryPlace_IsValid(details.place()) || details.place() == v1::DELIVERY_PLACE_UNSPECIFIED) {
    return Invalid("details.place", "is home, pick-up point or buffer store");
  }
  if (store != details.has_store()) return Invalid("details.store", "belongs to a buffer store, and it needs one");
  if (!store) return absl::OkStatus();
  const v1::StoreLevel level = details.store().level();
  if (details.store().owner().empty()) return Invalid("details.store.owner", "is the principal that owns the store");
  if (!v1::StoreLevel_IsValid(level) || level == v1::STORE_LEVEL_UNSPECIFIED) {
    return Invalid("details.store.level", "is unit, principal or shared");
  }
  const bool unit = level == v1::STORE_LEVEL_UNIT;
  return unit == !details.store().unit().empty()
             ? absl::OkStatus()
             : Invalid("details.store.unit", "belongs to a store of a unit, and it needs one");
}

absl::Status CheckNeed(Need need, const v1::MoveDetails& details) {
  switch (need) {
    case Need::kTrainingDate:
      return ParseDay("details.training_on", details.training_on()).status();
    case Need::kPlace:
      return CheckPlace(details);
    case Need::kCleared:
      if (details.cleared()) break;
      return Invalid("details.cleared", "says that pairing and data on the device are gone; clear it first");
    case Need::kReplacement:
      if (!details.replaced_by().empty()) break;
      return Invalid("details.replaced_by", "is the device that took its place");
    case Need::kNothing:
    case Need::kTest:
      break;
  }
  return absl::OkStatus();
}

}  // namespace

std::span<const Transition> Transitions() {
  return kTransitions;
}

const Transition* FindTransition(v1::DeviceState from, v1::DeviceEvent event) {
  const auto* const found = std::find_if(std::begin(kTransitions), std::end(kTransitions),
                                         [&](const Transition& row) { return row.from == from && row.event == event; });
  return found == std::end(kTransitions) ? nullptr : found;
}

absl::StatusOr<v1::DeviceState> Next(const std::string& device, v1::DeviceState from, v1::DeviceEvent event,
                                     const v1::MoveDetails& details, const Facts& facts) {
  const Transition* const row = FindTransition(from, event);
  if (row == nullptr) return NotPossible(device, from, event);
  if (absl::Status status = CheckFields(event, details); !status.ok()) return status;
  if (absl::Status status = CheckNeed(row->need, details); !status.ok()) return status;
  if (absl::Status status = CheckGuard(device, row->guard, facts); !status.ok()) return status;
  return row->to;
}

absl::StatusOr<absl::CivilDay> ParseDay(const std::string& field, std::string_view text) {
  absl::CivilDay day;
  const bool form = text.size() == 10 && text[4] == '-' && text[7] == '-' && text.find(' ') == std::string_view::npos;
  if (form && absl::ParseCivilTime(ToAbsl(text), &day) && day.year() >= 2000 && day.year() < 2200) return day;
  return Invalid(field, "is a day from 2000 to 2199, such as 2026-03-02");
}

std::string Name(v1::DeviceState state) {
  return Short(v1::DeviceState_Name(state), "DEVICE_STATE_");
}

std::string Name(v1::DeviceEvent event) {
  return Short(v1::DeviceEvent_Name(event), "DEVICE_EVENT_");
}

}  // namespace nara::registry
