#include "common/access/privacy_rules.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "common/time/proto_time.h"

namespace nara {
namespace {

using registry::v1::Block;
using registry::v1::Consent;
using registry::v1::ConsentRecipient;
using registry::v1::ResidentPrivacy;

bool Contains(const std::vector<std::string>& list, const std::string& entry) {
  return !entry.empty() && std::find(list.begin(), list.end(), entry) != list.end();
}

template <typename Message>
bool Holds(const Message& message, absl::Time now) {
  const bool begun = !message.has_start_at() || FromProto(message.start_at()) <= now;
  return begun && (!message.has_end_at() || now < FromProto(message.end_at()));
}

bool Names(const ConsentRecipient& recipient, const Caller& caller) {
  return (!recipient.client().empty() && recipient.client() == caller.id) || Contains(caller.units, recipient.unit()) ||
         Contains(caller.providers, recipient.provider());
}

bool Names(const Consent& consent, const Caller& caller) {
  const auto names = [&](const ConsentRecipient& recipient) { return Names(recipient, caller); };
  return std::any_of(consent.recipients().begin(), consent.recipients().end(), names);
}

// The data are those that the block is about.
bool Covers(const Block& block, const Object& object) {
  if (std::find(block.uses().begin(), block.uses().end(), object.use) == block.uses().end()) return false;
  if (!block.unit().empty()) return object.unit.empty() || object.unit == block.unit();
  return object.provider.empty() || object.provider == block.provider();
}

bool Outside(const Block& block, const Caller& caller) {
  return block.unit().empty() ? !Contains(caller.providers, block.provider()) : !Contains(caller.units, block.unit());
}

}  // namespace

bool OwnUnit(const Caller& caller, const Object& object) {
  return Contains(caller.units, object.unit);
}

bool Consented(const ResidentPrivacy& privacy, const Caller& caller, const Object& object, absl::Time now) {
  const auto lets = [&](const Consent& consent) {
    return consent.use() == object.use && Holds(consent, now) && Names(consent, caller);
  };
  return std::any_of(privacy.consents().begin(), privacy.consents().end(), lets);
}

bool Blocked(const ResidentPrivacy& privacy, const Caller& caller, const Object& object, absl::Time now) {
  if (OwnUnit(caller, object)) return false;
  const auto keeps = [&](const Block& block) {
    return Holds(block, now) && Covers(block, object) && Outside(block, caller);
  };
  return std::any_of(privacy.blocks().begin(), privacy.blocks().end(), keeps);
}

bool SupervisionAgreed(const ResidentPrivacy& privacy, absl::Time now) {
  std::set<std::string> others;
  bool own = false;
  std::size_t home = 0;
  for (const Consent& consent : privacy.consents()) {
    if (consent.use() != registry::v1::DATA_USE_SUPERVISION || !Holds(consent, now)) continue;
    if (consent.giver() == registry::v1::CONSENT_GIVER_COHABITANT) {
      others.insert(consent.cohabitant());
    } else {
      own = true;
      home = std::max<std::size_t>(home, consent.cohabitants());
    }
  }
  return own && others.size() >= home;
}

}  // namespace nara
