// Consents and blocks of residents.
#include "tools/naractl/command.h"
#include "tools/naractl/forms.h"
#include "tools/naractl/list.h"
#include "tools/platform/registry_client.h"

namespace nara::naractl {
namespace {

struct FileOptions {
  std::string file;
};

struct EndOptions {
  std::string id;
  std::string reason;
};

struct ResidentOptions {
  std::string resident;
};

struct BlockOptions {
  std::string id;
  std::string resident;
  std::string provider;
  std::string unit;
  std::vector<std::string> uses = {"care"};
  std::string from;
  std::string until;
};

std::string InForceText(const registry::v1::InForce& in_force) {
  std::string text = "in force; confirmed by " + std::to_string(in_force.confirmed());
  for (const std::string& consumer : in_force.lease_ended()) text += ", lease ended: " + consumer;
  return text;
}

std::string RecipientsOf(const registry::v1::Consent& consent) {
  std::string text;
  for (const auto& recipient : consent.recipients()) {
    text += (text.empty() ? "" : " ") + recipient.provider() + recipient.unit() + recipient.client();
  }
  return text;
}

std::string UsesOf(const registry::v1::Block& block) {
  std::string text;
  for (const int use : block.uses()) {
    const std::string name = registry::v1::DataUse_Name(static_cast<registry::v1::DataUse>(use));
    text += (text.empty() ? "" : " ") + WordOf("DATA_USE_", name);
  }
  return text;
}

absl::Status PutConsent(Session& session, const FileOptions& options) {
  registry::v1::PutConsentRequest request;
  if (absl::Status read = FromJsonFile(options.file, *request.mutable_consent()); !read.ok()) return read;
  const auto call = session.Begin("care_unit");
  if (!call.ok()) return call.status();
  const auto put = tools::RegistryClient(call->demo.registry, call->tls, call->reason).PutConsent(request);
  if (!put.ok()) return put.status();
  const std::string force = put->has_in_force() ? ": " + InForceText(put->in_force()) : "";
  PrintLine(session.json ? ToJson(*put) : put->consent().id() + " is stored" + force);
  return absl::OkStatus();
}

absl::Status Withdraw(Session& session, const EndOptions& options) {
  const auto call = session.Begin("care_unit");
  if (!call.ok()) return call.status();
  registry::v1::WithdrawConsentRequest request;
  request.set_consent(options.id);
  request.set_reason(options.reason);
  const auto done = tools::RegistryClient(call->demo.registry, call->tls, call->reason).WithdrawConsent(request);
  if (!done.ok()) return done.status();
  PrintLine(session.json ? ToJson(*done) : options.id + " is withdrawn: " + InForceText(done->in_force()));
  return absl::OkStatus();
}

absl::Status ListConsents(Session& session, const ResidentOptions& options) {
  const auto call = session.Begin("care_unit");
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls, call->reason);
  registry::v1::ListConsentsRequest request;
  request.set_resident(options.resident);
  const auto ask = [&](const std::string& token) {
    request.set_page_token(token);
    return registry.ListConsents(request);
  };
  const auto items = [](const auto& page) -> const auto& { return page.consents(); };
  return PrintList(session, {{"CONSENT", "GIVER", "USE", "RECIPIENTS", "FROM", "UNTIL", "WITHDRAWN"}}, ask, items,
                   [](const auto& consent) -> std::vector<std::string> {
                     return {consent.id(),
                             WordOf("CONSENT_GIVER_", registry::v1::ConsentGiver_Name(consent.giver())),
                             WordOf("DATA_USE_", registry::v1::DataUse_Name(consent.use())),
                             RecipientsOf(consent),
                             TextOf(consent.has_start_at(), consent.start_at()),
                             TextOf(consent.has_end_at(), consent.end_at()),
                             TextOf(consent.has_withdrawn_at(), consent.withdrawn_at())};
                   });
}

absl::StatusOr<registry::v1::SetBlockRequest> RequestOf(const BlockOptions& options) {
  registry::v1::SetBlockRequest request;
  registry::v1::Block& block = *request.mutable_block();
  block.set_id(options.id);
  block.set_resident(options.resident);
  block.set_provider(options.provider);
  block.set_unit(options.unit);
  for (const std::string& word : options.uses) {
    const auto use = EnumOf<registry::v1::DataUse>("DATA_USE_", word);
    if (!use.ok()) return use.status();
    block.add_uses(*use);
  }
  if (!options.from.empty()) {
    const auto from = TimeOf(options.from);
    if (!from.ok()) return from.status();
    *block.mutable_start_at() = *from;
  }
  if (options.until.empty()) return request;
  const auto until = TimeOf(options.until);
  if (!until.ok()) return until.status();
  *block.mutable_end_at() = *until;
  return request;
}

absl::Status SetBlock(Session& session, const BlockOptions& options) {
  const auto request = RequestOf(options);
  if (!request.ok()) return request.status();
  const auto call = session.Begin("care_unit");
  if (!call.ok()) return call.status();
  const auto set = tools::RegistryClient(call->demo.registry, call->tls, call->reason).SetBlock(*request);
  if (!set.ok()) return set.status();
  PrintLine(session.json ? ToJson(*set) : options.id + " is set: " + InForceText(set->in_force()));
  return absl::OkStatus();
}

absl::Status Lift(Session& session, const EndOptions& options) {
  const auto call = session.Begin("care_unit");
  if (!call.ok()) return call.status();
  registry::v1::LiftBlockRequest request;
  request.set_block(options.id);
  request.set_reason(options.reason);
  const auto lifted = tools::RegistryClient(call->demo.registry, call->tls, call->reason).LiftBlock(request);
  if (!lifted.ok()) return lifted.status();
  PrintLine(session.json ? ToJson(lifted->block()) : options.id + " is lifted");
  return absl::OkStatus();
}

absl::Status ListBlocks(Session& session, const ResidentOptions& options) {
  const auto call = session.Begin("care_unit");
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls, call->reason);
  registry::v1::ListBlocksRequest request;
  request.set_resident(options.resident);
  const auto ask = [&](const std::string& token) {
    request.set_page_token(token);
    return registry.ListBlocks(request);
  };
  const auto items = [](const auto& page) -> const auto& { return page.blocks(); };
  return PrintList(session, {{"BLOCK", "PROVIDER", "UNIT", "USES", "FROM", "UNTIL", "LIFTED"}}, ask, items,
                   [](const auto& block) -> std::vector<std::string> {
                     return {block.id(),
                             block.provider(),
                             block.unit(),
                             UsesOf(block),
                             TextOf(block.has_start_at(), block.start_at()),
                             TextOf(block.has_end_at(), block.end_at()),
                             TextOf(block.has_lifted_at(), block.lifted_at())};
                   });
}

void AddEnd(CLI::App& command, EndOptions& options) {
  command.add_option("id", options.id, "which one")->required();
  command.add_option("--reason", options.reason, "why; no personal data");
}

void AddResident(CLI::App& command, ResidentOptions& options) {
  command.add_option("resident", options.resident, "the resident")->required();
}

void AddBlock(CLI::App& command, BlockOptions& options) {
  command.add_option("id", options.id, "chosen by you; the same again is no error")->required();
  command.add_option("--resident", options.resident, "whose data")->required();
  command.add_option("--provider", options.provider, "at which provider")->required();
  command.add_option("--unit", options.unit, "only the data of this unit, for the provider's other units too");
  command.add_option("--use", options.uses, "care, supervision; by default care");
  command.add_option("--from", options.from, "by default now");
  command.add_option("--until", options.until, "by default until it is lifted");
}

}  // namespace

void AddConsentCommands(CLI::App& app, Session& session) {
  CLI::App& group = *app.add_subcommand("consent", "What residents let others see.");
  group.require_subcommand(1);
  AddCommand<FileOptions>(
      group, session, "put", "Stores a consent, or changes it.",
      [](CLI::App& command, FileOptions& options) {
        command.add_option("file", options.file, "a consent as JSON; - for standard input")->required();
      },
      PutConsent);
  AddCommand<EndOptions>(group, session, "withdraw", "Withdraws a consent, for good.", AddEnd, Withdraw);
  AddCommand<ResidentOptions>(group, session, "list", "Lists the consents of a resident.", AddResident, ListConsents);
}

void AddBlockCommands(CLI::App& app, Session& session) {
  CLI::App& group = *app.add_subcommand("block", "What residents keep from others.");
  group.require_subcommand(1);
  AddCommand<BlockOptions>(group, session, "set", "Sets a block; answers when it is in force.", AddBlock, SetBlock);
  AddCommand<EndOptions>(group, session, "lift", "Lifts a block, for good.", AddEnd, Lift);
  AddCommand<ResidentOptions>(group, session, "list", "Lists the blocks of a resident.", AddResident, ListBlocks);
}

}  // namespace nara::naractl
