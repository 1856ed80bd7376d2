# cmake -D FROM=install|source -D SOURCE=... -D BUILD=... -D WORK=... -D GENERATOR=... -D COMPILER=...
#   -P run.cmake
# Builds and runs the consumer against minnow's build tree BUILD, installed, or its sources SOURCE.
function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE "${WORK}")
if(FROM STREQUAL "install")
  run(${CMAKE_COMMAND} --install "${BUILD}" --prefix "${WORK}/prefix")
  set(minnow_is "-DCMAKE_PREFIX_PATH=${WORK}/prefix")
else()
  set(minnow_is "-DMINNOW_SOURCE=${SOURCE}")
endif()
run(${CMAKE_COMMAND} -S "${CMAKE_CURRENT_LIST_DIR}" -B "${WORK}/build" -G "${GENERATOR}"
  "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DMINNOW_OPENMP=${OPENMP}" "${minnow_is}")
if(FROM STREQUAL "source" AND GENERATOR STREQUAL "Ninja")
  # One object of each side tells whether headers are found; to build the library again takes
  # minutes, and that it links is what the installed tree shows.
  run(${CMAKE_COMMAND} --build "${WORK}/build"
    --target CMakeFiles/consumer.dir/main.cpp.o minnow/CMakeFiles/minnow.dir/core/tensor.cpp.o)
else()
  run(${CMAKE_COMMAND} --build "${WORK}/build" --parallel 2)
  run("${WORK}/build/consumer")
  run("${WORK}/build/lean")
  file(GET_RUNTIME_DEPENDENCIES EXECUTABLES "${WORK}/build/lean"
    RESOLVED_DEPENDENCIES_VAR loaded UNRESOLVED_DEPENDENCIES_VAR missing)
  if("${loaded};${missing}" MATCHES "libhdf5|libminnow_[a-z]*")
    message(FATAL_ERROR "a program on minnow::engine loads ${CMAKE_MATCH_0}")
  endif()
endif()
file(REMOVE_RECURSE "${WORK}")
