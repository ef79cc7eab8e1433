/*
 * `delivery:` of the configuration: how hard msg-send tries, and for how long it remembers.
 *
 *   delivery:
 *     dedupe_window: 24h
 *     on_unknown: ask             # or by purpose: {marketing: hold, otp: resend}
 *     retry:   {attempts: {provider: 6, network: 8, timeout: 4, rate: 6}, first: 2s, longest: 5m}
 *     breaker: {failures: 5, pause: 30s, longest: 10m}
 *     dead_for: 90d
 */
#ifndef MSG_DELIVER_SETTINGS_H
#define MSG_DELIVER_SETTINGS_H

#include <stdint.h>

#include "common/config/config.h"
#include "common/line/words.h"

struct delivery_settings {
	int64_t dedupe_window_ms;               /* how long the id of a message that is done is known */
	int on_unknown[PURPOSE_EMERGENCY + 1];  /* enum on_unknown, or -1: nothing is said */
	unsigned attempts[FAILURE_POLICY + 1];  /* by class of failure; throttled ones are not counted */
	int64_t retry_first_ms, retry_longest_ms;
	unsigned breaker_failures;              /* in a row, that open an account's breaker; 0: never */
	int64_t breaker_pause_ms, breaker_longest_ms;
	int64_t dead_for_ms;                    /* how long an address that a provider called invalid is not used; 0: not at all */
};

/* The defaults, and what the configuration says over them. EX_CONFIG with file, line and key. */
int delivery_settings_read(const struct config *c, struct delivery_settings *ret_settings, struct err *e);

#endif
