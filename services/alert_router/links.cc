#include "alert_router/links.h"

#include <algorithm>
#include <utility>

#include "common/rpc/error.h"

namespace nara::alert {
namespace {

absl::Status NotRead() {
  return rpc::Error(absl::StatusCode::kResourceExhausted, "NOT_READ",
                    "the operator's stream does not read its messages; read them, and attach again");
}

}  // namespace

void Links::Open() {
  std::scoped_lock lock(mutex_);
  opened_ = options_.now();
}

// REQUIRES: mutex_ is held.
bool Links::Settles() const {
  return options_.settle.count() > 0 && (!opened_ || options_.now() < *opened_ + options_.settle);
}

Links::Id Links::Attach(Link link) {
  const Id id = Add(std::move(link));
  options_.behind();
  return id;
}

Links::Id Links::Add(Link link) {
  std::scoped_lock lock(mutex_);
  if (Settles()) seen_.insert(link.receiver);
  link.id = ++last_id_;
  receiver_of_[link.id] = link.receiver;
  by_receiver_[link.receiver][last_id_] = std::move(link);
  return last_id_;
}

void Links::Detach(Id id) {
  std::string receiver;
  {
    std::scoped_lock lock(mutex_);
    if (const auto found = receiver_of_.find(id); found != receiver_of_.end()) receiver = found->second;
  }
  if (Remove(id)) went_(receiver);
}

// True when it was the last of its receiver.
bool Links::Remove(Id id) {
  std::scoped_lock lock(mutex_);
  const auto receiver = receiver_of_.find(id);
  if (receiver == receiver_of_.end()) return false;
  const auto links = by_receiver_.find(receiver->second);
  links->second.erase(id);
  receiver_of_.erase(receiver);
  if (!links->second.empty()) return false;
  by_receiver_.erase(links);
  return true;
}

// A stream that takes nothing may never end by itself: the link goes now.
void Links::CutOff(const Link& link, const absl::Status& why) {
  link.feed->Close(why);
  Detach(link.id);
}

bool Links::IsReachable(const std::string& receiver) const {
  std::scoped_lock lock(mutex_);
  if (by_receiver_.contains(receiver)) return true;
  if (!Settles() || seen_.contains(receiver)) return false;
  counted_on_.insert(receiver);
  return true;
}

Reachable Links::AsReachable() const {
  return [this](const std::string& receiver) { return IsReachable(receiver); };
}

std::vector<std::string> Links::TakeAbsent() {
  std::scoped_lock lock(mutex_);
  if (Settles()) return {};
  std::vector<std::string> absent;
  for (const std::string& receiver : std::exchange(counted_on_, {})) {
    if (!by_receiver_.contains(receiver)) absent.push_back(receiver);
  }
  seen_.clear();
  return absent;
}

void Links::Offer(const Alert& alert) {
  const std::vector<Link> links = At(alert.receiver);
  bool shown = true;
  for (const Link& link : links) shown = link.feed->Offer(alert) && shown;
  if (!shown) options_.behind();
  if (links.empty()) went_(alert.receiver);
}

void Links::Withdraw(const std::string& receiver, const Alert& alert, const std::string& reason) {
  const auto withdrawal = std::make_shared<const Withdrawal>(alert, reason);
  bool behind = false;
  for (const Link& link : At(receiver)) {
    if (!link.feed->Withdraw(withdrawal)) CutOff(link, NotRead());
    behind = behind || link.feed->IsBehind();
  }
  if (behind) options_.behind();
}

int Links::Beat(Time at, std::chrono::milliseconds oldest_unrouted, const std::function<bool(const Link&)>& allowed) {
  const std::vector<Link> links = All();
  int stalled = 0;
  std::map<std::string, std::set<std::string>> operators;
  for (const Link& link : links) operators[link.receiver].insert(link.operator_id);
  for (const Link& link : links) {
    const auto& here = operators[link.receiver];
    if (!allowed(link)) {
      CutOff(link, absl::PermissionDeniedError("the client may not attend at this receiver any more"));
      continue;
    }
    link.feed->Beat({at, oldest_unrouted, {here.begin(), here.end()}});
    if (!link.feed->IsStalled(options_.now(), options_.stalled_after)) continue;
    CutOff(link, NotRead());
    ++stalled;
  }
  return stalled;
}

std::vector<Links::Link> Links::All() const {
  std::scoped_lock lock(mutex_);
  std::vector<Link> links;
  for (const auto& [receiver, here] : by_receiver_) {
    for (const auto& [id, link] : here) links.push_back(link);
  }
  return links;
}

std::vector<Links::Link> Links::At(const std::string& receiver) const {
  std::scoped_lock lock(mutex_);
  std::vector<Link> links;
  if (const auto found = by_receiver_.find(receiver); found != by_receiver_.end()) {
    for (const auto& [id, link] : found->second) links.push_back(link);
  }
  return links;
}

std::vector<std::string> Links::OperatorsWith(const Actor& actor) const {
  std::set<std::string> operators{actor.operator_id};
  for (const Link& link : At(actor.receiver)) operators.insert(link.operator_id);
  return {operators.begin(), operators.end()};
}

void Links::CloseAll(const absl::Status& status) {
  for (const Link& link : All()) link.feed->Close(status);
}

}  // namespace nara::alert
