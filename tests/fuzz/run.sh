#!/usr/bin/env bash
# Builds the fuzz targets with Clang's libFuzzer, AddressSanitizer and UndefinedBehaviorSanitizer, and runs each for so
# many seconds (60 unless told), two at a time. What breaks one is left in the folder that is named then.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-60}
compiler=${CXX_FUZZ:-clang++-16}
work=$(mktemp -d)
flags=(-std=c++20 -O1 -g -fno-omit-frame-pointer "-fsanitize=address,undefined,fuzzer-no-link"
  -fno-sanitize-recover=undefined -Icsrc)

object() {
  local source=$1 options=()
  case "$source" in
    *_avx2.cpp) options=(-mavx2) ;;
    *_avx512.cpp) options=(-mavx512f -mavx512bw) ;;
    *_sse42.cpp) options=(-msse4.2) ;;
  esac
  "$compiler" "${flags[@]}" "${options[@]}" -c "$source" -o "$work/$(basename "${source%.cpp}").o"
}
printf '%s\n' csrc/core/*.cpp csrc/serving/*.cpp >"$work/sources"

build_all() {
  local source
  while read -r source; do
    while [[ $(jobs -rp | wc -l) -ge 2 ]]; do wait -n; done
    object "$source" &
  done <"$work/sources"
  wait
}
build_all
failed=0
declare -A running
for target in tests/fuzz/fuzz_*.cpp; do
  name=$(basename "${target%.cpp}")
  "$compiler" "${flags[@]}" -fsanitize=fuzzer "$target" "$work"/*.o -o "$work/$name"
done

fuzz() {
  local name=$1
  mkdir -p "$work/found/$name" "$work/$name.tmp"
  TMPDIR="$work/$name.tmp" "$work/$name" -max_total_time="$seconds" -max_len=4096 -rss_limit_mb=2048 -timeout=10 -print_final_stats=1 \
    -artifact_prefix="$work/found/$name/" "$work/found/$name" "tests/fuzz/corpus/${name#fuzz_}" \
    >"$work/$name.log" 2>&1
}
for target in tests/fuzz/fuzz_*.cpp; do
  name=$(basename "${target%.cpp}")
  while [[ $(jobs -rp | wc -l) -ge 2 ]]; do sleep 0.2; done
  fuzz "$name" &
  running[$name]=$!
done
for name in "${!running[@]}"; do
  if wait "${running[$name]}"; then
    printf '%s: %s runs\n' "$name" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$name.log")"
  else
    failed=1
    tail -n 60 "$work/$name.log" >&2
    echo "$name failed; see $work/found/$name" >&2
  fi
done
[[ $failed == 0 ]] && rm -rf "$work"
exit "$failed"
