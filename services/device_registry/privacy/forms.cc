#include "device_registry/privacy/forms.h"

#include <set>
#include <tuple>

#include "device_registry/validation.h"

namespace nara::registry {
namespace {

constexpr std::uint32_t kLargestHome = 20;
constexpr int kMostRecipients = 10;

bool IsUse(int use) {
  return use != v1::DATA_USE_UNSPECIFIED && v1::DataUse_IsValid(use);
}

// Without a start it begins now, which is not known yet.
template <typename Message>
absl::Status ValidatePeriodOf(const Message& message) {
  if (message.has_start_at()) {
    return ValidatePeriod(true, message.start_at(), message.has_end_at(), message.end_at());
  }
  return message.has_end_at() ? ValidateTime("end_at", message.end_at()) : absl::OkStatus();
}

absl::Status ValidateRecipients(const v1::Consent& consent) {
  if (consent.recipients_size() > kMostRecipients)
    return Invalid("recipients", "are at most 10; write another consent");
  std::set<std::tuple<std::string, std::string, std::string>> all;
  for (const v1::ConsentRecipient& recipient : consent.recipients()) {
    const int named = (recipient.provider().empty() ? 0 : 1) + (recipient.unit().empty() ? 0 : 1) +
                      (recipient.client().empty() ? 0 : 1);
    if (named != 1) return Invalid("recipients", "each name one of provider, unit and client");
    if (!all.emplace(recipient.provider(), recipient.unit(), recipient.client()).second) {
      return Invalid("recipients", "are each named once");
    }
  }
  return absl::OkStatus();
}

absl::Status ValidateGiver(const v1::Consent& consent) {
  const bool supervision = consent.use() == v1::DATA_USE_SUPERVISION;
  if (consent.giver() == v1::CONSENT_GIVER_COHABITANT) {
    if (!supervision) return Invalid("use", "of a cohabitant's consent is supervision");
    if (consent.recipients_size() > 0) return Invalid("recipients", "are for the resident to name");
    if (consent.cohabitants() > 0) return Invalid("cohabitants", "are told in the resident's consent");
    return ValidateOpaqueId("cohabitant", consent.cohabitant());
  }
  if (consent.giver() != v1::CONSENT_GIVER_RESIDENT) return Invalid("giver", "is the resident or a cohabitant");
  if (!consent.cohabitant().empty()) return Invalid("cohabitant", "is for a cohabitant's consent");
  if (!supervision && consent.cohabitants() > 0) return Invalid("cohabitants", "are for supervision");
  if (consent.cohabitants() > kLargestHome) return Invalid("cohabitants", "are at most 20");
  if (!supervision && consent.recipients_size() == 0) return Invalid("recipients", "are at least one");
  return absl::OkStatus();
}

}  // namespace

absl::Status Validate(const v1::Consent& consent) {
  if (!IsUse(consent.use())) return Invalid("use", "is one of DataUse");
  if (consent.form() == v1::CONSENT_FORM_UNSPECIFIED || !v1::ConsentForm_IsValid(consent.form())) {
    return Invalid("form", "is one of ConsentForm: how it was given");
  }
  return FirstError({ValidateOpaqueId("id", consent.id()), ValidateGiver(consent), ValidateRecipients(consent),
                     ValidatePeriodOf(consent)});
}

absl::Status Validate(const v1::Block& block) {
  if (block.uses_size() == 0) return Invalid("uses", "are at least one");
  for (const int use : block.uses()) {
    if (!IsUse(use)) return Invalid("uses", "are of DataUse");
  }
  const std::set<int> uses(block.uses().begin(), block.uses().end());
  if (uses.size() != static_cast<std::size_t>(block.uses_size())) return Invalid("uses", "are each named once");
  return FirstError({ValidateOpaqueId("id", block.id()), Name("provider", block.provider()), ValidatePeriodOf(block)});
}

absl::Status ValidateReason(const std::string& reason) {
  return IsText(reason, 0) ? absl::OkStatus() : Invalid("reason", "is at most 200 bytes without control characters");
}

}  // namespace nara::registry
