#include <utility>

#include "absl/strings/str_join.h"
#include "tools/naractl/command.h"
#include "tools/naractl/edits.h"
#include "tools/naractl/forms.h"
#include "tools/naractl/list.h"
#include "tools/platform/registry_client.h"

namespace nara::naractl {
namespace {

using registry::v1::Staff;
using registry::v1::StaffAssignment;

struct ListOptions {
  std::string principal;
};

struct PutOptions {
  std::string id;
  Edits<Staff> edits;
};

struct GiveOptions {
  std::string id;
  std::string staff;
  std::string unit;
  std::vector<std::string> roles;
  std::string from;
  std::string until;
};

struct WhoOptions {
  std::string principal;
  std::string unit;
  std::string staff;
  std::string role;
  std::string at;
};

// Asks for the staff, page by page.
auto StaffPages(tools::RegistryClient& registry, const std::string& principal) {
  registry::v1::ListStaffRequest request;
  request.set_principal(principal);
  request.set_page_size(1000);
  return [&registry, request](const std::string& token) mutable {
    request.set_page_token(token);
    return registry.ListStaff(request);
  };
}

const auto& StaffOf(const registry::v1::ListStaffResponse& page) {
  return page.staff();
}

// Asks for the assignments, page by page.
auto AssignmentPages(tools::RegistryClient& registry, registry::v1::ListStaffAssignmentsRequest request) {
  request.set_page_size(1000);
  return [&registry, request](const std::string& token) mutable {
    request.set_page_token(token);
    return registry.ListStaffAssignments(request);
  };
}

const auto& AssignmentsOf(const registry::v1::ListStaffAssignmentsResponse& page) {
  return page.staff_assignments();
}

absl::Status List(Session& session, const ListOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls, call->reason);
  return PrintList(session, {{"STAFF", "PRINCIPAL", "HSA-ID", "NAME"}}, StaffPages(registry, options.principal),
                   StaffOf, [](const Staff& staff) -> std::vector<std::string> {
                     return {staff.id(), staff.principal(), staff.hsa_id(), staff.name()};
                   });
}

// The person as entered, else a new one.
absl::StatusOr<Staff> Stored(tools::RegistryClient& registry, const std::string& id, const std::string& principal) {
  Staff staff;
  staff.set_id(id);
  staff.set_principal(principal);
  if (id.empty()) return staff;
  const absl::Status read = ForEachItem(StaffPages(registry, ""), StaffOf, [&](const Staff& known) {
    if (known.id() == id) staff = known;
  });
  if (!read.ok()) return read;
  return staff;
}

absl::Status Put(Session& session, const PutOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls, call->reason);
  absl::StatusOr<Staff> staff = Stored(registry, options.id, call->persona.principal);
  if (!staff.ok()) return staff.status();
  if (absl::Status status = Apply(options.edits, *staff); !status.ok()) return status;
  if (staff->name().empty()) return absl::InvalidArgumentError("a person has a name: give --name");
  registry::v1::PutStaffRequest request;
  *request.mutable_staff() = *std::move(staff);
  const auto put = registry.PutStaff(request);
  if (!put.ok()) return put.status();
  PrintLine(session.json ? ToJson(put->staff()) : put->staff().id());
  return absl::OkStatus();
}

absl::StatusOr<StaffAssignment> Wished(const GiveOptions& options) {
  StaffAssignment assignment;
  assignment.set_id(options.id);
  assignment.set_staff(options.staff);
  assignment.set_unit(options.unit);
  for (const std::string& word : options.roles) {
    const auto role = EnumOf<registry::v1::StaffRole>("STAFF_ROLE_", word);
    if (!role.ok()) return role.status();
    assignment.add_roles(*role);
  }
  if (absl::Status status = SetPeriod(options.from, options.until, assignment); !status.ok()) return status;
  return assignment;
}

absl::Status Give(Session& session, const GiveOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls, call->reason);
  absl::StatusOr<StaffAssignment> wished = Wished(options);
  if (!wished.ok()) return wished.status();
  registry::v1::ListStaffAssignmentsRequest known;
  known.set_staff(options.staff);
  const absl::Status read =
      ForEachItem(AssignmentPages(registry, known), AssignmentsOf, [&](const StaffAssignment& one) {
        if (!options.id.empty() && one.id() == options.id) KeepOf(one, options.until, *wished);
      });
  if (!read.ok()) return read;
  registry::v1::PutStaffAssignmentRequest request;
  *request.mutable_staff_assignment() = *wished;
  const auto put = registry.PutStaffAssignment(request);
  if (!put.ok()) return put.status();
  PrintLine(session.json ? ToJson(put->staff_assignment()) : put->staff_assignment().id());
  return absl::OkStatus();
}

absl::StatusOr<registry::v1::ListStaffAssignmentsRequest> Asked(const WhoOptions& options) {
  registry::v1::ListStaffAssignmentsRequest request;
  request.set_principal(options.principal);
  request.set_unit(options.unit);
  request.set_staff(options.staff);
  if (!options.role.empty()) {
    const auto role = EnumOf<registry::v1::StaffRole>("STAFF_ROLE_", options.role);
    if (!role.ok()) return role.status();
    request.set_role(*role);
  }
  if (!options.at.empty()) {
    const auto at = TimeOf(options.at);
    if (!at.ok()) return at.status();
    *request.mutable_at() = *at;
  }
  return request;
}

std::string RolesOf(const StaffAssignment& assignment) {
  std::vector<std::string> words;
  for (const int role : assignment.roles()) {
    words.push_back(WordOf("STAFF_ROLE_", StaffRole_Name(static_cast<registry::v1::StaffRole>(role))));
  }
  return absl::StrJoin(words, " ");
}

absl::Status Who(Session& session, const WhoOptions& options) {
  const auto call = session.Begin("operator");
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls, call->reason);
  const auto request = Asked(options);
  if (!request.ok()) return request.status();
  return PrintList(session, {{"ASSIGNMENT", "STAFF", "UNIT", "ROLES", "FROM", "UNTIL"}},
                   AssignmentPages(registry, *request), AssignmentsOf,
                   [](const StaffAssignment& one) -> std::vector<std::string> {
                     return {one.id(),
                             one.staff(),
                             one.unit(),
                             RolesOf(one),
                             TextOf(true, one.start_at()),
                             TextOf(one.has_end_at(), one.end_at())};
                   });
}

void DescribePut(CLI::App& command, PutOptions& options) {
  using Text = std::string;
  auto& edits = options.edits;
  command.add_option("--id", options.id, "an opaque id; by default given by the registry");
  AddEdit<Text>(command, "--name", "the name", edits, [](const Text& text, Staff& one) { one.set_name(text); });
  AddEdit<Text>(command, "--hsa-id", "the HSA-id", edits, [](const Text& text, Staff& one) { one.set_hsa_id(text); });
  AddEdit<Text>(command, "--principal", "by default the persona's", edits,
                [](const Text& text, Staff& one) { one.set_principal(text); });
}

void DescribeGive(CLI::App& command, GiveOptions& options) {
  command.add_option("staff", options.staff, "the person")->required();
  command.add_option("unit", options.unit, "the unit")->required();
  command.add_option("--role", options.roles, "mas, sas, nurse, ...; also several")->required();
  command.add_option("--id", options.id, "of the assignment; name it to change or end one");
  command.add_option("--from", options.from, "first day")->required();
  command.add_option("--until", options.until, "the day from which no more; open: none");
}

void DescribeWho(CLI::App& command, WhoOptions& options) {
  command.add_option("--principal", options.principal, "only in its units");
  command.add_option("--unit", options.unit, "only in this one");
  command.add_option("--staff", options.staff, "only this person");
  command.add_option("--role", options.role, "only with this role");
  command.add_option("--at", options.at, "only at this time; by default all periods");
}

}  // namespace

void AddStaffCommands(CLI::App& app, Session& session) {
  CLI::App& group = *app.add_subcommand("staff", "People who work for principals, and their roles.");
  group.require_subcommand(1);
  AddCommand<ListOptions>(
      group, session, "list", "Lists a principal's staff with their names.",
      [](CLI::App& command, ListOptions& options) {
        command.add_option("--principal", options.principal, "only of this principal");
      },
      List);
  AddCommand<PutOptions>(group, session, "put", "Enters a person, or changes what is named of the entry.", DescribePut,
                         Put);
  AddCommand<GiveOptions>(group, session, "give", "Gives a person roles in a unit for a period.", DescribeGive, Give);
  AddCommand<WhoOptions>(group, session, "who", "Lists who has which role where.", DescribeWho, Who);
}

}  // namespace nara::naractl
