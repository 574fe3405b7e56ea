#include "alert_router/messages.h"

#include "alert_router/proto_time.h"

namespace nara::alert {

v1::Alert ToMessage(const Alert& alert) {
  v1::Alert message;
  message.set_id(alert.id);
  message.set_device(alert.key.device);
  message.set_kind(alert.key.kind);
  message.set_episode(alert.key.episode);
  message.set_resident(alert.resident);
  message.set_principal(alert.principal);
  message.set_unit(alert.unit);
  message.set_chain_version(alert.chain.version);
  message.set_step(alert.step);
  message.set_state(static_cast<v1::State>(alert.state));
  message.set_version(alert.version);
  *message.mutable_effective_at() = ToTimestamp(alert.effective_at);
  *message.mutable_raised_at() = ToTimestamp(alert.raised_at);
  if (alert.next_action_at) *message.mutable_next_action_at() = ToTimestamp(*alert.next_action_at);
  message.set_receiver(alert.receiver);
  message.set_operator_(alert.operator_id);
  message.set_event_id(alert.event_id);
  message.set_product(alert.product);
  return message;
}

v1::HistoryEntry ToMessage(const HistoryEntry& entry) {
  v1::HistoryEntry message;
  message.set_version(entry.version);
  *message.mutable_at() = ToTimestamp(entry.at);
  message.set_action(entry.action);
  message.set_state(static_cast<v1::State>(entry.state));
  message.set_step(entry.step);
  message.set_receiver(entry.receiver);
  message.set_actor(entry.actor);
  message.set_reason(entry.reason);
  return message;
}

v1::Heartbeat ToMessage(const Pulse& pulse) {
  v1::Heartbeat message;
  *message.mutable_at() = ToTimestamp(pulse.at);
  message.set_oldest_unrouted_ms(pulse.oldest_unrouted.count());
  for (const std::string& person : pulse.operators) message.add_operators(person);
  return message;
}

}  // namespace nara::alert
