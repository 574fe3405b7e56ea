#include "tools/naractl/command.h"
#include "tools/naractl/list.h"
#include "tools/platform/registry_client.h"

namespace nara::naractl {
namespace {

struct ListOptions {
  std::string principal;
};

struct PutOptions {
  std::string file;
};

std::string CompetencesOf(const registry::v1::Receiver& receiver) {
  std::string text;
  for (const auto& competence : receiver.competences()) text += (text.empty() ? "" : " ") + competence.name();
  return text;
}

absl::Status List(Session& session, const ListOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls, call->reason);
  registry::v1::ListReceiversRequest request;
  request.set_principal(options.principal);
  const auto ask = [&](const std::string& token) {
    request.set_page_token(token);
    return registry.ListReceivers(request);
  };
  const auto items = [](const auto& page) -> const auto& { return page.receivers(); };
  return PrintList(session, {{"RECEIVER", "PRINCIPAL", "KIND", "COMPETENCES"}}, ask, items,
                   [](const auto& receiver) -> std::vector<std::string> {
                     return {receiver.id(), receiver.principal(), ReceiverKind_Name(receiver.kind()).substr(14),
                             CompetencesOf(receiver)};
                   });
}

absl::Status Put(Session& session, const PutOptions& options) {
  registry::v1::PutReceiverRequest request;
  if (absl::Status read = FromJsonFile(options.file, *request.mutable_receiver()); !read.ok()) return read;
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  const auto put = tools::RegistryClient(call->demo.registry, call->tls, call->reason).PutReceiver(request);
  if (!put.ok()) return put.status();
  PrintLine(ToJson(put->receiver()));
  return absl::OkStatus();
}

}  // namespace

void AddReceiverCommands(CLI::App& app, Session& session) {
  CLI::App& group = *app.add_subcommand("receiver", "What the clients that attend are and can do.");
  group.require_subcommand(1);
  AddCommand<ListOptions>(
      group, session, "list", "Lists receivers.",
      [](CLI::App& command, ListOptions& options) {
        command.add_option("--principal", options.principal, "only those of this principal");
      },
      List);
  AddCommand<PutOptions>(
      group, session, "put", "Stores what a receiver is.",
      [](CLI::App& command, PutOptions& options) {
        command.add_option("file", options.file, "a receiver as JSON; - for standard input")->required();
      },
      Put);
}

}  // namespace nara::naractl
