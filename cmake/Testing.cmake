# minnow_add_test(NAME core_test SOURCES core/shape_test.cpp ... [LIBS ...] [LABELS ...])
# builds one program out of several test files and tells ctest of every test in it.
include(CTest)
include(GoogleTest)
find_package(GTest REQUIRED)
find_package(rapidcheck REQUIRED CONFIG)

function(minnow_add_test)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME" "SOURCES;LIBS;LABELS")
  add_executable(${arg_NAME} ${arg_SOURCES})
  minnow_own_code(${arg_NAME})
  # It is the library that has to be fast: this halves the time that the tests take to build.
  target_compile_options(${arg_NAME} PRIVATE $<$<CONFIG:Release>:-O1>)
  # Tests read their recorded data from the source tree.
  target_compile_definitions(${arg_NAME} PRIVATE
    MINNOW_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_link_libraries(${arg_NAME} PRIVATE minnow::internal ${arg_LIBS}
    GTest::gmock GTest::gtest_main rapidcheck rapidcheck_gtest)
  # Asked for when ctest runs: a program that cannot start then fails a test, not the build.
  string(REPLACE ";" "\\;" labels "${arg_LABELS}")
  gtest_discover_tests(${arg_NAME} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 120
    PROPERTIES TIMEOUT 600 LABELS "${labels}")
endfunction()
