#include "device_registry/chains/rows.h"

#include <google/protobuf/util/json_util.h>

#include <map>
#include <string>
#include <utility>

namespace nara::registry {
namespace {

using Version = std::pair<std::string, int>;

Version VersionOf(const Row& row) {
  return {row.String("unit"), row.Int("version")};
}

v1::ChainStep StepOf(const Row& row) {
  v1::ChainStep step;
  step.set_receiver(row.String("receiver"));
  step.set_accept_seconds(static_cast<std::uint32_t>(row.Int("accept_seconds")));
  step.set_repeats(static_cast<std::uint32_t>(row.Int("repeats")));
  step.set_fallback(row.Bool("fallback"));
  return step;
}

v1::Target TargetOf(const Row& row) {
  v1::Target target;
  target.set_receiver(row.String("receiver"));
  target.set_role(static_cast<v1::TargetRole>(row.Int("role")));
  if (!row.IsNull("schedule")) FromJson(row.Text("schedule"), *target.mutable_schedule());
  for (std::string& name : row.Strings("competences")) target.add_competences(std::move(name));
  return target;
}

}  // namespace

void FromJson(std::string_view json, google::protobuf::Message& message) {
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  (void)google::protobuf::util::JsonStringToMessage({json.data(), json.size()}, &message, options);
}

std::vector<v1::Chain> ChainsOf(const Result& chains, const Result& steps, const Result& targets) {
  std::vector<v1::Chain> all;
  std::map<Version, std::size_t> index;
  for (const Row row : chains) {
    v1::Chain& chain = all.emplace_back();
    chain.set_unit(row.String("unit"));
    chain.set_version(static_cast<std::uint32_t>(row.Int("version")));
    chain.set_revision(static_cast<std::uint64_t>(row.Int64("revision")));
    chain.set_holidays(static_cast<v1::HolidayRule>(row.Int("holidays")));
    index[VersionOf(row)] = all.size() - 1;
  }
  std::map<std::pair<Version, int>, v1::ChainStep*> by_step;
  for (const Row row : steps) {
    const auto found = index.find(VersionOf(row));
    if (found == index.end()) continue;
    v1::ChainStep& step = *all[found->second].add_steps();
    step = StepOf(row);
    by_step[{VersionOf(row), row.Int("step")}] = &step;
  }
  for (const Row row : targets) {
    const auto found = by_step.find({VersionOf(row), row.Int("step")});
    if (found != by_step.end()) *found->second->add_targets() = TargetOf(row);
  }
  return all;
}

v1::Receiver ReceiverOf(const Row& row) {
  v1::Receiver receiver;
  if (!row.IsNull("content")) FromJson(row.Text("content"), receiver);
  receiver.set_id(row.String("id"));
  receiver.set_principal(row.OptionalString("principal").value_or(""));
  if (!row.IsNull("revision")) receiver.set_revision(static_cast<std::uint64_t>(row.Int64("revision")));
  return receiver;
}

v1::Plan PlanOf(const Row& row) {
  v1::Plan plan;
  FromJson(row.Text("content"), plan);
  plan.set_revision(static_cast<std::uint64_t>(row.Int64("revision")));
  return plan;
}

}  // namespace nara::registry
