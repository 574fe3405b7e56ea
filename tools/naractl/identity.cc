// Who residents are. Names and numbers come by standard input, so that they are in no
// list of processes and no history of a shell.
#include <google/protobuf/util/json_util.h>

#include <iostream>
#include <iterator>

#include "tools/naractl/command.h"
#include "tools/naractl/forms.h"
#include "tools/naractl/list.h"
#include "tools/platform/registry_client.h"

namespace nara::naractl {
namespace {

using registry::v1::Resident;

struct NoOptions {};

struct RegisterOptions {
  std::string id;
  std::string principal;
};

struct UpdateOptions {
  std::string id;
  std::vector<std::string> fields;
};

struct ShowOptions {
  std::string id;
};

struct ListOptions {
  std::string principal;
};

struct AllowOptions {
  std::string id;
  std::string client;
  std::string principal;
  std::string from;
  std::string until;
};

absl::StatusOr<registry::v1::Identity> ReadIdentity() {
  const std::string text{std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
  registry::v1::Identity identity;
  if (google::protobuf::util::JsonStringToMessage(text, &identity).ok()) return identity;
  return absl::InvalidArgumentError(
      R"(standard input holds no identity: {"number": "...", "name": "...", "protection": "PROTECTION_NONE"})");
}

const std::vector<std::string> kHeading = {"RESIDENT", "PRINCIPAL", "IDENTITY", "NUMBER", "NAME"};

std::vector<std::string> Row(const Resident& resident) {
  return {resident.id(), resident.principal(), WordOf("IDENTITY_STATE_", IdentityState_Name(resident.identity_state())),
          resident.identity().number(), resident.identity().name()};
}

void Print(const Session& session, const google::protobuf::RepeatedPtrField<Resident>& residents) {
  Table table{kHeading};
  std::vector<std::string> lines;
  for (const Resident& resident : residents) {
    table.push_back(Row(resident));
    lines.push_back(ToJson(resident));
  }
  session.json ? PrintJsonList(lines) : PrintTable(table);
}

absl::Status Register(Session& session, const RegisterOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  const auto identity = ReadIdentity();
  if (!identity.ok()) return identity.status();
  registry::v1::RegisterResidentRequest request;
  request.set_resident(options.id);
  request.set_principal(options.principal.empty() ? call->persona.principal : options.principal);
  *request.mutable_identity() = *identity;
  const auto made = tools::RegistryClient(call->demo.registry, call->tls, call->reason).RegisterResident(request);
  if (!made.ok()) return made.status();
  PrintLine(session.json ? ToJson(*made) : made->resident());
  return absl::OkStatus();
}

absl::Status Update(Session& session, const UpdateOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls, call->reason);
  const auto identity = ReadIdentity();
  if (!identity.ok()) return identity.status();
  registry::v1::GetResidentRequest known;
  known.set_resident(options.id);
  const auto stored = registry.GetResident(known);
  if (!stored.ok()) return stored.status();
  registry::v1::UpdateIdentityRequest request;
  request.set_resident(options.id);
  *request.mutable_identity() = *identity;
  for (const std::string& field : options.fields) request.mutable_update_mask()->add_paths(field);
  request.set_revision(stored->resident().revision());
  const auto updated = registry.UpdateIdentity(request);
  if (!updated.ok()) return updated.status();
  PrintLine(session.json ? ToJson(*updated) : "resident " + options.id + " changed");
  return absl::OkStatus();
}

absl::Status Show(Session& session, const ShowOptions& options) {
  const auto call = session.Begin("care_unit");
  if (!call.ok()) return call.status();
  registry::v1::GetResidentRequest request;
  request.set_resident(options.id);
  const auto got = tools::RegistryClient(call->demo.registry, call->tls, call->reason).GetResident(request);
  if (!got.ok()) return got.status();
  session.json ? PrintJsonList({ToJson(got->resident())}) : PrintTable({kHeading, Row(got->resident())});
  return absl::OkStatus();
}

absl::Status Find(Session& session, const NoOptions& /*options*/) {
  const auto call = session.Begin("care_unit");
  if (!call.ok()) return call.status();
  registry::v1::FindResidentsRequest request;
  std::string number;
  std::getline(std::cin, number);
  request.set_number(number);
  const auto found = tools::RegistryClient(call->demo.registry, call->tls, call->reason).FindResidents(request);
  if (!found.ok()) return found.status();
  Print(session, found->residents());
  return absl::OkStatus();
}

absl::Status List(Session& session, const ListOptions& options) {
  const auto call = session.Begin("care_unit");
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls, call->reason);
  registry::v1::ListResidentsRequest request;
  request.set_principal(options.principal);
  request.set_page_size(1000);
  const auto ask = [&](const std::string& token) {
    request.set_page_token(token);
    return registry.ListResidents(request);
  };
  const auto items = [](const auto& page) -> const auto& { return page.residents(); };
  return PrintList(session, {kHeading}, ask, items, Row);
}

absl::Status Allow(Session& session, const AllowOptions& options) {
  const auto call = session.BeginAdmin();
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls, call->reason);
  registry::v1::PutProtectedAccessRequest request;
  auto& access = *request.mutable_protected_access();
  access.set_id(options.id);
  access.set_client(options.client);
  access.set_principal(options.principal);
  if (absl::Status status = SetPeriod(options.from, options.until, access); !status.ok()) return status;
  registry::v1::ListProtectedAccessRequest known;
  known.set_page_size(1000);
  const auto ask = [&](const std::string& token) {
    known.set_page_token(token);
    return registry.ListProtectedAccess(known);
  };
  const auto items = [](const auto& page) -> const auto& { return page.protected_access(); };
  const absl::Status read = ForEachItem(ask, items, [&](const registry::v1::ProtectedAccess& one) {
    if (one.id() == options.id) KeepOf(one, options.until, access);
  });
  if (!read.ok()) return read;
  const auto put = registry.PutProtectedAccess(request);
  if (!put.ok()) return put.status();
  PrintLine(session.json ? ToJson(put->protected_access()) : put->protected_access().id());
  return absl::OkStatus();
}

// Piece by piece, until nothing has an older key.
absl::Status Rotate(Session& session, const NoOptions& /*options*/) {
  const auto call = session.BeginAdmin();
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls, call->reason);
  registry::v1::RotateIdentityKeysResponse last;
  do {
    const auto rotated = registry.RotateIdentityKeys({});
    if (!rotated.ok()) return rotated.status();
    last = *rotated;
    PrintLine(session.json ? ToJson(last) : std::to_string(last.left()) + " left with an older key than " + last.key());
  } while (last.left() > 0);
  return absl::OkStatus();
}

void DescribeAllow(CLI::App& command, AllowOptions& options) {
  command.add_option("client", options.client, "the client")->required();
  command.add_option("--principal", options.principal, "of whose residents")->required();
  command.add_option("--id", options.id, "of the right; name it to end one");
  command.add_option("--from", options.from, "first day")->required();
  command.add_option("--until", options.until, "the day from which no more; open: none");
}

void DescribeRegister(CLI::App& command, RegisterOptions& options) {
  command.add_option("--id", options.id, "an opaque id; by default given by the registry");
  command.add_option("--principal", options.principal, "by default the persona's");
}

void DescribeUpdate(CLI::App& command, UpdateOptions& options) {
  command.add_option("id", options.id, "the resident")->required();
  command.add_option("--field", options.fields, "number, name, registered_municipality, protection; also several")
      ->required();
}

}  // namespace

void AddIdentityCommands(CLI::App& app, Session& session) {
  CLI::App& group = *app.add_subcommand("identity", "Who residents are; what says so is read from standard input.");
  group.require_subcommand(1);
  AddCommand<RegisterOptions>(group, session, "register", "Gives a resident an identity (JSON).", DescribeRegister,
                              Register);
  AddCommand<UpdateOptions>(group, session, "update", "Changes fields of an identity (JSON).", DescribeUpdate, Update);
  AddCommand<ShowOptions>(
      group, session, "show", "Shows a resident.",
      [](CLI::App& command, ShowOptions& options) { command.add_option("id", options.id, "the resident")->required(); },
      Show);
  AddCommand<NoOptions>(group, session, "find", "Finds residents by a number.", [](CLI::App&, NoOptions&) {}, Find);
  AddCommand<ListOptions>(
      group, session, "list", "Lists residents.",
      [](CLI::App& command, ListOptions& options) {
        command.add_option("--principal", options.principal, "only of this principal");
      },
      List);
  AddCommand<AllowOptions>(group, session, "allow", "Lets a client see protected identities.", DescribeAllow, Allow);
  AddCommand<NoOptions>(
      group, session, "rotate", "Encrypts all again with the newest key.", [](CLI::App&, NoOptions&) {}, Rotate);
}

}  // namespace nara::naractl
