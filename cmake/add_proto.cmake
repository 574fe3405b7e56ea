# add_proto(<name> [FILES <file>...] [DEPENDS <name>...])
#
# Compiles proto/nara/<name>/v1/<name>.proto, and the FILES beside it, to the library nara_proto_<name> (messages) and, when one of them
# declares a service, to nara_grpc_<name> (service code; links the messages). Include as "nara/<name>/v1/<file>.pb.h" and ".grpc.pb.h".
# Generated files live under the build folder only and are compiled without warnings.

set(NARA_PROTO_ROOT "${CMAKE_SOURCE_DIR}/proto")
set(NARA_PROTO_OUT "${CMAKE_BINARY_DIR}/proto")
file(MAKE_DIRECTORY "${NARA_PROTO_OUT}")

# One precompiled header for all service code: grpcpp.h alone takes most of the time of a .grpc.pb.cc.
file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/grpc_pch.cc" CONTENT "// Holds the precompiled header of the generated service code.\n")
add_library(nara_grpc_pch STATIC "${CMAKE_BINARY_DIR}/grpc_pch.cc")
target_compile_options(nara_grpc_pch PRIVATE -w)
target_link_libraries(nara_grpc_pch PRIVATE gRPC::grpc++ protobuf::libprotobuf)
target_precompile_headers(nara_grpc_pch PRIVATE <grpcpp/grpcpp.h> <google/protobuf/message.h>)

function(generate_proto root stem plugin suffix out_sources)
  set(outputs "${NARA_PROTO_OUT}/${stem}.${suffix}.cc" "${NARA_PROTO_OUT}/${stem}.${suffix}.h")
  if(plugin STREQUAL grpc)
    set(flags "--grpc_out=${NARA_PROTO_OUT}" "--plugin=protoc-gen-grpc=$<TARGET_FILE:gRPC::grpc_cpp_plugin>")
  else()
    set(flags "--cpp_out=${NARA_PROTO_OUT}")
  endif()
  file(GLOB_RECURSE all_protos CONFIGURE_DEPENDS "${root}/*.proto")
  add_custom_command(
    OUTPUT ${outputs}
    COMMAND protobuf::protoc "-I${root}" ${flags} "${root}/${stem}.proto"
    DEPENDS "${root}/${stem}.proto" ${all_protos}
    COMMENT "protoc ${stem} (${plugin})"
    VERBATIM)
  set(${out_sources} ${outputs} PARENT_SCOPE)
endfunction()

# A library of generated code.
function(add_generated_library target)
  add_library(${target} STATIC ${ARGN})
  target_compile_options(${target} PRIVATE -w)
  target_include_directories(${target} SYSTEM PUBLIC "${NARA_PROTO_OUT}")
  set_target_properties(${target} PROPERTIES CXX_CLANG_TIDY "")
endfunction()

function(add_proto name)
  cmake_parse_arguments(ARG "" "" "FILES;DEPENDS" ${ARGN})
  set(messages "")
  set(services "")
  set(kept "")
  foreach(file ${name} ${ARG_FILES})
    set(stem "nara/${name}/v1/${file}")
    generate_proto("${NARA_PROTO_ROOT}" "${stem}" cpp pb sources)
    list(APPEND messages ${sources})
    file(STRINGS "${NARA_PROTO_ROOT}/${stem}.proto" has_service REGEX "^service ")
    if(has_service)
      generate_proto("${NARA_PROTO_ROOT}" "${stem}" grpc grpc.pb sources)
      list(APPEND services ${sources})
      # A file that only declares a service is named by no code: its descriptor, which reflection shows, is kept by name.
      string(REPLACE "/" "_2f" mangled "${stem}_2eproto")
      list(APPEND kept "LINKER:--undefined=descriptor_table_${mangled}")
    endif()
  endforeach()
  add_generated_library(nara_proto_${name} ${messages})
  list(TRANSFORM ARG_DEPENDS PREPEND nara_proto_)
  target_link_libraries(nara_proto_${name} PUBLIC protobuf::libprotobuf ${ARG_DEPENDS})
  if(services)
    add_generated_library(nara_grpc_${name} ${services})
    target_link_libraries(nara_grpc_${name} PUBLIC nara_proto_${name} gRPC::grpc++)
    target_link_options(nara_grpc_${name} INTERFACE ${kept})
    target_precompile_headers(nara_grpc_${name} REUSE_FROM nara_grpc_pch)
  endif()
endfunction()
