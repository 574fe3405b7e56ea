# add_service(<name> SOURCES <file>... [LIBRARIES <target>...])
#
# The logic of a service is the library nara_<name>_lib, which its tests link too; main.cc beside it becomes the executable nara-<name>, with
# dashes for underscores, in <build>/bin.

function(add_service name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  string(REPLACE "_" "-" executable "nara-${name}")
  add_library(nara_${name}_lib STATIC ${ARG_SOURCES})
  target_link_libraries(nara_${name}_lib PUBLIC ${ARG_LIBRARIES})
  add_executable(${executable} main.cc)
  target_link_libraries(${executable} PRIVATE nara_${name}_lib nara_app)
  add_sanitizer_defaults(${executable})
endfunction()
