/* Randomness and clocks that are the same in every run. What is drawn here seeds hash tables, ids and the choice
 * between branches of a select that are ready at once; what the clocks say decides which of two timers ends first, and
 * how long something seems to have taken. So they decide the order of everything that happens on a host. */
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* One of each for each thread: what other threads do must not matter. */
static __thread uint64_t state = 1;
static __thread uint64_t looks = 0;

ssize_t getrandom(void *buffer, size_t length, unsigned flags) {
    unsigned char *bytes = buffer;
    (void)flags;
    for (size_t at = 0; at < length; at++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        bytes[at] = (unsigned char)(state >> 33);
    }
    return (ssize_t)length;
}

/* All clocks begin at 2026-01-01 and go on by a microsecond whenever somebody looks. */
int clock_gettime(clockid_t clock, struct timespec *now) {
    (void)clock;
    looks++;
    now->tv_sec = 1767225600 + (time_t)(looks / 1000000);
    now->tv_nsec = (long)(looks % 1000000) * 1000;
    return 0;
}
