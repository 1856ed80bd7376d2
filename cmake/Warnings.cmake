# Settings for minnow's own code; users who link minnow inherit none of them.
set(minnow_warnings
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion
  -Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast -Wformat=2
  -Wimplicit-fallthrough -Wextra-semi)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # -Wrestrict of g++ 12 warns of sums of strings that are right (GCC bug 105329).
  list(APPEND minnow_warnings -Wduplicated-cond -Wlogical-op -Wno-restrict)
endif()
if(MINNOW_WERROR)
  list(APPEND minnow_warnings -Werror)
endif()

function(minnow_own_code target)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
  # A product and a sum fused on one machine and not on another would make results differ.
  target_compile_options(${target} PRIVATE ${minnow_warnings} -ffp-contract=off)
endfunction()
