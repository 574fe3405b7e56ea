#include "common/testing/dial.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace nara::testing {
namespace {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  sockaddr* generic() { return reinterpret_cast<sockaddr*>(&storage); }
};

Address Unix(const std::string& path) {
  Address address;
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  path.copy(where.sun_path, sizeof(where.sun_path) - 1);
  std::memcpy(&address.storage, &where, sizeof(where));
  address.size = sizeof(where);
  return address;
}

Address Inet(const std::string& host, int port) {
  Address address;
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(static_cast<std::uint16_t>(port));
  inet_pton(AF_INET, host.c_str(), &where.sin_addr);
  std::memcpy(&address.storage, &where, sizeof(where));
  address.size = sizeof(where);
  return address;
}

Address Parse(const std::string& text) {
  if (text.starts_with("unix:")) return Unix(text.substr(5));
  const std::size_t colon = text.rfind(':');
  return Inet(text.substr(0, colon), std::atoi(text.c_str() + colon + 1));
}

int Socket(const Address& address) {
  return socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

}  // namespace

int Dial(const std::string& text) {
  Address address = Parse(text);
  const int fd = Socket(address);
  if (connect(fd, address.generic(), address.size) == 0) return fd;
  close(fd);
  return -1;
}

int Listen(const std::string& text) {
  Address address = Parse(text);
  const int fd = Socket(address);
  if (bind(fd, address.generic(), address.size) == 0 && listen(fd, 128) == 0) return fd;
  close(fd);
  return -1;
}

int PortOf(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return address.sin_family == AF_INET ? ntohs(address.sin_port) : 0;
}

}  // namespace nara::testing
