#include "common/access/rules.h"

#include <map>
#include <utility>

#include "absl/status/status.h"

namespace nara {
namespace {

using Row = std::map<Role, Reach>;

constexpr std::pair<Action, std::string_view> kActionNames[] = {
    {Action::kReadPrincipals, "read_principals"}, {Action::kReadUnit, "read_unit"},
    {Action::kWriteUnit, "write_unit"},           {Action::kReadDevice, "read_device"},
    {Action::kRegisterDevice, "register_device"}, {Action::kProvisionDevice, "provision_device"},
    {Action::kConfirmTest, "confirm_test"},       {Action::kAssign, "assign"},
    {Action::kReadIdentity, "read_identity"},     {Action::kReadChain, "read_chain"},
    {Action::kWriteChain, "write_chain"},         {Action::kPlan, "plan"},
    {Action::kWriteClient, "write_client"},       {Action::kReadAudit, "read_audit"},
    {Action::kWatchRegistry, "watch_registry"},   {Action::kSubmit, "submit"},
    {Action::kSendCommand, "send_command"},       {Action::kListQuarantine, "list_quarantine"},
    {Action::kReadQuarantine, "read_quarantine"}, {Action::kReadCareData, "read_care_data"},
    {Action::kReadAlert, "read_alert"},           {Action::kAttend, "attend"},
    {Action::kActOnAlert, "act_on_alert"},
};

constexpr std::pair<Role, std::string_view> kRoleNames[] = {
    {Role::kService, "service"},
    {Role::kAdmin, "admin"},
    {Role::kOperator, "operator"},
    {Role::kSupplier, "supplier"},
    {Role::kAlarmCentre, "alarm_centre"},
    {Role::kCareUnit, "care_unit"},
    {Role::kPrincipalAdmin, "principal_admin"},
    {Role::kSimulator, "simulator"},
};

constexpr std::pair<Reach, std::string_view> kReachNames[] = {
    {Reach::kNothing, "–"},
    {Reach::kAll, "all"},
    {Reach::kPrincipal, "principal"},
    {Reach::kUnits, "units"},
    {Reach::kReceiver, "receiver"},
    {Reach::kAlerts, "principal or receiver"},
    {Reach::kUnitAlerts, "units or receiver"},
};

template <typename Enum, std::size_t N>
std::string_view NameIn(const std::pair<Enum, std::string_view> (&names)[N], Enum value) {
  for (const auto& [key, name] : names) {
    if (key == value) return name;
  }
  return "";
}

Row Everybody() {
  Row row;
  for (const auto& [role, name] : kRoleNames) row[role] = Reach::kAll;
  return row;
}

// The fleet's own data: no care data in it.
Row Fleet() {
  return {{Role::kService, Reach::kAll},        {Role::kAdmin, Reach::kAll},
          {Role::kOperator, Reach::kPrincipal}, {Role::kSupplier, Reach::kPrincipal},
          {Role::kCareUnit, Reach::kUnits},     {Role::kPrincipalAdmin, Reach::kPrincipal},
          {Role::kSimulator, Reach::kAll}};
}

Row Arranging() {
  return {{Role::kAdmin, Reach::kAll}, {Role::kPrincipalAdmin, Reach::kPrincipal}};
}

Row Supplying() {
  Row row = Arranging();
  row[Role::kSupplier] = Reach::kPrincipal;
  return row;
}

Row With(Row row, Role role, Reach reach) {
  row[role] = reach;
  return row;
}

Row Units() {
  Row row = With(Fleet(), Role::kCareUnit, Reach::kPrincipal);
  return With(row, Role::kAlarmCentre, Reach::kPrincipal);
}

Row Chains() {
  Row row = With(Fleet(), Role::kAlarmCentre, Reach::kPrincipal);
  row.erase(Role::kSupplier);
  return row;
}

Row Alerts() {
  const Row row = With(Chains(), Role::kAlarmCentre, Reach::kAlerts);
  return With(row, Role::kCareUnit, Reach::kUnitAlerts);
}

Row Receivers() {
  return {{Role::kAlarmCentre, Reach::kReceiver}, {Role::kCareUnit, Reach::kReceiver}, {Role::kSimulator, Reach::kAll}};
}

std::map<Action, Row> MakeRules() {
  const Row care = {{Role::kCareUnit, Reach::kUnits}};
  return {
      {Action::kReadPrincipals, Everybody()},
      {Action::kReadUnit, Units()},
      {Action::kWriteUnit, Arranging()},
      {Action::kReadDevice, With(Fleet(), Role::kAlarmCentre, Reach::kPrincipal)},
      {Action::kRegisterDevice, Supplying()},
      {Action::kProvisionDevice, Supplying()},
      {Action::kConfirmTest, With(Supplying(), Role::kService, Reach::kAll)},
      {Action::kAssign, Arranging()},
      {Action::kReadIdentity, {{Role::kCareUnit, Reach::kUnits}, {Role::kPrincipalAdmin, Reach::kPrincipal}}},
      {Action::kReadChain, Chains()},
      {Action::kWriteChain, Arranging()},
      {Action::kPlan, {{Role::kCareUnit, Reach::kUnits}, {Role::kPrincipalAdmin, Reach::kPrincipal}}},
      {Action::kWriteClient, {{Role::kAdmin, Reach::kAll}}},
      {Action::kReadAudit, Arranging()},
      {Action::kWatchRegistry, {{Role::kService, Reach::kAll}}},
      {Action::kSubmit, With(Supplying(), Role::kSimulator, Reach::kAll)},
      {Action::kSendCommand, Supplying()},
      {Action::kListQuarantine, With(Fleet(), Role::kSimulator, Reach::kNothing)},
      {Action::kReadQuarantine, care},
      {Action::kReadCareData, care},
      {Action::kReadAlert, Alerts()},
      {Action::kAttend, Receivers()},
      {Action::kActOnAlert, Receivers()},
  };
}

}  // namespace

const std::vector<Action>& AllActions() {
  static const std::vector<Action> actions = [] {
    std::vector<Action> list;
    for (const auto& [action, name] : kActionNames) list.push_back(action);
    return list;
  }();
  return actions;
}

std::string_view Name(Action action) {
  return NameIn(kActionNames, action);
}
std::string_view Name(Role role) {
  return NameIn(kRoleNames, role);
}
std::string_view Name(Reach reach) {
  return NameIn(kReachNames, reach);
}

absl::StatusOr<Role> ParseRole(std::string_view name) {
  for (const auto& [role, known] : kRoleNames) {
    if (known == name) return role;
  }
  return absl::InvalidArgumentError("unknown role; see docs/formats/access.md");
}

Reach RuleFor(Role role, Action action) {
  static const std::map<Action, Row> rules = MakeRules();
  const Row& row = rules.at(action);
  const auto found = row.find(role);
  return found == row.end() ? Reach::kNothing : found->second;
}

}  // namespace nara
