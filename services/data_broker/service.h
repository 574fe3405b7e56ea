// What the data broker does for its callers: Subscribe and ListObservations, without
// gRPC.
//
// Threads: all methods may be called from any thread. ListObservations waits for
// PostgreSQL.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/rpc/call_context.h"
#include "data_broker/catch_up.h"
#include "data_broker/deliverer.h"
#include "data_broker/notice_board.h"

namespace nara::broker {

class Service {
 public:
  struct Options {
    std::size_t max_subscriptions = 4096;
    // Of one client, so that none takes the places of all others.
    std::size_t max_of_client = 256;
    Subscription::Options subscription;
    std::set<std::string> care_kinds;
  };
  struct Deps {
    const Audience& audience;
    const Seal& seal;
    HistoryReader& history;
    Hub& hub;
    CatchUp& catch_up;
    NoticeBoard& notices;
    Deliverer& deliverer;
    Metrics& metrics;
  };

  // References must outlive it, and every stream that it was given.
  Service(Options options, Deps deps) : options_(std::move(options)), deps_(deps) {}

  // Serves the stream from now until it is closed, or says why not:
  // INVALID_ARGUMENT CURSOR_INVALID or UNKNOWN_KIND, NOT_FOUND UNKNOWN_UNIT for a
  // unit that is not there or not the caller's, PERMISSION_DENIED, UNAVAILABLE
  // NOT_READY while the logs have not been reached, RESOURCE_EXHAUSTED.
  absl::Status Subscribe(const rpc::CallContext& call, const v1::SubscribeRequest& request,
                         const std::shared_ptr<ResponseWriter>& writer);

  // A page of history: what the stored labels find and today's rights allow.
  absl::StatusOr<v1::ListObservationsResponse> ListObservations(const rpc::CallContext& call,
                                                                const v1::ListObservationsRequest& request);

 private:
  absl::Status TakePlace(const std::string& caller);
  void GivePlace(const std::string& caller);
  absl::Status CheckWish(const Wish& wish) const;
  absl::StatusOr<Place> StartOf(const std::string& caller, const v1::SubscribeRequest& request);
  void Attach(const SubscriptionPtr& subscription, const std::shared_ptr<ResponseWriter>& writer,
              Deliverer::MayGoOn may_go_on);
  absl::StatusOr<ListQuery> QueryOf(const std::string& caller, const v1::ListObservationsRequest& request);
  absl::StatusOr<bool> Add(const std::string& caller, const CareRecord& row,
                           v1::ListObservationsResponse& response) const;

  const Options options_;
  const Deps deps_;
  std::mutex mutex_;
  // Open subscriptions, by client; protected by mutex_.
  std::size_t open_ = 0;
  std::map<std::string, std::size_t> open_of_;
};

}  // namespace nara::broker
