#include "common/time/proto_time.h"
#include "common/time/text.h"
#include "tools/naractl/command.h"
#include "tools/naractl/forms.h"
#include "tools/naractl/list.h"
#include "tools/platform/registry_client.h"

namespace nara::naractl {
namespace {

struct ExplainOptions {
  std::string device;
  std::string at;
};

struct CheckOptions {
  std::string principal;
};

struct LeadOptions {
  std::string device;
  std::string lead;
  std::string before;
};

// "VENDOR" of "CHAIN_LEAD_VENDOR".
std::string Short(const std::string& name, const std::string& prefix) {
  return name.substr(prefix.size());
}

std::string LeadName(registry::v1::ChainLead lead) {
  return Short(registry::v1::ChainLead_Name(lead), "CHAIN_LEAD_");
}

std::string WhyOf(const registry::v1::ReachedTarget& target) {
  if (target.skipped() == registry::v1::SKIP_REASON_UNSPECIFIED) return "can act";
  std::string why = Short(registry::v1::SkipReason_Name(target.skipped()), "SKIP_REASON_");
  for (const std::string& name : target.missing()) why += " " + name;
  return why;
}

void Print(const registry::v1::ExplainChainResponse& explained) {
  const std::string version = explained.version() == 0 ? "no chain: the fallback receiver is told"
                                                       : "version " + std::to_string(explained.version());
  PrintLine("at " + FormatRfc3339Millis(FromProto(explained.at())) + ": unit " + explained.unit() + ", " + version);
  PrintLine("leads: " + LeadName(explained.lead()));
  Table table{{"STEP", "TARGET", "ROLE", "SECONDS", "REPEATS", "THEN"}};
  for (const auto& step : explained.steps()) {
    for (const auto& target : step.targets()) {
      table.push_back({std::to_string(step.step()) + (step.fallback() ? " fallback" : ""), target.receiver(),
                       target.role() == registry::v1::TARGET_ROLE_VISIT ? "visit" : "answer",
                       std::to_string(step.accept_seconds()), std::to_string(step.repeats()), WhyOf(target)});
    }
  }
  PrintTable(table);
}

absl::Status Explain(Session& session, const ExplainOptions& options) {
  registry::v1::ExplainChainRequest request;
  request.set_device(options.device);
  if (!options.at.empty()) {
    const auto at = ParseRfc3339(options.at);
    if (!at.ok()) return at.status();
    *request.mutable_at() = ToProto(*at);
  }
  const auto call = session.Begin("operator");
  if (!call.ok()) return call.status();
  const auto explained = tools::RegistryClient(call->demo.registry, call->tls, call->reason).ExplainChain(request);
  if (!explained.ok()) return explained.status();
  session.json ? PrintLine(ToJson(*explained)) : Print(*explained);
  return absl::OkStatus();
}

std::vector<std::string> HoleRow(const registry::v1::Hole& hole) {
  return {hole.unit(), std::to_string(hole.version()), Short(registry::v1::HoleKind_Name(hole.kind()), "HOLE_KIND_"),
          FormatRfc3339Millis(FromProto(hole.from())), FormatRfc3339Millis(FromProto(hole.until()))};
}

absl::Status Check(Session& session, const CheckOptions& options) {
  const auto call = session.Begin("operator");
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls, call->reason);
  registry::v1::CheckChainsRequest request;
  request.set_principal(options.principal);
  std::uint64_t units = 0;
  int holes = 0;
  const auto ask = [&](const std::string& token) {
    request.set_page_token(token);
    auto page = registry.CheckChains(request);
    if (page.ok()) units += page->units();
    if (page.ok()) holes += page->holes_size();
    return page;
  };
  const auto items = [](const auto& page) -> const auto& { return page.holes(); };
  const absl::Status status = PrintList(session, {{"UNIT", "VERSION", "HOLE", "FROM", "UNTIL"}}, ask, items, HoleRow);
  if (!status.ok() || session.json) return status;
  PrintLine(std::to_string(units) + " units looked at, " + std::to_string(holes) + " holes");
  return absl::OkStatus();
}

absl::Status Lead(Session& session, const LeadOptions& options) {
  registry::v1::SetChainLeadRequest request;
  request.set_device(options.device);
  const auto lead = EnumOf<registry::v1::ChainLead>("CHAIN_LEAD_", options.lead);
  if (!lead.ok()) return lead.status();
  const auto before = EnumOf<registry::v1::ChainLead>("CHAIN_LEAD_", options.before);
  if (!before.ok()) return before.status();
  request.set_lead(*lead);
  request.set_before(*before);
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  const auto set = tools::RegistryClient(call->demo.registry, call->tls, call->reason).SetChainLead(request);
  if (!set.ok()) return set.status();
  PrintLine(session.json ? ToJson(*set) : options.device + ": " + LeadName(set->lead()) + " leads");
  return absl::OkStatus();
}

}  // namespace

void AddExplainCommands(CLI::App& group, Session& session) {
  AddCommand<ExplainOptions>(
      group, session, "explain", "Who gets an alarm of a device, and who can act?",
      [](CLI::App& command, ExplainOptions& options) {
        command.add_option("--device", options.device, "the device")->required();
        command.add_option("--at", options.at, "when, for example 2026-02-21T03:10:00+01:00; by default now");
      },
      Explain);
  AddCommand<CheckOptions>(
      group, session, "check", "The next 8 days' holes in the chains of a principal.",
      [](CLI::App& command, CheckOptions& options) {
        command.add_option("principal", options.principal, "the principal")->required();
      },
      Check);
  AddCommand<LeadOptions>(
      group, session, "lead", "Says whose chain leads for a device.",
      [](CLI::App& command, LeadOptions& options) {
        command.add_option("device", options.device, "the device")->required();
        command.add_option("lead", options.lead, "NARA, VENDOR or VENDOR_GUARDED")->required();
        command.add_option("--before", options.before, "who leads now")->required();
      },
      Lead);
}

}  // namespace nara::naractl
