#include <stdint.h>

#include "common/compat.h"
#include "common/deliver/job.h"

#include "common/banned.h"

#define RETRY_FIRST_MS 2000
#define RETRY_MOST_MS 300000
#define POLL_FIRST_MS 1000

/* Exponential with full jitter: many senders that failed together do not come back together. */
int64_t backoff_retry_ms(unsigned attempt)
{
	int64_t most = RETRY_FIRST_MS;
	uint32_t random = 0;

	while (attempt-- > 1 && most < RETRY_MOST_MS)
		most *= 2;
	getentropy(&random, sizeof(random));
	return 500 + (int64_t)(random % (uint64_t)most);
}

int64_t backoff_poll_ms(unsigned polls)
{
	return (int64_t)POLL_FIRST_MS << (polls < 12 ? polls : 12);
}
