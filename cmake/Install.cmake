# cmake --install: the libraries, their headers and what find_package(minnow) reads.
include(CMakePackageConfigHelpers)
set(minnow_config_dir "${CMAKE_INSTALL_LIBDIR}/cmake/minnow")

install(TARGETS minnow minnow_data minnow_sample minnow_interop minnow_all EXPORT minnowTargets)
install(EXPORT minnowTargets NAMESPACE minnow:: DESTINATION "${minnow_config_dir}")

install(DIRECTORY ${minnow_rooms} DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/minnow"
  FILES_MATCHING PATTERN "*.h" PATTERN detail EXCLUDE)
install(FILES minnow.h DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/minnow" OPTIONAL)

configure_package_config_file(cmake/minnowConfig.cmake.in minnowConfig.cmake
  INSTALL_DESTINATION "${minnow_config_dir}")
write_basic_package_version_file(minnowConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/minnowConfig.cmake"
  "${PROJECT_BINARY_DIR}/minnowConfigVersion.cmake" DESTINATION "${minnow_config_dir}")
