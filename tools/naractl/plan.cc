#include "tools/naractl/command.h"
#include "tools/naractl/list.h"
#include "tools/platform/registry_client.h"

namespace nara::naractl {
namespace {

struct GetOptions {
  std::string resident;
  uint32_t version = 0;
};

struct ListOptions {
  std::string resident;
};

struct PutOptions {
  std::string file;
};

// As JSON: what people change and put again.
absl::Status Get(Session& session, const GetOptions& options) {
  const auto call = session.Begin("care_unit");
  if (!call.ok()) return call.status();
  registry::v1::GetPlanRequest request;
  request.set_resident(options.resident);
  request.set_version(options.version);
  const auto plan = tools::RegistryClient(call->demo.registry, call->tls, call->reason).GetPlan(request);
  if (!plan.ok()) return plan.status();
  PrintLine(ToJson(plan->plan()));
  return absl::OkStatus();
}

absl::Status List(Session& session, const ListOptions& options) {
  const auto call = session.Begin("care_unit");
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls, call->reason);
  registry::v1::ListPlansRequest request;
  request.set_resident(options.resident);
  const auto ask = [&](const std::string& token) {
    request.set_page_token(token);
    return registry.ListPlans(request);
  };
  const auto items = [](const auto& page) -> const auto& { return page.plans(); };
  return PrintList(session, {{"VERSION", "MEASUREMENTS", "CHECKS", "LIMITS"}}, ask, items,
                   [](const auto& plan) -> std::vector<std::string> {
                     return {std::to_string(plan.version()), std::to_string(plan.measurements_size()),
                             std::to_string(plan.checks_size()), std::to_string(plan.limits_size())};
                   });
}

absl::Status Put(Session& session, const PutOptions& options) {
  registry::v1::PutPlanRequest request;
  if (absl::Status read = FromJsonFile(options.file, *request.mutable_plan()); !read.ok()) return read;
  const auto call = session.Begin("care_unit");
  if (!call.ok()) return call.status();
  const auto put = tools::RegistryClient(call->demo.registry, call->tls, call->reason).PutPlan(request);
  if (!put.ok()) return put.status();
  PrintLine(ToJson(put->plan()));
  return absl::OkStatus();
}

}  // namespace

void AddPlanCommands(CLI::App& app, Session& session) {
  CLI::App& group = *app.add_subcommand("plan", "What is planned for residents, and their limits.");
  group.require_subcommand(1);
  AddCommand<GetOptions>(
      group, session, "get", "Shows the plan of a resident.",
      [](CLI::App& command, GetOptions& options) {
        command.add_option("resident", options.resident, "the resident")->required();
        command.add_option("--version", options.version, "by default the newest");
      },
      Get);
  AddCommand<ListOptions>(
      group, session, "list", "Lists the versions of a resident's plan.",
      [](CLI::App& command, ListOptions& options) {
        command.add_option("resident", options.resident, "the resident")->required();
      },
      List);
  AddCommand<PutOptions>(
      group, session, "put", "Stores a new version of a plan.",
      [](CLI::App& command, PutOptions& options) {
        command.add_option("file", options.file, "a plan as JSON; - for standard input")->required();
      },
      Put);
}

}  // namespace nara::naractl
