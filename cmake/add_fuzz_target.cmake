# add_fuzz_target(<name> SOURCES <file>... [LIBRARIES <target>...])
#
# A libFuzzer program of what reads hostile bytes, with the sources under test among SOURCES, so that they are instrumented. Only where the address
# sanitizer is on. Seeds lie in fuzz/corpus/<name> beside it; tests/harness/fuzzing.py finds it by them. The target fuzz_targets makes them all.

function(add_fuzz_target name)
  if(NOT NARA_SANITIZE MATCHES address)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_compile_options(${name} PRIVATE -fsanitize=fuzzer)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  target_link_libraries(${name} PRIVATE ${ARG_LIBRARIES})
  add_sanitizer_defaults(${name})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/fuzz")
  if(NOT TARGET fuzz_targets)
    add_custom_target(fuzz_targets)
  endif()
  add_dependencies(fuzz_targets ${name})
endfunction()
