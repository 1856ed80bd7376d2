# cmake -DSTRIP=... -DLIBRARY=... -DWORK=... -P check.cmake
# Compares the size of a shared libminnow, stripped, all instruction sets in it, with the figure
# below: after a change that is meant, put the new one here.
set(expected 1560000)
set(most_percent 108)
set(least_percent 85)  # then the figure is out of date, and guards nothing

set(stripped "${WORK}/libminnow.stripped")
execute_process(COMMAND ${STRIP} --strip-unneeded -o "${stripped}" "${LIBRARY}"
  COMMAND_ERROR_IS_FATAL ANY)
file(SIZE "${stripped}" size)
file(REMOVE "${stripped}")
math(EXPR percent "100 * ${size} / ${expected}")
message(STATUS "libminnow: ${size} bytes, ${percent} % of ${expected}")
if(percent GREATER most_percent OR percent LESS least_percent)
  message(FATAL_ERROR "outside ${least_percent} to ${most_percent} %")
endif()
