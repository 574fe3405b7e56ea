// What the sanitizers ask each executable at its start: the packages' libraries are not built with them.

#include <errno.h>

#include <cstring>

extern "C" {
const char* __lsan_default_suppressions();
const char* __tsan_default_options();
const char* __tsan_default_suppressions();
}

// c-ares keeps one string of its configuration until the process ends. naractl ends right after a call: on a busy
// machine one of gRPC's threads may still have the connection's TLS objects then, although gRPC says that it is down
// (1.51). The tests, which have names of their own, look at what we make with libcrypto. Paho (1.3.12) loses a publish
// that is under way when its client is destroyed: the registry's, of who is revoked, to a server that a test ends.
const char* __lsan_default_suppressions() {
  if (std::strcmp(program_invocation_short_name, "naractl") == 0) return "leak:libcares.so\nleak:libcrypto.so\n";
  if (std::strcmp(program_invocation_short_name, "device_registry_test") == 0) {
    return "leak:libcares.so\nleak:libpaho-mqtt3as.so\n";
  }
  return "leak:libcares.so\n";
}

// The thread sanitizer cannot see how the packages' libraries synchronise: neither what they do themselves, nor what
// their inline functions do inside our code, counts.
const char* __tsan_default_options() {
  return "ignore_noninstrumented_modules=1";
}

const char* __tsan_default_suppressions() {
  return "race:grpc::\n"
         "race:google::protobuf::\n"
         "race:/usr/include/grpcpp/\n"
         "race:/usr/include/google/protobuf/\n";
}
