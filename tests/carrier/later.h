/* A thread that calls back at a time: the carrier's latencies, drips and hangs, without holding a thread each. */
#ifndef CARRIER_LATER_H
#define CARRIER_LATER_H

#include <stdint.h>

/* Called with no lock held. Returns after how many milliseconds it wants to be called again, or -1 for never. */
typedef int later_fn(void *ctx);

void later_start(void);
void later_stop(void);                          /* forgets what was still to come */
void later_call(int ms, later_fn *fn, void *ctx);

#endif
