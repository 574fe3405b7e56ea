// Who changed what, and who looked at whom.
#include <algorithm>
#include <utility>

#include "tools/naractl/command.h"
#include "tools/naractl/forms.h"
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

// Prints the newest `count` of what `ask` gives page by page.
template <typename Response, typename Ask, typename Add>
absl::Status PrintNewest(const Session& session, int count, Table table, const Ask& ask, const Add& add) {
  std::vector<std::string> lines;
  const absl::Status status = ForEachPage([&](const std::string& token) -> absl::StatusOr<std::string> {
    const absl::StatusOr<Response> page = ask(token);
    if (!page.ok()) return page.status();
    for (const auto& entry : add(*page)) {
      if (static_cast<int>(lines.size()) == count) return "";
      table.push_back(entry.second);
      lines.push_back(entry.first);
    }
    return static_cast<int>(lines.size()) == count ? "" : page->next_page_token();
  });
  if (!status.ok()) return status;
  session.json ? PrintJsonList(lines) : PrintTable(table);
  return absl::OkStatus();
}

// An entry as JSON and as a row.
using Entry = std::pair<std::string, std::vector<std::string>>;

std::vector<Entry> Changes(const registry::v1::ListChangesResponse& page) {
  std::vector<Entry> entries;
  for (const auto& change : page.changes()) {
    entries.push_back({ToJson(change),
                       {TextOf(true, change.at()), change.actor(), change.action(), change.object() + " " + change.id(),
                        change.reason(), change.withheld() ? "withheld" : change.after()}});
  }
  return entries;
}

std::vector<Entry> Looks(const registry::v1::ListIdentityReadsResponse& page) {
  std::vector<Entry> entries;
  for (const auto& read : page.reads()) {
    entries.push_back({ToJson(read),
                       {TextOf(true, read.at()), read.actor(), read.resident(), read.shown() ? "shown" : "looked for",
                        read.reason()}});
  }
  return entries;
}

absl::Status List(Session& session, const ListOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls);
  registry::v1::ListChangesRequest request;
  request.set_object(options.object);
  request.set_id(options.id);
  request.set_principal(options.principal);
  if (absl::Status status = SetFilter(options, request); !status.ok()) return status;
  const auto ask = [&](const std::string& token) {
    request.set_page_token(token);
    return registry.ListChanges(request);
  };
  return PrintNewest<registry::v1::ListChangesResponse>(session, options.count,
                                                        {{"AT", "WHO", "DID", "TO", "WHY", "AFTER"}}, ask, Changes);
}

absl::Status Reads(Session& session, const ReadsOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls);
  registry::v1::ListIdentityReadsRequest request;
  request.set_resident(options.resident);
  if (absl::Status status = SetFilter(options, request); !status.ok()) return status;
  const auto ask = [&](const std::string& token) {
    request.set_page_token(token);
    return registry.ListIdentityReads(request);
  };
  return PrintNewest<registry::v1::ListIdentityReadsResponse>(session, options.count,
                                                              {{"AT", "WHO", "RESIDENT", "WHAT", "WHY"}}, ask, Looks);
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
