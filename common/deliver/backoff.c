#include <stdint.h>

#include "common/compat.h"
#include "common/deliver/job.h"

#include "common/banned.h"

#define RETRY_LEAST_MS 500      /* what follows at once meets what the last attempt met */
#define POLL_FIRST_MS 1000

/* Exponential with full jitter: many senders that failed together do not come back together. */
int64_t backoff_retry_ms(const struct delivery_settings *s, unsigned attempt)
{
	int64_t most = s->retry_first_ms;
	uint32_t random = 0;

	while (attempt-- > 1 && most < s->retry_longest_ms)
		most *= 2;
	if (most > s->retry_longest_ms)
		most = s->retry_longest_ms;
	getentropy(&random, sizeof(random));
	return most <= RETRY_LEAST_MS ? most : RETRY_LEAST_MS + (int64_t)(random % (uint64_t)(most - RETRY_LEAST_MS + 1));
}

int64_t backoff_poll_ms(unsigned polls)
{
	return (int64_t)POLL_FIRST_MS << (polls < 12 ? polls : 12);
}
