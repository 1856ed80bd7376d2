# cmake -DSTRIP=... -DLIBRARY=... -DWORK=... -P check.cmake
# Holds the size of a shared libminnow, stripped, all instruction sets in it, to what is promised.
set(most 1500000)
set(least 1300000)  # then the bound is loose, and guards nothing

set(stripped "${WORK}/libminnow.stripped")
execute_process(COMMAND ${STRIP} --strip-unneeded -o "${stripped}" "${LIBRARY}"
  COMMAND_ERROR_IS_FATAL ANY)
file(SIZE "${stripped}" size)
file(REMOVE "${stripped}")
message(STATUS "libminnow: ${size} bytes")
if(size GREATER most OR size LESS least)
  message(FATAL_ERROR "outside ${least} to ${most}")
endif()
