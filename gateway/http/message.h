#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

// Requests and responses without a library's types, so that what answers them is tested as plain functions.
namespace nara::gateway {

class EventQueue;

struct Request {
  std::string method;                          // upper case
  std::string path;                            // percent-decoded, without the query
  std::map<std::string, std::string> query;    // percent-decoded; the last of a repeated key counts
  std::map<std::string, std::string> headers;  // names in lower case
  std::map<std::string, std::string> cookies;
  std::string address;  // of the client; of IPv6 the network
  std::string body;     // at most Server::Options::max_body bytes

  // "" when absent.
  std::string Header(const std::string& name) const { return Find(headers, name); }
  std::string Query(const std::string& key) const { return Find(query, key); }
  std::string Cookie(const std::string& name) const { return Find(cookies, name); }

 private:
  static std::string Find(const std::map<std::string, std::string>& map, const std::string& key) {
    const auto found = map.find(key);
    return found == map.end() ? "" : found->second;
  }
};

struct Response {
  int status = 200;
  std::string content_type;
  std::string body;
  // When set, this is the body: text that many responses share, so that many slow readers cost no copies.
  std::shared_ptr<const std::string> shared_body;
  std::vector<std::pair<std::string, std::string>> headers;
  // Set by the router, for the metrics: "METHOD pattern", "web" for what the fallback answered, "none" for what nobody
  // did.
  std::string route;
  // Server-sent events: when set, they follow the header until the queue is closed, and there is no body.
  std::shared_ptr<EventQueue> events;

  // What is sent after the header.
  const std::string& Body() const { return shared_body ? *shared_body : body; }
};

// Splits a request target into path and query, both percent-decoded. False for a target that is malformed, holds a NUL
// or climbs with "..".
bool ParseTarget(const std::string& target, Request& request);

// Fills cookies from a Cookie header.
void ParseCookies(const std::string& header, Request& request);

}  // namespace nara::gateway
