# The front door: what is typed most, on CMake and its presets. `make` says what there is.

JOBS ?= $(shell nproc)
# make DEPS=true leaves the packages alone.
DEPS ?= scripts/install-deps.sh
# More for `cmake --preset`, as CONFIGURE_FLAGS=-DMINNOW_OPENMP=OFF.
CONFIGURE_FLAGS ?=
PREFIX ?= /usr/local

# Compilations are kept between builds where ccache is there.
CMAKE_CXX_COMPILER_LAUNCHER ?= $(shell command -v ccache)
ifneq ($(CMAKE_CXX_COMPILER_LAUNCHER),)
export CMAKE_CXX_COMPILER_LAUNCHER
endif

minnow := build/release/apps/minnow/minnow
fashion := --dataset fashion-mnist --scale 1/255
rooms := core layers optim losses metrics registry data interop apps tests bench
files := find minnow.h $(rooms) -name '*.h' -print -o -name '*.cpp' -print

# One preset: configured with these options, built, and its tests run.
define build
cmake --preset $(1) $(2) $(CONFIGURE_FLAGS)
cmake --build --preset $(1) --parallel $(JOBS)
endef
define test
ctest --preset $(1) --parallel $(JOBS) $(2)
endef

.PHONY: help demo test check-all asan tsan clang bench deps install format format-check lint clean

help:
	@echo 'make demo       train a small network on Fashion-MNIST and say how good it is'
	@echo 'make test       build for release and run every test'
	@echo 'make check-all  the tests with both compilers, sanitizers, and the formatting'
	@echo 'make asan       the tests under AddressSanitizer and UndefinedBehaviorSanitizer'
	@echo 'make tsan       the tests under ThreadSanitizer'
	@echo 'make clang      build with clang++-14, warnings are errors, and run the tests'
	@echo 'make bench      build and run the benchmarks'
	@echo 'make install    install the library, its headers and the program below PREFIX=$(PREFIX)'
	@echo 'make format     format the sources in place'
	@echo 'make lint       formatting and clang-tidy'
	@echo 'make deps       install the Debian packages that all of this needs'
	@echo 'make clean      remove build/ and demo/'
	@echo
	@echo 'Missing Debian packages are installed as they are needed (make DEPS=true ... leaves them).'

demo:
	@$(DEPS) build demo
	$(call build,release,-DMINNOW_BUILD_TESTS=OFF -DMINNOW_BUILD_BENCH=OFF)
	@mkdir -p demo
	$(minnow) fit apps/examples/example1.json $(fashion) \
	  --loss sparse_categorical_crossentropy --metrics accuracy --epochs 2 --batch-size 32 \
	  --out demo/model.safetensors --plot demo/history.svg --history demo/history.csv
	$(minnow) evaluate demo/model.safetensors $(fashion)

test:
	@$(DEPS) build test
	$(call build,release,-DMINNOW_BUILD_TESTS=ON -DMINNOW_BUILD_BENCH=OFF)
	$(call test,release)

asan:
	@$(DEPS) build test clang
	$(call build,asan)
	$(call test,asan)

tsan:
	@$(DEPS) build test clang
	$(call build,tsan)
	$(call test,tsan)

# All there is, the benchmarks too; what a user's program needs was shown with the first compiler.
clang:
	@$(DEPS) build test bench clang
	$(call build,clang)
	$(call test,clang,--label-exclude consumer)

check-all: format-check
	@MINNOW_KERAS_ROUNDTRIP=long $(MAKE) test CONFIGURE_FLAGS=-DMINNOW_WERROR=ON
	@$(MAKE) asan
	@$(MAKE) clang

bench:
	@$(DEPS) build bench
	$(call build,release,-DMINNOW_BUILD_TESTS=OFF -DMINNOW_BUILD_BENCH=ON)
	cmake --build --preset release --target run_bench

deps:
	@$(DEPS) build test demo bench clang lint

install:
	@$(DEPS) build
	$(call build,release,-DMINNOW_BUILD_TESTS=OFF -DMINNOW_BUILD_BENCH=OFF)
	cmake --install build/release --prefix $(PREFIX)

format:
	@$(DEPS) lint
	$(files) | xargs clang-format-14 -i

format-check:
	@$(DEPS) lint
	$(files) | xargs clang-format-14 --dry-run --Werror

lint: format-check
	@$(DEPS) build test bench clang
	cmake --preset clang
	find $(rooms) -name '*.cpp' -not -path 'tests/consumer/*' \
	  | xargs -P $(JOBS) -n 1 clang-tidy-14 -p build/clang --quiet --warnings-as-errors='*'

clean:
	rm -rf build demo
