# cmake -DVALGRIND=... -DREADELF=... -DPROGRAM=... [-DSTART=...] -P check.cmake
# Counts the instructions of a few kernels and steps and compares them with the figures below:
# slower code shows without a clock, so that no busy machine can trip this. valgrind knows AVX2 but
# not AVX-512, which makes the counts those of AVX2 on every x86-64 machine.
#
# After a change that is meant: run it, and put the new counts here.
set(figures
  gemm_256=3940753
  gemm_thin=256752
  gemm_flat=208067
  conv2d_forward=449326
  conv2d_input=474295
  conv2d_kernel=622673
  elementwise=197796
  step_ex1=4215119
  step_mlp10=41772)
# All of the program START, from its loading on; of a static minnow.
set(start_figure start=49442724)
set(most_percent 125)
set(least_percent 60)  # then the figure is out of date, and guards nothing

function(count_instructions result name)
  if(name STREQUAL "start")
    set(job ${START})
  else()
    set(job --collect-atstart=no --toggle-collect=minnow_counted ${PROGRAM} ${name})
  endif()
  execute_process(
    COMMAND ${VALGRIND} --tool=callgrind --callgrind-out-file=/dev/null ${job}
    ERROR_VARIABLE log RESULT_VARIABLE status)
  if(NOT status EQUAL 0 OR NOT log MATCHES "Collected : ([0-9]+)" OR CMAKE_MATCH_1 EQUAL 0)
    message(FATAL_ERROR "valgrind failed on ${name}:\n${log}")
  endif()
  set(${result} ${CMAKE_MATCH_1} PARENT_SCOPE)
endfunction()

set(failed FALSE)
if(START)
  list(APPEND figures ${start_figure})
  # Both take milliseconds to load: libhwy times the clock, libhdf5 brings thirty more.
  execute_process(COMMAND ${READELF} -d ${START} OUTPUT_VARIABLE needed
    COMMAND_ERROR_IS_FATAL ANY)
  if(needed MATCHES "libhwy|libhdf5")
    message(STATUS "start: needs ${CMAKE_MATCH_0}")
    set(failed TRUE)
  endif()
endif()
foreach(figure IN LISTS figures)
  string(REPLACE "=" ";" figure "${figure}")
  list(GET figure 0 name)
  list(GET figure 1 expected)
  count_instructions(count ${name})
  math(EXPR percent "100 * ${count} / ${expected}")
  message(STATUS "${name}: ${count} instructions, ${percent} % of ${expected}")
  if(percent GREATER most_percent OR percent LESS least_percent)
    set(failed TRUE)
  endif()
endforeach()
if(failed)
  message(FATAL_ERROR "see above; counts may be ${least_percent} to ${most_percent} %")
endif()
