// What people and their systems do with alerts: look at them, accept, reject,
// resolve. Each call asks the authorizer first; an alert that is not the
// caller's and one that is not there give the same answer.
//
// Two accepts of one alert: the row is locked, one wins, the other is told by
// whom it was taken.
//
// Errors besides those of common/access: NotFound UNKNOWN_ALERT;
// FailedPrecondition ALERT_TAKEN (with `receiver`), ALERT_ENDED (with `state`),
// ALERT_NOT_ACCEPTED, NOT_OFFERED; InvalidArgument BAD_REQUEST. One without a reason
// is the store's, and for our log only (rpc::Public).
//
// Threads: any; calls wait for the store.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "alert_router/ledger.h"
#include "common/access/authorizer.h"
#include "common/rpc/call_context.h"

namespace nara::alert {

// The object that the authorizer decides on: who answers, and to whom the alert
// has been offered so far.
Object ObjectOf(const Alert& alert);

class Desk {
 public:
  // All must outlive it.
  Desk(Store& store, Ledger& ledger, const Authorizer& authorizer)
      : store_(store), ledger_(ledger), authorizer_(authorizer) {}

  struct Request {
    std::string alert;
    Actor actor;
    std::string reason;
  };
  absl::StatusOr<Alert> Accept(const rpc::CallContext& call, const Request& request);
  absl::StatusOr<Alert> Reject(const rpc::CallContext& call, const Request& request);
  absl::StatusOr<Alert> Resolve(const rpc::CallContext& call, const Request& request);

  absl::StatusOr<AlertWithHistory> Get(const rpc::CallContext& call, const std::string& alert);

  struct ListRequest {
    std::string principal;
    std::string device;
    bool open_only = false;
    int page_size = 0;  // 0 means 100; at most 1000
    std::string page_token;
  };
  struct Page {
    std::vector<Alert> alerts;
    std::string next_page_token;
  };
  absl::StatusOr<Page> List(const rpc::CallContext& call, const ListRequest& request);

  // Every open alert that the caller may see: how a watch begins.
  absl::StatusOr<std::vector<Alert>> Open(const Caller& caller, const std::string& principal);
  bool MaySee(const std::string& caller, const Alert& alert) const;

  // Who calls, when the registry knows it.
  absl::StatusOr<Caller> Known(const rpc::CallContext& call) const;

  // Who calls, when it may watch alerts at all.
  absl::StatusOr<Caller> Watcher(const rpc::CallContext& call) const;

  // Who calls, when it may attend as `actor`.
  absl::StatusOr<std::string> Attendant(const rpc::CallContext& call, const Actor& actor) const;
  bool MayAttend(const std::string& caller, const std::string& receiver) const;

  // An offer was shown; what does not fit the alert is passed over.
  absl::Status Delivered(const Actor& actor, const std::string& alert, uint64_t version);

 private:
  using Move = std::function<Answer(const Alert&, Moves&, Time)>;
  absl::StatusOr<Alert> Act(const rpc::CallContext& call, const Request& request, const Move& move);
  absl::Status Look(const Caller& caller, const Alert& alert) const;

  Store& store_;
  Ledger& ledger_;
  const Authorizer& authorizer_;
};

}  // namespace nara::alert
