#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>

#include "gateway/http/router.h"
#include "gateway/http/seats.h"
#include "gateway/http/wire.h"
#include "gateway/metrics.h"

namespace nara::gateway {

// What the connections of a server have in common; all of it outlives them.
struct Surroundings {
  const Server::Options& options;
  const Router& router;
  Metrics& metrics;
  std::shared_ptr<boost::asio::io_context> io;
  boost::asio::thread_pool& handlers;
};

// Serves one client, behind TLS with a context and plainly without, until it goes, is refused or its seat is closed.
// Never throws: an exception is a fault of ours, logged and counted.
Task<void> ServeConnection(boost::asio::ip::tcp::socket socket, std::unique_ptr<Seats::Seat> seat,
                           std::shared_ptr<boost::asio::ssl::context> tls, const Surroundings& surroundings);

}  // namespace nara::gateway
