# Finds what minnow is built on. Optional parts that are absent are named and left out.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(ZLIB REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)

# Of Highway all is in its headers but one: on processors other than x86, its library finds out what
# instructions there are (core/kernels/cpu_target.cpp).
find_package(hwy REQUIRED CONFIG)
add_library(minnow_highway INTERFACE)
target_include_directories(minnow_highway SYSTEM INTERFACE
  $<TARGET_PROPERTY:hwy::hwy,INTERFACE_INCLUDE_DIRECTORIES>)
set(minnow_with_libhwy ON)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64|i[3-6]86)$")
  set(minnow_with_libhwy OFF)
endif()

set(minnow_with_openmp OFF)
if(MINNOW_OPENMP)
  find_package(OpenMP QUIET COMPONENTS CXX)
  set(minnow_with_openmp ${OpenMP_CXX_FOUND})
  if(NOT minnow_with_openmp)
    message(STATUS "minnow: OpenMP was not found: it is left out, everything runs on one thread")
  endif()
else()
  message(STATUS "minnow: OpenMP is left out (MINNOW_OPENMP=OFF): everything runs on one thread")
endif()

find_package(Eigen3 3.4 QUIET NO_MODULE)
set(minnow_with_eigen ${Eigen3_FOUND})
if(NOT minnow_with_eigen)
  message(STATUS "minnow: Eigen (libeigen3-dev) was not found: core/eigen.h and its test are left out")
endif()

# By pkg-config: CMake's own FindHDF5 wants the C language, which minnow's users need not enable.
set(minnow_with_hdf5 OFF)
if(MINNOW_KERAS)
  find_package(PkgConfig QUIET)
  if(PkgConfig_FOUND)
    pkg_check_modules(minnow_hdf5 QUIET IMPORTED_TARGET hdf5)
  endif()
  set(minnow_with_hdf5 ${minnow_hdf5_FOUND})
  if(NOT minnow_with_hdf5)
    set(minnow_with_hdf5 OFF)
    message(STATUS
      "minnow: HDF5 (libhdf5-dev) was not found: .keras and .weights.h5 files are left out")
  endif()
else()
  message(STATUS "minnow: .keras and .weights.h5 files are left out (MINNOW_KERAS=OFF)")
endif()
