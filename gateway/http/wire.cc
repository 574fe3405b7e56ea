#include "gateway/http/wire.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cctype>

namespace nara::gateway {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

// React Aria writes one style element of its own; this is its hash. Everything else comes from our own files.
constexpr char kPolicy[] =
    "default-src 'self'; style-src 'self' 'sha256-38RhXrc7EdReTKsOm23ZPOCUgniTUUcjky8QOOrQx6o='; frame-ancestors "
    "'none'; base-uri 'none'; "
    "form-action 'self'; object-src 'none'";

constexpr std::size_t kNetworkBytes = 8;  // of an IPv6 address

std::string Text(beast::string_view text) {
  return {text.data(), text.size()};
}

void SetOption(tcp::socket& socket, int level, int name, std::int64_t value) {
  const int number = static_cast<int>(value);
  setsockopt(socket.native_handle(), level, name, &number, sizeof number);
}

}  // namespace

bool Convert(const Message& message, Request& request) {
  request.method = Text(message.method_string());
  for (const auto& field : message) {
    std::string name = Text(field.name_string());
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    request.headers[name] = Text(field.value());
  }
  ParseCookies(request.Header("cookie"), request);
  request.body = message.body();
  return ParseTarget(Text(message.target()), request);
}

void SetHeaders(http::fields& out, const Response& response, bool secure) {
  out.set(http::field::content_type, response.content_type);
  out.set(http::field::cache_control, "no-store");
  out.set("x-content-type-options", "nosniff");
  out.set("referrer-policy", "no-referrer");
  out.set("content-security-policy", kPolicy);
  if (secure) out.set("strict-transport-security", "max-age=31536000");
  for (const auto& [name, value] : response.headers) out.set(name, value);
}

std::string CountedAddress(const tcp::socket& socket) {
  boost::system::error_code error;
  const asio::ip::address address = socket.remote_endpoint(error).address();
  if (error || address.is_v4()) return address.to_string();
  const asio::ip::address_v6 v6 = address.to_v6();
  if (v6.is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, v6).to_string();
  asio::ip::address_v6::bytes_type network = v6.to_bytes();
  std::fill(network.begin() + kNetworkBytes, network.end(), 0);
  return asio::ip::address_v6(network).to_string();
}

void Prepare(tcp::socket& socket, const Server::Options& options) {
  SetOption(socket, SOL_SOCKET, SO_SNDBUF, options.send_buffer);
  SetOption(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  SetOption(socket, IPPROTO_TCP, TCP_KEEPIDLE, std::max<std::int64_t>(1, absl::ToInt64Seconds(options.patience / 2)));
  SetOption(socket, IPPROTO_TCP, TCP_KEEPINTVL, 1);
  SetOption(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, absl::ToInt64Milliseconds(options.patience));
}

}  // namespace nara::gateway
