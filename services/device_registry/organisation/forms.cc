#include "device_registry/organisation/forms.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "common/rpc/error.h"
#include "device_registry/check_digit.h"
#include "device_registry/validation.h"

namespace nara::registry {
namespace {

constexpr std::size_t kDigits = 10;
constexpr std::size_t kLongestHsaId = 31;

bool AreDigits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool IsSuffix(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
}

// The third digit parts them from personal numbers.
bool IsOrganisationNumber(std::string_view text) {
  return text.size() == kDigits && AreDigits(text) && text[2] >= '2';
}

template <typename Enums>
bool EachOnce(const Enums& values) {
  return std::set<int>(values.begin(), values.end()).size() == static_cast<std::size_t>(values.size());
}

absl::Status ValidateId(const std::string& noun, const std::string& id) {
  return id.empty() ? absl::OkStatus() : ValidateOpaqueId(noun, id);
}

absl::Status OptionalHsaId(const std::string& hsa_id) {
  return hsa_id.empty() ? absl::OkStatus() : ValidateHsaId(hsa_id);
}

}  // namespace

absl::Status ValidateOrganisationNumber(const std::string& number) {
  if (!IsOrganisationNumber(number)) {
    return Invalid("organisation_number", "is ten digits, the third at least 2: leave a sole trader's out");
  }
  if (CheckDigitFits(number)) return absl::OkStatus();
  return rpc::Error(absl::StatusCode::kInvalidArgument, "WRONG_CHECK_DIGIT",
                    "organisation_number has a check digit that does not fit; read it again where it came from",
                    {{"field", "organisation_number"}});
}

absl::Status ValidateHsaId(const std::string& hsa_id) {
  const std::size_t dash = hsa_id.find('-');
  if (hsa_id.size() <= kLongestHsaId && hsa_id.starts_with("SE") && dash != std::string::npos) {
    std::string_view number = std::string_view(hsa_id).substr(2, dash - 2);
    if (number.size() == kDigits + 2 && number.starts_with("16")) number.remove_prefix(2);
    const bool good = IsOrganisationNumber(number) && CheckDigitFits(number);
    if (good && IsSuffix(std::string_view(hsa_id).substr(dash + 1))) return absl::OkStatus();
  }
  return Invalid("hsa_id", "is SE, an organisation number, a hyphen, and capital letters or digits: SE2321000131-E1");
}

absl::Status Validate(const v1::Unit& unit, const Catalogue& catalogue) {
  for (const int regime : unit.regimes()) {
    if (absl::Status status = KnownRegime(static_cast<v1::Regime>(regime)); !status.ok()) return status;
  }
  if (!EachOnce(unit.regimes())) return Invalid("regimes", "names each regime once");
  if (!v1::UnitKind_IsValid(unit.kind())) return Invalid("kind", "is one of UnitKind");
  return FirstError({Slug("id", unit.id()), KnownPrincipal("principal", unit.principal(), catalogue),
                     Name("provider", unit.provider()), Name("name", unit.name()), OptionalHsaId(unit.hsa_id())});
}

absl::Status Validate(const v1::Provider& provider, const Catalogue& catalogue) {
  // One that came out of units' texts keeps its id.
  const absl::Status id = provider.revision() == 0 ? Slug("id", provider.id()) : Name("id", provider.id());
  if (!id.ok()) return id;
  if (provider.principals().empty()) return Invalid("principals", "are at least one");
  for (const std::string& principal : provider.principals()) {
    if (absl::Status status = KnownPrincipal("principals", principal, catalogue); !status.ok()) return status;
  }
  if (!v1::ProviderActivity_IsValid(provider.activity())) return Invalid("activity", "is one of ProviderActivity");
  if (!v1::Ownership_IsValid(provider.ownership())) return Invalid("ownership", "is one of Ownership");
  const std::string& number = provider.organisation_number();
  return FirstError({Name("name", provider.name()), OptionalHsaId(provider.hsa_id()),
                     number.empty() ? absl::OkStatus() : ValidateOrganisationNumber(number)});
}

absl::Status Validate(const v1::Participation& participation) {
  return FirstError({ValidateId("participation", participation.id()),
                     ValidatePeriod(participation.has_start_at(), participation.start_at(), participation.has_end_at(),
                                    participation.end_at())});
}

absl::Status Validate(const v1::Staff& staff, const Catalogue& catalogue) {
  return FirstError({ValidateId("staff", staff.id()), KnownPrincipal("principal", staff.principal(), catalogue),
                     Name("name", staff.name()), OptionalHsaId(staff.hsa_id())});
}

absl::Status Validate(const v1::StaffAssignment& assignment) {
  if (assignment.roles().empty() || !EachOnce(assignment.roles()))
    return Invalid("roles", "are at least one, each once");
  for (const int role : assignment.roles()) {
    if (role != v1::STAFF_ROLE_UNSPECIFIED && v1::StaffRole_IsValid(role)) continue;
    return Invalid("roles", "are of StaffRole");
  }
  return FirstError(
      {ValidateId("staff_assignment", assignment.id()), ValidateOpaqueId("staff", assignment.staff()),
       Slug("unit", assignment.unit()),
       ValidatePeriod(assignment.has_start_at(), assignment.start_at(), assignment.has_end_at(), assignment.end_at())});
}

}  // namespace nara::registry
