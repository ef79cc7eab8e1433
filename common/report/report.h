/* The report of msg-receipts: what became of the messages of a time, for a person, as JSON lines or as CSV. */
#ifndef MSG_REPORT_H
#define MSG_REPORT_H

#include "common/report/tally.h"
#include "common/report/terminal.h"

struct report {
	int64_t since_ms, until_ms;     /* INT64_MIN, INT64_MAX: open */
	enum tally_by by[TALLY_KINDS];
	size_t by_count;
	int64_t now_ms;
};

/*
 * "24h" (that long before now), "2026-11-24" (its first moment in local time) or an RFC 3339 time. EX_USAGE names
 * the option.
 */
int report_parse_time(const char *option, const char *text, int64_t now_ms, int64_t *ret_ms, struct err *e);

/* "channel,via" into the report's sections. EX_USAGE. */
int report_parse_by(struct report *r, const char *list, struct err *e);

void report_draw(const struct report *r, const struct tally *t, const struct terminal *terminal);
void report_json(const struct report *r, const struct tally *t, FILE *out);
void report_csv(const struct report *r, const struct tally *t, FILE *out);

/* "850ms", "2.1s", "48s", "5m12s", "3h05m", "2d04h": what a person needs to know of a time span. */
#define REPORT_SPAN 32
void report_span(int64_t ms, char ret_text[REPORT_SPAN]);

#endif
