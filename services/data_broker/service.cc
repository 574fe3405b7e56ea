#include "data_broker/service.h"

#include <algorithm>
#include <utility>

#include "common/rpc/error.h"
#include "common/time/proto_time.h"
#include "data_broker/cursor.h"
#include "data_broker/page_token.h"

namespace nara::broker {
namespace {

constexpr int kDefaultPage = 100;
constexpr int kMaxPage = 1000;
constexpr int kMaxFilter = 1000;
constexpr std::size_t kMaxUnit = 63;

absl::Status Invalid(std::string_view reason, std::string_view message) {
  return rpc::Error(absl::StatusCode::kInvalidArgument, reason, message);
}

Wish WishOf(const std::string& caller, const v1::SubscribeRequest& request) {
  return {.caller = caller,
          .units = {request.units().begin(), request.units().end()},
          .kinds = {request.kinds().begin(), request.kinds().end()}};
}

// With all of a principal within reach we do not know its units: a foreign one then
// simply never matches. But each is kept for as long as the stream is open.
bool InReach(const Audience::Reach& reach, const std::string& unit) {
  if (unit.size() > kMaxUnit) return false;
  return !reach.principal.empty() || std::ranges::find(reach.units, unit) != reach.units.end();
}

}  // namespace

absl::Status Service::Subscribe(const rpc::CallContext& call, const v1::SubscribeRequest& request,
                                const std::shared_ptr<ResponseWriter>& writer) {
  if (absl::Status status = deps_.audience.Admit(call.peer, call.caller); !status.ok()) {
    return status;
  }
  if (request.units_size() > kMaxFilter || request.kinds_size() > kMaxFilter) {
    return Invalid("FILTER_TOO_LONG", "at most 1000 units and 1000 kinds");
  }
  Wish wish = WishOf(call.caller, request);
  if (absl::Status status = CheckWish(wish); !status.ok()) return status;
  const absl::StatusOr<Place> start = StartOf(call.caller, request);
  if (!start.ok()) return start.status();
  if (absl::Status status = TakePlace(call.caller); !status.ok()) return status;
  Attach(std::make_shared<Subscription>(std::move(wish), *start, options_.subscription, deps_.audience, deps_.metrics),
         writer, [this, call] { return deps_.audience.Admit(call.peer, call.caller); });
  return absl::OkStatus();
}

absl::Status Service::TakePlace(const std::string& caller) {
  const std::lock_guard lock(mutex_);
  std::size_t& of_caller = open_of_[caller];
  if (open_ >= options_.max_subscriptions || of_caller >= options_.max_of_client) {
    if (of_caller == 0) open_of_.erase(caller);
    return rpc::Error(absl::StatusCode::kResourceExhausted, "TOO_MANY_SUBSCRIPTIONS",
                      "too many subscriptions are open; end some, or try again later");
  }
  ++open_;
  ++of_caller;
  return absl::OkStatus();
}

void Service::GivePlace(const std::string& caller) {
  const std::lock_guard lock(mutex_);
  --open_;
  if (--open_of_[caller] == 0) open_of_.erase(caller);
}

absl::Status Service::CheckWish(const Wish& wish) const {
  for (const std::string& kind : wish.kinds) {
    if (options_.care_kinds.contains(kind)) continue;
    return Invalid("UNKNOWN_KIND", "kind \"" + kind + "\" is no care data of the catalogue");
  }
  const Audience::Reach reach = deps_.audience.ReachOf(wish.caller);
  for (const std::string& unit : wish.units) {
    if (InReach(reach, unit)) continue;
    return rpc::Error(absl::StatusCode::kNotFound, "UNKNOWN_UNIT",
                      "there is no unit \"" + unit + "\" that this client answers for", {{"unit", unit}});
  }
  return absl::OkStatus();
}

absl::StatusOr<Place> Service::StartOf(const std::string& caller, const v1::SubscribeRequest& request) {
  if (!request.cursor().empty()) {
    absl::StatusOr<Place> place = ReadCursor(deps_.seal, caller, request.cursor());
    if (place.ok()) return place;
    deps_.metrics.CursorRefused();
    return Invalid("CURSOR_INVALID", "the cursor is not one that this client was given; subscribe without one");
  }
  // Whoever begins has nothing that could be withdrawn.
  const std::uint64_t notice = deps_.notices.head();
  if (request.from_start()) return Place{.logs = {}, .notice = notice};
  if (const std::optional<Positions> head = deps_.hub.head()) return Place{.logs = *head, .notice = notice};
  return rpc::Error(absl::StatusCode::kUnavailable, "NOT_READY", "the logs have not been reached yet; try again");
}

void Service::Attach(const SubscriptionPtr& subscription, const std::shared_ptr<ResponseWriter>& writer,
                     Deliverer::MayGoOn may_go_on) {
  deps_.metrics.Subscribed();
  deps_.hub.Add(subscription);
  deps_.hub.Join(subscription);
  deps_.deliverer.Add(subscription, writer, std::move(may_go_on));
  deps_.catch_up.Feed(subscription);
  deps_.notices.Add(subscription);
  writer->OnClosed([this, subscription] {
    subscription->Close();
    deps_.hub.Remove(subscription);
    deps_.notices.Remove(subscription);
    deps_.deliverer.Remove(subscription);
    deps_.metrics.Unsubscribed();
    GivePlace(subscription->wish().caller);
  });
}

absl::StatusOr<ListQuery> Service::QueryOf(const std::string& caller, const v1::ListObservationsRequest& request) {
  if (request.page_size() < 0 || request.page_size() > kMaxPage) {
    return Invalid("PAGE_SIZE_INVALID", "page_size is 1 to 1000, or 0 for 100");
  }
  if (!IsTime(request.since()) || !IsTime(request.until())) {
    return Invalid("TIME_INVALID", "since and until lie in the years 1 to 9999");
  }
  const int size = request.page_size() == 0 ? kDefaultPage : request.page_size();
  ListQuery query{.reach = deps_.audience.ReachOf(caller),
                  .device = request.device(),
                  .resident = request.resident(),
                  .kind = request.kind(),
                  .limit = static_cast<std::size_t>(size)};
  if (request.has_since()) query.since_us = Micros(request.since());
  if (request.has_until()) query.until_us = Micros(request.until());
  if (request.page_token().empty()) return query;
  absl::StatusOr<ListKey> end = ReadPageToken(deps_.seal, caller, request);
  if (!end.ok()) {
    deps_.metrics.CursorRefused();
    return Invalid("PAGE_TOKEN_INVALID", "the page token is not of this query; begin again without one");
  }
  query.before = *std::move(end);
  return query;
}

absl::StatusOr<bool> Service::Add(const std::string& caller, const CareRecord& row,
                                  v1::ListObservationsResponse& response) const {
  const Holder holder = deps_.audience.HolderOf(row).value_or(Holder{row.assignment, row.resident, *row.party});
  const Audience::Answer answer = holder.party.nobody()
                                      ? Audience::Answer::kNo
                                      : deps_.audience.MayReceive(caller, holder.party, AboutOf(row, holder));
  if (answer == Audience::Answer::kLater) {
    return rpc::Error(absl::StatusCode::kUnavailable, "ACCESS_STALE",
                      "rights cannot be checked while the registry is away; try again");
  }
  if (answer == Audience::Answer::kBlocked) {
    deps_.metrics.Blocked(1);
    response.set_blocked(true);
    return true;
  }
  if (answer == Audience::Answer::kNo) return false;
  v1::Observation& observation = *response.add_observations();
  observation = row.observation;
  observation.set_resident(holder.resident);
  observation.set_principal(holder.party.principal);
  observation.set_unit(holder.party.unit);
  return true;
}

absl::StatusOr<v1::ListObservationsResponse> Service::ListObservations(const rpc::CallContext& call,
                                                                       const v1::ListObservationsRequest& request) {
  if (absl::Status status = deps_.audience.Admit(call.peer, call.caller); !status.ok()) {
    return status;
  }
  const absl::StatusOr<ListQuery> query = QueryOf(call.caller, request);
  if (!query.ok()) return query.status();
  const auto rows = deps_.history.List(*query);
  if (!rows.ok()) return rows.status();
  v1::ListObservationsResponse response;
  for (const CareRecordPtr& row : *rows) {
    const absl::StatusOr<bool> added = Add(call.caller, *row, response);
    // What the caller's units answer for goes on without the registry.
    if (absl::IsUnavailable(added.status()) && query->reach.principal.empty()) {
      response.set_incomplete(true);
      continue;
    }
    if (!added.ok()) return added.status();
    if (!*added) deps_.metrics.Withheld(1);
  }
  if (rows->size() == query->limit) {
    const v1::Observation& last = rows->back()->observation;
    const ListKey end{Micros(last.effective_at()), last.id()};
    response.set_next_page_token(MakePageToken(deps_.seal, call.caller, request, end));
  }
  return response;
}

}  // namespace nara::broker
