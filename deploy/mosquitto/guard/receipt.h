#pragma once

#include <string>
#include <string_view>

#include "deploy/mosquitto/guard/rules.h"

namespace nara::guard {

// A refused publish as the device should read it: MQTT 3.1.1 has no word for it, and mosquitto acknowledges it as a
// success before it closes the connection.
struct RefusedReceipt {
  std::string topic;    // the device's own receipt topic
  std::string payload;  // a receipt without an epoch that rejects the payload with reason "topic_denied"
};

// In the encoding of the topic that `device` wrote to. Written by hand: the plugin carries no protobuf library into the
// MQTT server.
RefusedReceipt MakeRefusedReceipt(std::string_view device, std::string_view topic, Refusal refusal);

}  // namespace nara::guard
