#pragma once

#include <string>

namespace nara::testing {

// A connected stream socket to "host:port" (numeric host) or "unix:/path"; -1 when
// nobody listens. For the sources of this library only.
int Dial(const std::string& address);

// A listening one; "unix:/path" or loopback with a free port. -1 on failure.
int Listen(const std::string& address);

// The port a socket is bound to.
int PortOf(int fd);

}  // namespace nara::testing
