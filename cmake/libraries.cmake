# The outside libraries, as imported targets; each is named by one module only
# (docs/ARCHITECTURE.md).
find_package(OpenSSL 3.5 REQUIRED COMPONENTS Crypto SSL)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Boost 1.83 REQUIRED) # headers only
pkg_check_modules(isal REQUIRED IMPORTED_TARGET libisal)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
find_package(ftxui REQUIRED)
pkg_check_modules(qrencode REQUIRED IMPORTED_TARGET libqrencode)
pkg_check_modules(sdbus REQUIRED IMPORTED_TARGET sdbus-c++>=2.0)
pkg_check_modules(seccomp REQUIRED IMPORTED_TARGET libseccomp)
pkg_check_modules(fyaml REQUIRED IMPORTED_TARGET libfyaml)

# Debian ships no CMake or pkg-config file for these.
function(torgo_plain_library target file header)
  find_library(${target}_file ${file} REQUIRED)
  find_path(${target}_include ${header} REQUIRED)
  add_library(${target} UNKNOWN IMPORTED)
  set_target_properties(${target} PROPERTIES
    IMPORTED_LOCATION ${${target}_file} INTERFACE_INCLUDE_DIRECTORIES ${${target}_include})
endfunction()
torgo_plain_library(acl::acl acl sys/acl.h)
torgo_plain_library(soci::core soci_core soci/soci.h)
torgo_plain_library(soci::sqlite3 soci_sqlite3 soci/sqlite3/soci-sqlite3.h)

if(BUILD_TESTING)
  find_package(GTest REQUIRED)
  include(GoogleTest)
  torgo_plain_library(rapidcheck::rapidcheck rapidcheck rapidcheck.h)
endif()
