#include "absl/strings/numbers.h"
#include "tools/naractl/command.h"
#include "tools/platform/registry_client.h"

namespace nara::naractl {
namespace {

struct GetOptions {
  std::string unit;
  uint32_t version = 0;
};

struct PutOptions {
  std::string unit;
  std::vector<std::string> steps;  // receiver=seconds
  std::string file;                // a chain with targets, in place of steps
};

// "nurse, visit patrol with key, at hours".
std::string TargetsOf(const registry::v1::ChainStep& step) {
  std::string text;
  for (const registry::v1::Target& target : step.targets()) {
    text += text.empty() ? "" : ", ";
    text += (target.role() == registry::v1::TARGET_ROLE_VISIT ? "visit " : "") + target.receiver();
    for (const std::string& name : target.competences()) text += " with " + name;
    if (target.has_schedule()) text += " at hours";
  }
  return step.fallback() && text.empty() ? "fallback" : text;
}

void Print(const Session& session, const registry::v1::Chain& chain) {
  if (session.json) return PrintLine(ToJson(chain));
  Table table{{"STEP", "RECEIVER", "SECONDS", "REPEATS", "TARGETS"}};
  for (int i = 0; i < chain.steps_size(); ++i) {
    const registry::v1::ChainStep& step = chain.steps(i);
    table.push_back({std::to_string(i), step.receiver(), std::to_string(step.accept_seconds()),
                     std::to_string(step.repeats()), TargetsOf(step)});
  }
  PrintLine("unit " + chain.unit() + ", version " + std::to_string(chain.version()));
  PrintTable(table);
}

absl::Status Get(Session& session, const GetOptions& options) {
  const auto call = session.Begin("operator");
  if (!call.ok()) return call.status();
  registry::v1::GetChainRequest request;
  request.set_unit(options.unit);
  request.set_version(options.version);
  const auto chain = tools::RegistryClient(call->demo.registry, call->tls, call->reason).GetChain(request);
  if (!chain.ok()) return chain.status();
  Print(session, chain->chain());
  return absl::OkStatus();
}

absl::Status AddStep(const std::string& text, registry::v1::Chain& chain) {
  const size_t equals = text.rfind('=');
  uint32_t seconds = 0;
  if (equals == std::string::npos || !absl::SimpleAtoi(text.substr(equals + 1), &seconds)) {
    return absl::InvalidArgumentError("\"" + text + "\" is not RECEIVER=SECONDS");
  }
  chain.add_steps()->set_receiver(text.substr(0, equals));
  chain.mutable_steps(chain.steps_size() - 1)->set_accept_seconds(seconds);
  return absl::OkStatus();
}

absl::Status Put(Session& session, const PutOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls, call->reason);
  registry::v1::GetChainRequest current;
  current.set_unit(options.unit);
  const auto known = registry.GetChain(current);
  if (!known.ok() && !absl::IsNotFound(known.status())) return known.status();
  registry::v1::PutChainRequest request;
  if (!options.file.empty()) {
    if (absl::Status s = FromJsonFile(options.file, *request.mutable_chain()); !s.ok()) return s;
  }
  request.mutable_chain()->set_unit(options.unit);
  request.mutable_chain()->set_version(known.ok() ? known->chain().version() + 1 : 1);
  for (const std::string& step : options.steps) {
    if (absl::Status s = AddStep(step, *request.mutable_chain()); !s.ok()) return s;
  }
  const auto put = registry.PutChain(request);
  if (!put.ok()) return put.status();
  Print(session, put->chain());
  return absl::OkStatus();
}

}  // namespace

void AddChainCommands(CLI::App& app, Session& session) {
  CLI::App& group = *app.add_subcommand("chain", "Alarm chains.");
  group.require_subcommand(1);
  AddCommand<GetOptions>(
      group, session, "get", "Shows the chain of a unit.",
      [](CLI::App& command, GetOptions& options) {
        command.add_option("unit", options.unit, "the unit")->required();
        command.add_option("--version", options.version, "by default the current one");
      },
      Get);
  AddCommand<PutOptions>(
      group, session, "put", "Stores a new version of the chain of a unit.",
      [](CLI::App& command, PutOptions& options) {
        command.add_option("unit", options.unit, "the unit")->required();
        CLI::Option* steps = command.add_option("steps", options.steps, "RECEIVER=SECONDS, in order");
        command.add_option("--file", options.file, "a chain with targets as JSON; unit and version are filled in")
            ->excludes(steps);
      },
      Put);
  AddExplainCommands(group, session);
}

}  // namespace nara::naractl
