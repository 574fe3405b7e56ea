// What the sanitizers ask each executable at its start: the packages' libraries are not built with them.

extern "C" {
const char* __lsan_default_suppressions();
const char* __tsan_default_options();
const char* __tsan_default_suppressions();
}

// c-ares keeps one string of its configuration until the process ends.
const char* __lsan_default_suppressions() {
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
