# A tracked *_test.cc that no target builds would fall asleep: configuring fails instead. Outside a git checkout every file counts.

execute_process(
  COMMAND git ls-files -- "*_test.cc"
  WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}"
  OUTPUT_VARIABLE tracked RESULT_VARIABLE git_failed ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
if(git_failed)
  file(GLOB_RECURSE tests RELATIVE "${CMAKE_SOURCE_DIR}" services/*_test.cc gateway/*_test.cc device_client/*_test.cc tools/*_test.cc tests/*_test.cc)
else()
  string(REPLACE "\n" ";" tests "${tracked}")
endif()

get_property(built GLOBAL PROPERTY NARA_TEST_SOURCES)
foreach(test ${tests})
  if(EXISTS "${CMAKE_SOURCE_DIR}/${test}" AND NOT "${CMAKE_SOURCE_DIR}/${test}" IN_LIST built)
    message(FATAL_ERROR "${test} is in no target: add it to add_unit_test() in its folder's CMakeLists.txt")
  endif()
endforeach()
