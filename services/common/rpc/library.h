#pragma once

namespace nara::rpc {

// gRPC's life inside one scope, for programs that end right after a call: without it gRPC goes down on a thread of its
// own, which the end of the process overtakes, and the leak checker sees half of it. Channels end before it does. Not
// copied.
class Library {
 public:
  Library();
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
};

}  // namespace nara::rpc
