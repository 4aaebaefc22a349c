// Tells callgrind when to count. Outside of valgrind each of these does nothing.
#include <valgrind/callgrind.h>

void start(void) { CALLGRIND_START_INSTRUMENTATION; }

void zero(void) { CALLGRIND_ZERO_STATS; }

void dump(const char* name) { CALLGRIND_DUMP_STATS_AT(name); }
