# minnow_embed_files(TARGET t TEMPLATE in.cpp.in OUTPUT out.cpp FILES a b ...)
# adds to the target a C++ source that holds the bytes of the files. The template's @assembly@, @declarations@
# and @spans@ become the bytes, the names of their bounds, and one std::span of bytes for each file.
# The files are only read while building, and changing one of them compiles the source anew.
function(minnow_embed_files)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "TARGET;TEMPLATE;OUTPUT" "FILES")
  set(prefix "")
  set(section ".section .rodata")
  set(hide ".hidden")
  if(APPLE)
    set(prefix "_")
    set(section ".const")
    set(hide ".private_extern")
  endif()
  get_filename_component(template "${arg_TEMPLATE}" NAME)
  get_filename_component(stem "${arg_OUTPUT}" NAME_WE)
  set(assembly "${section}")
  set(declarations "")
  set(spans "")
  set(index 0)
  foreach(file IN LISTS arg_FILES)
    get_filename_component(path "${file}" ABSOLUTE)
    set(begin "minnow_${stem}_${index}_begin")
    set(end "minnow_${stem}_${index}_end")
    string(APPEND assembly "
.global ${prefix}${begin}
.global ${prefix}${end}
${hide} ${prefix}${begin}
${hide} ${prefix}${end}
.balign 16
${prefix}${begin}:
.incbin \"${path}\"
${prefix}${end}:
.byte 0")
    string(APPEND declarations
      "extern const std::byte ${begin}[], ${end}[];\n")
    list(APPEND spans "std::span(${begin}, ${end})")
    list(APPEND paths "${path}")
    math(EXPR index "${index} + 1")
  endforeach()
  list(JOIN spans ",\n          " spans)
  configure_file("${arg_TEMPLATE}" "${arg_OUTPUT}" @ONLY)
  target_sources(${arg_TARGET} PRIVATE "${arg_OUTPUT}")
  set_source_files_properties("${arg_OUTPUT}" TARGET_DIRECTORY ${arg_TARGET}
    PROPERTIES OBJECT_DEPENDS "${paths}")
endfunction()
