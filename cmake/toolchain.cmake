# Compiler, linker and sanitizers for everything we compile. Warnings are errors in our code; headers of packages are system headers and
# generated code is compiled without warnings (add_proto.cmake).

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

# -O1 and line tables: sanitized code compiles in half the time of -O2 with full debug information, and stack traces keep their lines.
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -gline-tables-only -fno-omit-frame-pointer")
set(CMAKE_C_FLAGS_DEBUG "${CMAKE_CXX_FLAGS_DEBUG}")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -gline-tables-only -DNDEBUG")
set(CMAKE_C_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")

# A designated initializer that leaves out fields means their defaults.
add_compile_options(-Wall -Wextra -Werror -Wno-missing-designated-field-initializers)
include_directories("${CMAKE_SOURCE_DIR}/services" "${CMAKE_SOURCE_DIR}")

set(NARA_SANITIZE "" CACHE STRING "Value of -fsanitize, or empty")
if(NARA_SANITIZE)
  add_compile_options(-fsanitize=${NARA_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${NARA_SANITIZE})
  if(NARA_SANITIZE MATCHES undefined)
    # Both checks need type information that the packages' libraries do not carry.
    add_compile_options(-fno-sanitize=vptr,function)
  endif()
endif()

# Gives an executable what the sanitizers must forgive the packages' libraries.
function(add_sanitizer_defaults target)
  if(NARA_SANITIZE)
    target_sources(${target} PRIVATE "${CMAKE_SOURCE_DIR}/cmake/sanitizer_defaults.cc")
  endif()
endfunction()

find_program(NARA_MOLD mold)
if(NARA_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

find_program(NARA_CCACHE ccache)
if(NARA_CCACHE)
  # ccache follows a precompiled header only with this sloppiness; paths relative to the checkout let every clone share what one has compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros
    "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}" CCACHE_NOHASHDIR=1 "${NARA_CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER "${CMAKE_CXX_COMPILER_LAUNCHER}")
  add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>")
endif()

# Adds a folder of the source tree when it has a CMakeLists.txt; a checkout of one part still configures.
function(add_folder_if_present folder)
  if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/CMakeLists.txt")
    add_subdirectory("${folder}")
  endif()
endfunction()
