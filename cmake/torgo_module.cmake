# torgo_module(<name> SOURCES ... HEADERS ... [DEPS ...] [PRIVATE_DEPS ...] [TESTS ...]
#              [TEST_DEPS ...])
#
# One static library per folder of src/. DEPS is what its headers may use, PRIVATE_DEPS what only
# its sources may. Beside the library come its unit tests, and a program of the whole library and
# nothing else, which fails to link when a dependency is used but not named here.
function(torgo_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;HEADERS;DEPS;PRIVATE_DEPS;TESTS;TEST_DEPS" ${ARGN})

  if(ARG_SOURCES)
    add_library(torgo_${name} STATIC ${ARG_SOURCES})
    set(scope PUBLIC)
    target_link_libraries(torgo_${name}
      PUBLIC ${ARG_DEPS} PRIVATE ${ARG_PRIVATE_DEPS} torgo::warnings)
  else()
    add_library(torgo_${name} INTERFACE)
    set(scope INTERFACE)
    target_link_libraries(torgo_${name} INTERFACE ${ARG_DEPS})
  endif()
  add_library(torgo::${name} ALIAS torgo_${name})
  target_sources(torgo_${name}
    ${scope} FILE_SET HEADERS BASE_DIRS ${CMAKE_CURRENT_SOURCE_DIR}/.. FILES ${ARG_HEADERS})
  set_property(TARGET torgo_${name} PROPERTY VERIFY_INTERFACE_HEADER_SETS ON)

  if(NOT BUILD_TESTING)
    return()
  endif()
  if(ARG_SOURCES)
    add_executable(torgo_${name}_link ${PROJECT_SOURCE_DIR}/cmake/empty_main.cpp)
    target_link_libraries(torgo_${name}_link PRIVATE "$<LINK_LIBRARY:WHOLE_ARCHIVE,torgo_${name}>")
  endif()
  if(ARG_TESTS)
    add_executable(torgo_${name}_test ${ARG_TESTS})
    target_compile_definitions(torgo_${name}_test
      PRIVATE TORGO_VECTORS="${PROJECT_SOURCE_DIR}/tests/vectors")
    target_link_libraries(torgo_${name}_test
      PRIVATE torgo::${name} ${ARG_TEST_DEPS} GTest::gtest_main rapidcheck::rapidcheck
        torgo::warnings)
    gtest_discover_tests(torgo_${name}_test DISCOVERY_MODE PRE_TEST)
  endif()
endfunction()
