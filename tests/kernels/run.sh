#!/usr/bin/env bash
# Builds agreement.cpp and runs it: on this machine, and for 64-bit ARM where aarch64-linux-gnu-g++ and qemu-aarch64 are
# at hand. Takes no arguments.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
files=(arc_array broadcast_dims dtype number_format number_set strided_walk value_kernels value_kernels_avx2
  value_kernels_avx512 value_kernels_neon value_kernels_scalar value_scan)

build() {
  local compiler=$1 program=$2 file
  local -A options=()
  if [[ $("$compiler" -dumpmachine) == x86_64* ]]; then
    options=([value_kernels_avx2]=-mavx2 [value_kernels_avx512]="-mavx512f -mavx512bw")
  fi
  mkdir "$program.objects"
  for file in "${files[@]}"; do
    # shellcheck disable=SC2086
    "$compiler" -std=c++20 -O2 -Icsrc ${options[$file]:-} -c "csrc/core/$file.cpp" -o "$program.objects/$file.o"
  done
  "$compiler" -std=c++20 -O2 -static -Icsrc tests/kernels/agreement.cpp "$program".objects/*.o -o "$program"
}

build "${CXX:-c++}" "$work/here"
if nm "$work"/here.objects/value_kernels_*.o | grep ' W '; then
  echo "these inline functions are compiled for one instruction set, and the linker may keep them for all" >&2
  exit 1
fi
"$work/here"
if command -v aarch64-linux-gnu-g++ >/dev/null && command -v qemu-aarch64 >/dev/null; then
  build aarch64-linux-gnu-g++ "$work/arm"
  qemu-aarch64 "$work/arm"
else
  echo "no aarch64-linux-gnu-g++ and qemu-aarch64: the kernels for 64-bit ARM are not tried"
fi
