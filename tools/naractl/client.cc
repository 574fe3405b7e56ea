#include "common/access/access_table.h"
#include "common/hash/random.h"
#include "tools/naractl/command.h"
#include "tools/naractl/edits.h"
#include "tools/naractl/list.h"
#include "tools/platform/registry_client.h"

namespace nara::naractl {
namespace {

struct PutOptions {
  std::string id;
  Edits<registry::v1::Client> edits;
};

struct ListOptions {};

struct OneOptions {
  std::string id;
};

std::vector<std::string> Row(const registry::v1::Client& client) {
  std::string units;
  for (const std::string& unit : client.units()) units += (units.empty() ? "" : ",") + unit;
  return {client.id(),
          client.role(),
          client.principal(),
          units,
          client.token_sha256().empty() ? "" : "yes",
          client.revoked() ? "yes" : ""};
}

// The client as it is; empty when there is none.
absl::StatusOr<registry::v1::Client> Find(tools::RegistryClient& registry, const std::string& id) {
  registry::v1::ListClientsRequest request;
  request.set_client(id);
  const auto found = registry.ListClients(request);
  if (!found.ok()) return found.status();
  return found->clients_size() == 0 ? registry::v1::Client() : found->clients(0);
}

absl::Status Store(Session& session, tools::RegistryClient& registry, const registry::v1::Client& client,
                   const std::string& done) {
  registry::v1::PutClientRequest request;
  *request.mutable_client() = client;
  request.mutable_client()->clear_revision();
  const auto put = registry.PutClient(request);
  if (!put.ok()) return put.status();
  PrintLine(session.json ? ToJson(put->client()) : done);
  return absl::OkStatus();
}

absl::Status Put(Session& session, const PutOptions& options) {
  const auto call = session.BeginAdmin();
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls, call->reason);
  auto client = Find(registry, options.id);
  if (!client.ok()) return client.status();
  client->set_id(options.id);
  if (absl::Status status = Apply(options.edits, *client); !status.ok()) return status;
  if (client->role().empty()) return absl::InvalidArgumentError("a client has a role: give --role");
  return Store(session, registry, *client, "client " + options.id + " stored");
}

absl::Status List(Session& session, const ListOptions&) {
  const auto call = session.BeginAdmin();
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls, call->reason);
  registry::v1::ListClientsRequest request;
  request.set_page_size(1000);
  const auto ask = [&](const std::string& token) {
    request.set_page_token(token);
    return registry.ListClients(request);
  };
  const auto items = [](const auto& page) -> const auto& { return page.clients(); };
  return PrintList(session, {{"CLIENT", "ROLE", "PRINCIPAL", "UNITS", "TOKEN", "REVOKED"}}, ask, items, Row);
}

// Changes one that is there.
absl::Status Change(Session& session, const std::string& id, const std::string& done,
                    const std::function<absl::Status(registry::v1::Client&)>& change) {
  const auto call = session.BeginAdmin();
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls, call->reason);
  auto client = Find(registry, id);
  if (!client.ok()) return client.status();
  if (client->id().empty()) return absl::NotFoundError("no client " + id + "; client list shows them");
  if (absl::Status status = change(*client); !status.ok()) return status;
  return Store(session, registry, *client, done);
}

absl::Status Revoke(Session& session, const OneOptions& options) {
  return Change(session, options.id, "client " + options.id + " revoked", [](registry::v1::Client& client) {
    client.set_revoked(true);
    return absl::OkStatus();
  });
}

absl::Status SetToken(const std::string& token, registry::v1::Client& client) {
  if (client.revoked()) {
    return absl::FailedPreconditionError("client " + client.id() +
                                         " is revoked, and a token would not let it in: client put " + client.id() +
                                         " --restore first");
  }
  client.set_token_sha256(TokenHash(token));
  return absl::OkStatus();
}

absl::Status Token(Session& session, const OneOptions& options) {
  const std::string token = RandomHex(32);
  // Printed after it works, and by this command alone.
  const absl::Status stored = Change(session, options.id, "client " + options.id + " has a new token:",
                                     [&](registry::v1::Client& client) { return SetToken(token, client); });
  if (stored.ok()) PrintLine(session.json ? "{\"token\":\"" + token + "\"}" : token);
  return stored;
}

void SetUnits(const std::vector<std::string>& units, registry::v1::Client& client) {
  client.clear_units();
  for (const std::string& unit : units) {
    if (!unit.empty()) client.add_units(unit);
  }
}

void DescribePut(CLI::App& command, PutOptions& options) {
  using registry::v1::Client;
  using Text = std::string;
  auto& edits = options.edits;
  command.add_option("id", options.id, "the client's id: the common name of its certificate")->required();
  AddEdit<Text>(command, "--role", "as docs/formats/access.md lists them", edits,
                [](const Text& text, Client& client) { client.set_role(text); });
  AddEdit<Text>(command, "--principal", "on whose behalf; of a new one by default the whole county", edits,
                [](const Text& text, Client& client) { client.set_principal(text); });
  AddEdit<std::vector<Text>>(command, "--unit", "units, all of them; of a new one by default all of the principal",
                             edits, SetUnits);
  command.add_flag_callback(
      "--restore",
      [&edits] {
        edits.push_back([](Client& client) {
          client.set_revoked(false);
          return absl::OkStatus();
        });
      },
      "lifts its revocation");
}

void DescribeOne(CLI::App& command, OneOptions& options) {
  command.add_option("id", options.id, "the client's id")->required();
}

}  // namespace

void AddClientCommands(CLI::App& app, Session& session) {
  CLI::App& group = *app.add_subcommand("client", "Who may call; as nara-admin.");
  group.require_subcommand(1);
  AddCommand<ListOptions>(group, session, "list", "Lists clients.", [](CLI::App&, ListOptions&) {}, List);
  AddCommand<PutOptions>(group, session, "put", "Registers a client, or changes what is named of it; its token stays.",
                         DescribePut, Put);
  AddCommand<OneOptions>(group, session, "revoke", "Takes all rights from a client; put --restore gives them back.",
                         DescribeOne, Revoke);
  AddCommand<OneOptions>(group, session, "token", "Gives a client a new token for HTTP, shown once.", DescribeOne,
                         Token);
}

}  // namespace nara::naractl
