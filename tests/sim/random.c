/* Randomness that is the same in every run. What is drawn here seeds hash tables, ids and the choice between
 * branches of a select that are ready at once, and so the order of everything that happens on a host. */
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* One for each thread: what other threads draw must not matter. */
static __thread uint64_t state = 1;

ssize_t getrandom(void *buffer, size_t length, unsigned flags) {
    unsigned char *bytes = buffer;
    (void)flags;
    for (size_t at = 0; at < length; at++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        bytes[at] = (unsigned char)(state >> 33);
    }
    return (ssize_t)length;
}
