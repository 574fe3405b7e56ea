#include "tools/naractl/command.h"
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
  tools::RegistryClient registry(call->demo.registry, call->tls);
  registry::v1::ListReceiversRequest request;
  request.set_principal(options.principal);
  Table table{{"RECEIVER", "PRINCIPAL", "KIND", "COMPETENCES"}};
  std::vector<std::string> lines;
  const absl::Status status = ForEachPage([&](const std::string& token) -> absl::StatusOr<std::string> {
    request.set_page_token(token);
    const auto page = registry.ListReceivers(request);
    if (!page.ok()) return page.status();
    for (const auto& receiver : page->receivers()) {
      table.push_back({receiver.id(), receiver.principal(), registry::v1::ReceiverKind_Name(receiver.kind()).substr(14),
                       CompetencesOf(receiver)});
      lines.push_back(ToJson(receiver));
    }
    return page->next_page_token();
  });
  if (!status.ok()) return status;
  session.json ? PrintJsonList(lines) : PrintTable(table);
  return absl::OkStatus();
}

absl::Status Put(Session& session, const PutOptions& options) {
  registry::v1::PutReceiverRequest request;
  if (absl::Status read = FromJsonFile(options.file, *request.mutable_receiver()); !read.ok()) return read;
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  const auto put = tools::RegistryClient(call->demo.registry, call->tls).PutReceiver(request);
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
