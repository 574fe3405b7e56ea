#include "common/access/privacy_table.h"

#include <algorithm>
#include <shared_mutex>

namespace nara {
namespace {

// Providers may have any name of one line.
std::string KeyOf(const registry::v1::ConsentRecipient& recipient) {
  return recipient.provider() + "\n" + recipient.unit() + "\n" + recipient.client();
}

}  // namespace

std::set<std::string> PrivacyTable::Naming(const registry::v1::ConsentRecipient& recipient) const {
  const std::shared_lock lock(mutex());
  const auto found = named_.find(KeyOf(recipient));
  return found == named_.end() ? std::set<std::string>() : found->second;
}

void PrivacyTable::Confirmed(SteadyTime asked_at) {
  const std::unique_lock lock(mutex());
  confirmed_ = std::max(confirmed_.value_or(asked_at), asked_at);
}

bool PrivacyTable::current(std::chrono::nanoseconds limit) const {
  if (!ready()) return false;
  const std::shared_lock lock(mutex());
  return confirmed_.has_value() && Now() - *confirmed_ <= limit;
}

void PrivacyTable::Stored(const Pointer& privacy, const Pointer& previous) {
  if (previous != nullptr) {
    for (const auto& consent : previous->consents()) {
      for (const auto& recipient : consent.recipients()) named_[KeyOf(recipient)].erase(privacy->resident());
    }
  }
  for (const auto& consent : privacy->consents()) {
    for (const auto& recipient : consent.recipients()) named_[KeyOf(recipient)].insert(privacy->resident());
  }
}

}  // namespace nara
