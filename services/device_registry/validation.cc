#include "device_registry/validation.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <string_view>

#include "common/access/authorizer.h"
#include "common/mqtt/shard.h"
#include "common/routes/timeline.h"
#include "common/rpc/error.h"

namespace nara::registry {
namespace {

constexpr std::size_t kMaxName = 200;
constexpr int kMaxUnits = 1000;

bool IsLowerOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool IsHex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool IsOpaque(char c) {
  return IsLowerOrDigit(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
}

// Also for clients, providers: [a-z0-9-]{3,63}.
bool IsSlug(std::string_view text) {
  return text.size() >= 3 && text.size() <= 63 &&
         std::all_of(text.begin(), text.end(), [](char c) { return IsLowerOrDigit(c) || c == '-'; });
}

// Not known, or one on which the product may be had.
absl::Status OwnerKindOf(const Product& product, v1::OwnerKind kind) {
  if (!v1::OwnerKind_IsValid(kind)) return Invalid("owner_kind", "is one of OwnerKind, or left out");
  if (kind == v1::OWNER_KIND_UNSPECIFIED || product.AllowsOwner(OwnerKindName(kind))) return absl::OkStatus();
  return Invalid("owner_kind", "is none on which the catalogue lets this product be had");
}

absl::Status RoleOfClient(const std::string& text) {
  const absl::StatusOr<Role> role = ParseRole(text);
  const bool given = role.ok() && *role != Role::kService && *role != Role::kAdmin;
  return given ? absl::OkStatus() : Invalid("role", "is one that docs/formats/access.md lists for PutClient");
}

absl::Status ScopesOfClient(const v1::Client& client) {
  std::set<std::string_view> left;
  for (const Action action : AllActions()) left.insert(Name(action));
  for (const std::string& scope : client.scopes()) {
    if (left.erase(scope) == 0) return Invalid("scopes", "are actions of docs/formats/access.md, each once");
  }
  return absl::OkStatus();
}

// Certificates of our services carry such names: a client may not.
absl::Status NotReserved(const v1::Client& client) {
  const bool reserved = client.id().starts_with("nara-") && client.id() != "nara-fleet";
  return reserved ? Invalid("id", "begins with nara-, which is kept for services; choose another") : absl::OkStatus();
}

}  // namespace

std::string OwnerKindName(v1::OwnerKind kind) {
  std::string name = v1::OwnerKind_Name(kind).substr(std::string_view("OWNER_KIND_").size());
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return name;
}

bool IsText(std::string_view text, std::size_t least) {
  return text.size() >= least && text.size() <= kMaxName &&
         std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

absl::Status Invalid(const std::string& field, const std::string& rule) {
  return rpc::Error(absl::StatusCode::kInvalidArgument, "INVALID_FIELD", field + " " + rule, {{"field", field}});
}

absl::Status Slug(const std::string& field, const std::string& text) {
  return IsSlug(text) ? absl::OkStatus() : Invalid(field, "is 3 to 63 of a-z 0-9 -");
}

absl::Status Name(const std::string& field, const std::string& text) {
  return IsText(text, 1) ? absl::OkStatus() : Invalid(field, "is 1 to 200 characters without control characters");
}

absl::Status KnownPrincipal(const std::string& field, const std::string& id, const Catalogue& catalogue) {
  return catalogue.FindPrincipal(id) != nullptr ? absl::OkStatus()
                                                : Invalid(field, "is no principal; ListPrincipals shows them");
}

absl::Status KnownRegime(v1::Regime regime) {
  return v1::Regime_IsValid(regime) && regime != v1::REGIME_UNSPECIFIED ? absl::OkStatus()
                                                                        : Invalid("regime", "is HSL, SoL or LSS");
}

absl::Status FirstError(std::initializer_list<absl::Status> checks) {
  for (const absl::Status& check : checks) {
    if (!check.ok()) return check;
  }
  return absl::OkStatus();
}

absl::Status Validate(const v1::Device& device, const Catalogue& catalogue) {
  if (!IsDeviceId(device.id())) return Invalid("id", "is [a-z0-9][a-z0-9-]{2,62} and does not begin with nara-");
  const Product* const product = catalogue.FindProduct(device.product());
  if (product == nullptr) return Invalid("product", "is not in the catalogue; add it there, or correct it");
  if (absl::Status status = OwnerKindOf(*product, device.owner_kind()); !status.ok()) return status;
  if (!IsText(device.serial(), 0)) return Invalid("serial", "is at most 200 characters without control characters");
  return FirstError(
      {KnownPrincipal("owner", device.owner(), catalogue), Slug("fallback_unit", device.fallback_unit())});
}

absl::Status Validate(const v1::AssignDeviceRequest& request) {
  if (!request.assignment().empty()) {
    if (absl::Status status = ValidateOpaqueId("assignment", request.assignment()); !status.ok()) return status;
  }
  if (request.has_start_at()) {
    if (absl::Status status = ValidateTime("start_at", request.start_at()); !status.ok()) return status;
  }
  if (request.resident().empty() == request.unit().empty()) return Invalid("resident", "is set, or unit, and not both");
  const absl::Status user =
      request.unit().empty() ? ValidateOpaqueId("resident", request.resident()) : Slug("unit", request.unit());
  return FirstError({user, KnownRegime(request.regime()), Slug("care_unit", request.care_unit()),
                     Slug("alarm_unit", request.alarm_unit())});
}

absl::Status Validate(const v1::TransferResponsibilityRequest& request) {
  if (request.purpose() != v1::PURPOSE_CARE && request.purpose() != v1::PURPOSE_ALARM) {
    return Invalid("purpose", "is CARE or ALARM");
  }
  if (request.has_since()) {
    if (absl::Status status = ValidateTime("since", request.since()); !status.ok()) return status;
  }
  return FirstError({ValidateOpaqueId("assignment", request.assignment()), Slug("unit", request.unit())});
}

absl::Status Validate(const v1::Client& client, const Catalogue& catalogue) {
  const std::string& token = client.token_sha256();
  if (!token.empty() && (token.size() != 64 || !std::all_of(token.begin(), token.end(), IsHex))) {
    return Invalid("token_sha256", "is 64 lower-case hexadecimal digits, or empty");
  }
  if (!client.principal().empty()) {
    if (absl::Status status = KnownPrincipal("principal", client.principal(), catalogue); !status.ok()) return status;
  }
  if (client.units_size() > kMaxUnits) return Invalid("units", "are at most 1000");
  for (const std::string& unit : client.units()) {
    if (absl::Status status = Slug("units", unit); !status.ok()) return status;
  }
  return FirstError(
      {Slug("id", client.id()), NotReserved(client), RoleOfClient(client.role()), ScopesOfClient(client)});
}

absl::Status ValidateOpaqueId(const std::string& field, const std::string& id) {
  const bool good = !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), IsOpaque);
  return good ? absl::OkStatus() : Invalid(field, "is 1 to 64 of A-Z a-z 0-9 . _ -");
}

absl::Status ValidateTime(const std::string& field, const google::protobuf::Timestamp& time) {
  constexpr std::int64_t kYear1900 = -2'208'988'800;
  constexpr std::int64_t kYear2200 = 7'258'118'400;
  const bool good =
      time.seconds() >= kYear1900 && time.seconds() < kYear2200 && time.nanos() >= 0 && time.nanos() < 1'000'000'000;
  return good ? absl::OkStatus() : Invalid(field, "is a time from 1900 to 2199");
}

absl::Status ValidatePeriod(bool has_start, const google::protobuf::Timestamp& start, bool has_end,
                            const google::protobuf::Timestamp& end) {
  if (!has_start) return Invalid("start_at", "is needed");
  if (absl::Status status = ValidateTime("start_at", start); !status.ok() || !has_end) return status;
  if (absl::Status status = ValidateTime("end_at", end); !status.ok()) return status;
  return Before(start, end) ? absl::OkStatus() : Invalid("end_at", "lies after start_at");
}

absl::StatusOr<int> PageSize(int asked) {
  if (asked < 0 || asked > 1000) return Invalid("page_size", "is 1 to 1000, or 0 for 100");
  return asked == 0 ? 100 : asked;
}

}  // namespace nara::registry
