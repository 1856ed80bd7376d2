# Users write <minnow/core/tensor.h>: in the build tree a folder of links makes that path exist,
# and a user's own core/tensor.h is never in its way.
set(minnow_header_dir "${PROJECT_BINARY_DIR}/include")
file(MAKE_DIRECTORY "${minnow_header_dir}/minnow")
foreach(entry IN LISTS minnow_rooms ITEMS minnow.h)
  file(CREATE_LINK "${PROJECT_SOURCE_DIR}/${entry}" "${minnow_header_dir}/minnow/${entry}"
    COPY_ON_ERROR SYMBOLIC)
endforeach()
