#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nara::guard {

// Tells a client's publishes from its last will: mosquitto asks about both alike. A will is sent when its connection
// has closed, when a delay after that has passed, or when another connection takes its client id over; it never is
// while the connection has its client id. One thread: the MQTT server's.
class Connections {
 public:
  // `client` is compared, never followed; `serial` is of its certificate, empty without one; `network` is from where it
  // comes. The network of the connection that had the client id until now; nothing when none had it.
  std::optional<std::string> Opened(std::string_view client_id, const void* client, std::string_view serial = "",
                                    std::string_view network = "");

  // Nothing when another connection has the client id by now.
  void Closed(std::string_view client_id, const void* client);

  // True from Opened until Closed, or until another connection has come in under the client id.
  bool Has(std::string_view client_id, const void* client) const;

  using Filter = std::function<bool(std::string_view client_id, std::string_view serial)>;
  // The client ids of those for which `filter` says so.
  std::vector<std::string> Which(const Filter& filter) const;

 private:
  struct Connection {
    const void* client = nullptr;
    std::string serial;
    std::string network;
  };
  std::map<std::string, Connection, std::less<>> by_id_;
};

}  // namespace nara::guard
