# MINNOW_SANITIZE=address;undefined or thread, for everything built here.
if(MINNOW_SANITIZE)
  foreach(kind IN LISTS MINNOW_SANITIZE)
    if(NOT kind MATCHES "^(address|undefined|thread)$")
      message(FATAL_ERROR "MINNOW_SANITIZE: expected address, undefined or thread, got '${kind}'")
    endif()
  endforeach()
  if("thread" IN_LIST MINNOW_SANITIZE AND "address" IN_LIST MINNOW_SANITIZE)
    message(FATAL_ERROR "MINNOW_SANITIZE: address and thread exclude each other: build twice")
  endif()
  list(JOIN MINNOW_SANITIZE "," minnow_sanitizers)
  # AVX2 and the fallback stand for all instruction sets: the wider ones take minutes to compile.
  add_compile_definitions(MINNOW_FEW_TARGETS)
  # One fault ends the program, so that a test cannot pass over it.
  add_compile_options(-fsanitize=${minnow_sanitizers} -fno-sanitize-recover=all
    -fno-omit-frame-pointer -g)
  add_link_options(-fsanitize=${minnow_sanitizers})
endif()
