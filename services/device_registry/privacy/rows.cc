#include "device_registry/privacy/rows.h"

#include <map>
#include <string>

#include "common/time/proto_time.h"

namespace nara::registry {
namespace {

// Columns start_at, which may be empty, end_at and revision.
template <typename Message>
void ReadPeriod(const Row& row, Message& message) {
  if (const auto start = row.OptionalTime("start_at")) *message.mutable_start_at() = ToProto(*start);
  if (const auto end = row.OptionalTime("end_at")) *message.mutable_end_at() = ToProto(*end);
  message.set_revision(static_cast<std::uint64_t>(row.Int64("revision")));
}

v1::Consent ConsentOf(const Row& row) {
  v1::Consent consent;
  consent.set_id(row.String("id"));
  consent.set_resident(row.String("resident"));
  consent.set_giver(static_cast<v1::ConsentGiver>(row.Int("giver")));
  consent.set_cohabitant(row.String("cohabitant"));
  consent.set_cohabitants(static_cast<std::uint32_t>(row.Int("cohabitants")));
  consent.set_use(static_cast<v1::DataUse>(row.Int("use")));
  consent.set_form(static_cast<v1::ConsentForm>(row.Int("form")));
  if (const auto at = row.OptionalTime("withdrawn_at")) *consent.mutable_withdrawn_at() = ToProto(*at);
  consent.set_withdrawn_reason(row.String("withdrawn_reason"));
  ReadPeriod(row, consent);
  return consent;
}

v1::ConsentRecipient RecipientOf(const Row& row) {
  v1::ConsentRecipient recipient;
  recipient.set_provider(row.OptionalString("provider").value_or(""));
  recipient.set_unit(row.OptionalString("unit").value_or(""));
  recipient.set_client(row.OptionalString("client").value_or(""));
  return recipient;
}

}  // namespace

std::vector<v1::Consent> ConsentsOf(const Result& consents, const Result& recipients) {
  std::vector<v1::Consent> found;
  std::map<std::string, std::size_t> index;
  for (const Row row : consents) {
    index[row.String("id")] = found.size();
    found.push_back(ConsentOf(row));
  }
  for (const Row row : recipients) {
    const auto consent = index.find(row.String("consent"));
    if (consent != index.end()) *found[consent->second].add_recipients() = RecipientOf(row);
  }
  return found;
}

v1::Block BlockOf(const Row& row) {
  v1::Block block;
  block.set_id(row.String("id"));
  block.set_resident(row.String("resident"));
  block.set_provider(row.String("provider"));
  block.set_unit(row.OptionalString("unit").value_or(""));
  for (const std::string& use : row.Strings("uses")) block.add_uses(static_cast<v1::DataUse>(std::stoi(use)));
  if (const auto at = row.OptionalTime("lifted_at")) *block.mutable_lifted_at() = ToProto(*at);
  block.set_lifted_reason(row.String("lifted_reason"));
  ReadPeriod(row, block);
  return block;
}

}  // namespace nara::registry
