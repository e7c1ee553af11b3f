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
  # The others are the first that a source of the same name includes (tools/tidy.py sees to that):
  # compiling that tells as much, and takes no time of its own.
  set(alone ${ARG_HEADERS})
  foreach(header IN LISTS ARG_HEADERS)
    cmake_path(REPLACE_EXTENSION header LAST_ONLY cpp OUTPUT_VARIABLE source)
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${source})
      list(REMOVE_ITEM alone ${header})
    endif()
  endforeach()
  set(with_source ${ARG_HEADERS})
  list(REMOVE_ITEM with_source ${alone})
  target_sources(torgo_${name} ${scope}
    FILE_SET HEADERS BASE_DIRS ${CMAKE_CURRENT_SOURCE_DIR}/.. FILES ${with_source}
    FILE_SET alone TYPE HEADERS BASE_DIRS ${CMAKE_CURRENT_SOURCE_DIR}/.. FILES ${alone})
  set_target_properties(torgo_${name} PROPERTIES
    VERIFY_INTERFACE_HEADER_SETS ON INTERFACE_HEADER_SETS_TO_VERIFY alone)

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
