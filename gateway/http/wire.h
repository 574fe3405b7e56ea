// Between Beast's types and ours: what the parts of the server share.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include "absl/time/time.h"
#include "gateway/http/message.h"
#include "gateway/http/server.h"

namespace nara::gateway {

template <typename T>
using Task = boost::asio::awaitable<T>;
inline constexpr auto kUse = boost::asio::use_awaitable;

using PlainStream = boost::beast::tcp_stream;
using TlsStream = boost::beast::ssl_stream<boost::beast::tcp_stream>;
using Message = boost::beast::http::request<boost::beast::http::string_body>;

// False for a request target that is malformed.
bool Convert(const Message& message, Request& request);

// The response's own headers and those that every answer has; `secure` behind TLS.
void SetHeaders(boost::beast::http::fields& out, const Response& response, bool secure);

// What is begun on the stream and not ended after so long ends with a time-out, and the connection with it.
template <typename Stream>
void ExpireIn(Stream& stream, absl::Duration time) {
  boost::beast::get_lowest_layer(stream).expires_after(absl::ToChronoMilliseconds(time));
}

// The address by which connections are counted: of IPv6 the network, since who has one address there has them all.
std::string CountedAddress(const boost::asio::ip::tcp::socket& socket);

// Sets what the kernel does for a connection: gives up a peer that acknowledges nothing for `patience` (neither data
// nor, when none is sent, its probes), and holds little for one that reads slowly.
void Prepare(boost::asio::ip::tcp::socket& socket, const Server::Options& options);

}  // namespace nara::gateway
