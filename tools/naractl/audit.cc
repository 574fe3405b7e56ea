// Who changed what, and who looked at whom.
#include <algorithm>

#include "tools/naractl/command.h"
#include "tools/naractl/forms.h"
#include "tools/naractl/list.h"
#include "tools/platform/reason.h"
#include "tools/platform/registry_client.h"

namespace nara::naractl {
namespace {

struct Filter {
  std::string actor;
  std::string since;
  std::string until;
  int count = 100;
};

struct ListOptions : Filter {
  std::string object;
  std::string id;
  std::string principal;
};

struct ReadsOptions : Filter {
  std::string resident;
};

template <typename Request>
absl::Status SetFilter(const Filter& filter, Request& request) {
  request.set_actor(filter.actor);
  request.set_page_size(std::min(filter.count, 1000));
  if (!filter.since.empty()) {
    const auto since = TimeOf(filter.since);
    if (!since.ok()) return since.status();
    *request.mutable_since() = *since;
  }
  if (filter.until.empty()) return absl::OkStatus();
  const auto until = TimeOf(filter.until);
  if (!until.ok()) return until.status();
  *request.mutable_until() = *until;
  return absl::OkStatus();
}

template <typename Entries>
void DecodeReasons(Entries& entries) {
  for (auto& entry : entries) entry.set_reason(tools::DecodeReason(entry.reason()));
}

std::vector<std::string> ChangeRow(const registry::v1::Change& change) {
  return {TextOf(true, change.at()),           change.actor(),  change.action(),
          change.object() + " " + change.id(), change.reason(), change.withheld() ? "withheld" : change.after()};
}

std::vector<std::string> LookRow(const registry::v1::IdentityRead& read) {
  return {TextOf(true, read.at()), read.actor(), read.resident(), read.shown() ? "shown" : "looked for", read.reason()};
}

absl::Status List(Session& session, const ListOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls, call->reason);
  registry::v1::ListChangesRequest request;
  request.set_object(options.object);
  request.set_id(options.id);
  request.set_principal(options.principal);
  if (absl::Status status = SetFilter(options, request); !status.ok()) return status;
  const auto ask = [&](const std::string& token) {
    request.set_page_token(token);
    auto page = registry.ListChanges(request);
    if (page.ok()) DecodeReasons(*page->mutable_changes());
    return page;
  };
  const auto items = [](const auto& page) -> const auto& { return page.changes(); };
  return PrintList(session, {{"AT", "WHO", "DID", "TO", "WHY", "AFTER"}}, ask, items, ChangeRow,
                   {.count = options.count, .option = "--count"});
}

absl::Status Reads(Session& session, const ReadsOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls, call->reason);
  registry::v1::ListIdentityReadsRequest request;
  request.set_resident(options.resident);
  if (absl::Status status = SetFilter(options, request); !status.ok()) return status;
  const auto ask = [&](const std::string& token) {
    request.set_page_token(token);
    auto page = registry.ListIdentityReads(request);
    if (page.ok()) DecodeReasons(*page->mutable_reads());
    return page;
  };
  const auto items = [](const auto& page) -> const auto& { return page.reads(); };
  return PrintList(session, {{"AT", "WHO", "RESIDENT", "WHAT", "WHY"}}, ask, items, LookRow,
                   {.count = options.count, .option = "--count"});
}

void DescribeFilter(CLI::App& command, Filter& filter) {
  command.add_option("--actor", filter.actor, "only what this client did");
  command.add_option("--since", filter.since, "a day or a time");
  command.add_option("--until", filter.until, "a day or a time, itself excluded");
  command.add_option("--count", filter.count, "at most so many, the newest")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
}

}  // namespace

void AddAuditCommands(CLI::App& app, Session& session) {
  CLI::App& group = *app.add_subcommand("audit", "Who changed what, and who looked at whom.");
  group.require_subcommand(1);
  AddCommand<ListOptions>(
      group, session, "list", "Lists what was changed, the newest first.",
      [](CLI::App& command, ListOptions& options) {
        command.add_option("--object", options.object, "of what kind: device, assignment, unit ...");
        command.add_option("--id", options.id, "of one object; with --object");
        command.add_option("--principal", options.principal, "what was this principal's then");
        DescribeFilter(command, options);
      },
      List);
  AddCommand<ReadsOptions>(
      group, session, "reads", "Lists who was shown who a resident is, the newest first.",
      [](CLI::App& command, ReadsOptions& options) {
        command.add_option("--resident", options.resident, "only looks at this one");
        DescribeFilter(command, options);
      },
      Reads);
}

}  // namespace nara::naractl
