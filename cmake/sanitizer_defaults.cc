// What the sanitizers ask each executable at its start: the packages' libraries are not built with them.

extern "C" {
const char* __lsan_default_suppressions();
const char* __tsan_default_suppressions();
}

// c-ares keeps one string of its configuration until the process ends.
const char* __lsan_default_suppressions() { return "leak:libcares.so\n"; }

// The thread sanitizer cannot see how these synchronise.
const char* __tsan_default_suppressions() {
  return "called_from_lib:libgrpc.so\n"
         "called_from_lib:libgrpc++.so\n"
         "called_from_lib:libpaho-mqttpp3.so\n"
         "called_from_lib:libpaho-mqtt3as.so\n";
}
