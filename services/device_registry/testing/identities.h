// Calls about identities, short, for tests.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/rpc/error.h"
#include "device_registry/residents/residents.h"
#include "device_registry/testing/county.h"

namespace nara::registry::testing {

// Of the tax agency's list of test numbers.
inline constexpr char kAda[] = "189001019802";
inline constexpr char kBo[] = "189001029819";

inline v1::Identity IdentityOf(const std::string& number, const std::string& name,
                               v1::Protection protection = v1::PROTECTION_NONE) {
  v1::Identity identity;
  identity.set_number(number);
  identity.set_name(name);
  identity.set_registered_municipality("1480");
  identity.set_protection(protection);
  return identity;
}

class Identities {
 public:
  // The county must outlive it.
  explicit Identities(County& county) : county_of_(county) {}

  template <typename T>
  static std::string Reason(const absl::StatusOr<T>& result) {
    return rpc::ReasonOf(result.status());
  }

  // The revision. In the register of the caller's principal, or 1480's.
  absl::StatusOr<std::uint64_t> Register(const std::string& who, const std::string& id, const v1::Identity& identity,
                                         const std::string& principal = "") {
    v1::RegisterResidentRequest request;
    request.set_resident(id);
    request.set_principal(!principal.empty() ? principal : who == "chef-1490" ? "1490" : "1480");
    *request.mutable_identity() = identity;
    const auto response = county_of_.residents().RegisterResident(county_of_.As(who), request);
    if (!response.ok()) return response.status();
    return response->revision();
  }

  absl::StatusOr<std::uint64_t> Update(const std::string& who, const std::string& id, const v1::Identity& identity,
                                       const std::vector<std::string>& fields, std::uint64_t revision = 0) {
    v1::UpdateIdentityRequest request;
    request.set_resident(id);
    *request.mutable_identity() = identity;
    for (const std::string& field : fields) request.mutable_update_mask()->add_paths(field);
    request.set_revision(revision != 0 ? revision : Get("chef-1480", id).value_or(v1::Resident()).revision());
    const auto response = county_of_.residents().UpdateIdentity(county_of_.As(who), request);
    if (!response.ok()) return response.status();
    return response->revision();
  }

  absl::StatusOr<v1::Resident> Get(const std::string& who, const std::string& id) {
    v1::GetResidentRequest request;
    request.set_resident(id);
    const auto response = county_of_.residents().GetResident(county_of_.As(who), request);
    if (!response.ok()) return response.status();
    return response->resident();
  }

  absl::StatusOr<std::vector<std::string>> FindIds(const std::string& who, const std::string& number) {
    v1::FindResidentsRequest request;
    request.set_number(number);
    const auto response = county_of_.residents().FindResidents(county_of_.As(who), request);
    if (!response.ok()) return response.status();
    std::vector<std::string> ids;
    for (const v1::Resident& resident : response->residents()) ids.push_back(resident.id());
    return ids;
  }

  // "<newest key> <rewritten> <left>".
  absl::StatusOr<std::string> Rotate(const std::string& who, int limit) {
    v1::RotateIdentityKeysRequest request;
    request.set_limit(limit);
    const auto response = county_of_.residents().RotateIdentityKeys(county_of_.As(who), request);
    if (!response.ok()) return response.status();
    return response->key() + " " + std::to_string(response->rewritten()) + " " + std::to_string(response->left());
  }

 private:
  County& county_of_;
};

}  // namespace nara::registry::testing
