# add_unit_test(<name> SOURCES <file>... [LIBRARIES <target>...])
#
# One GoogleTest executable a folder, run by ctest under that name; the result is also written as JUnit XML to <build>/test-results/<name>.xml.

set(NARA_TEST_RESULTS "${CMAKE_BINARY_DIR}/test-results")
file(MAKE_DIRECTORY "${NARA_TEST_RESULTS}")

# Remembers test sources for check_tests.cmake. Call it for a test that add_unit_test does not build.
function(note_test_sources)
  foreach(source ${ARGN})
    cmake_path(ABSOLUTE_PATH source NORMALIZE OUTPUT_VARIABLE path)
    set_property(GLOBAL APPEND PROPERTY NARA_TEST_SOURCES "${path}")
  endforeach()
endfunction()

function(add_unit_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LIBRARIES} GTest::gmock GTest::gtest_main)
  add_sanitizer_defaults(${name})
  note_test_sources(${ARG_SOURCES})
  add_test(NAME ${name} COMMAND ${name} "--gtest_output=xml:${NARA_TEST_RESULTS}/${name}.xml")
  set_tests_properties(${name} PROPERTIES TIMEOUT 600 ENVIRONMENT
    "ASAN_OPTIONS=detect_stack_use_after_return=1;UBSAN_OPTIONS=print_stacktrace=1")
endfunction()
