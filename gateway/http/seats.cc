#include "gateway/http/seats.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace nara::gateway {

Seats::Seat::~Seat() {
  seats_.entries_.erase(place_);
  seats_.metrics_.Connections(seats_.entries_.size());
}

void Seats::Seat::OnClose(std::function<void()> close) {
  place_->close = std::move(close);
  if (place_->closed && place_->close) place_->close();
}

void Seats::Seat::Now(Doing doing) {
  place_->doing = doing;
  place_->since = seats_.clock_.Monotonic();
}

bool Seats::Seat::closed() const {
  return place_->closed;
}

std::unique_ptr<Seats::Seat> Seats::Take(const std::string& address) {
  if (over_) return nullptr;
  if (OpenOf(address) >= limits_.most_of_address && !MakeRoom(address)) {
    metrics_.RefusedAddressFull();
    return nullptr;
  }
  if (open() >= limits_.most && !MakeRoom("")) {
    metrics_.RefusedFull();
    return nullptr;
  }
  entries_.push_back({.address = address, .since = clock_.Monotonic(), .close = {}});
  metrics_.Connections(entries_.size());
  return std::make_unique<Seat>(*this, std::prev(entries_.end()));
}

void Seats::CloseAll() {
  over_ = true;
  for (Entry& entry : entries_) Close(entry);
}

std::size_t Seats::OpenOf(const std::string& address) const {
  return std::count_if(entries_.begin(), entries_.end(),
                       [&](const Entry& entry) { return !entry.closed && entry.address == address; });
}

std::size_t Seats::open() const {
  return std::count_if(entries_.begin(), entries_.end(), [](const Entry& entry) { return !entry.closed; });
}

bool Seats::MayGo(const Entry& entry) const {
  if (entry.closed || entry.doing == Doing::kWorking) return false;
  return entry.doing == Doing::kWaiting || clock_.Monotonic() - entry.since > limits_.patience;
}

bool Seats::MakeRoom(const std::string& address) {
  const auto order = [](const Entry& entry) { return std::tuple(entry.doing == Doing::kTaking, entry.since); };
  Entry* first = nullptr;
  for (Entry& entry : entries_) {
    if (!MayGo(entry) || (!address.empty() && entry.address != address)) continue;
    if (first == nullptr || order(entry) < order(*first)) first = &entry;
  }
  if (first == nullptr) return false;
  first->doing == Doing::kWaiting ? metrics_.ClosedIdle() : metrics_.ClosedSlowReader();
  Close(*first);
  return true;
}

void Seats::Close(Entry& entry) {
  if (std::exchange(entry.closed, true)) return;
  if (entry.close) entry.close();
}

}  // namespace nara::gateway
