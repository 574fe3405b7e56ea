#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace nara::guard {

// Tells a client's publishes from its last will: mosquitto asks about both alike. A will is sent when its connection
// has closed, when a delay after that has passed, or when another connection takes its client id over; it never is
// while the connection has its client id. One thread: the MQTT server's.
class Connections {
 public:
  // `client` is compared, never followed.
  void Opened(std::string_view client_id, const void* client);

  // Nothing when another connection has the client id by now.
  void Closed(std::string_view client_id, const void* client);

  // True from Opened until Closed, or until another connection has come in under the client id.
  bool Has(std::string_view client_id, const void* client) const;

 private:
  std::map<std::string, const void*, std::less<>> by_id_;
};

}  // namespace nara::guard
