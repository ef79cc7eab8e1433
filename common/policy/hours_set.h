/* What hours are made of. For hours*.c alone. */
#ifndef MSG_HOURS_SET_H
#define MSG_HOURS_SET_H

#include "common/policy/hours.h"

/* A row of data/hours.tsv. */
struct hours_text {
	const char *jurisdiction, *purposes, *channels, *mon_fri, *sat, *sun, *holidays, *also_clock, *caps, *advice, *source;
};

struct hours_row {
	const char *name;               /* the jurisdiction of the table's, or what the policy calls it */
	const char *source;             /* or NULL */
	const char *const *jurisdictions;       /* NULL-ended; NULL: everywhere */
	const char *channels;           /* "all", "-email", or names with commas between them */
	unsigned purposes;              /* bits by enum purpose */
	struct hours_week week;
	const struct place_zone *zone;  /* by this clock instead of the recipient's; or NULL */
	bool has_also;                  /* the week holds by this fixed clock as well */
	int32_t also;
	bool here;                      /* where no zone is known, the clock of this machine counts */
	bool advice;                    /* the week is no law but what is advised */
	bool override;                  /* the table's rows do not count for what this one is about */
	const char *caps;               /* "3/24h topic", or "" */
};

struct hours {
	struct places *places;
	struct holidays *holidays;      /* NULL until somebody asks */
	struct hours_row *law;          /* parsed when they are first needed; by their names, ascending */
	bool law_read;
	size_t law_count;
	struct hours_row *own;
	size_t own_count;
	bool no_law, advice;
	int32_t margin;                 /* seconds */
	char *version;                  /* NULL until a row is closed */
	unsigned digest;                /* bits by enum purpose */
	const char *home_country;       /* assumed of those of whom nothing is known; or NULL */
	const struct place_zone *home_zone;
	char **texts;                   /* that rows of the policy hold on to */
	const char ***lists;
	size_t text_count, list_count;
};

/* The table's row of a jurisdiction, or NULL. */
const struct hours_row *hours_law(struct hours *h, const char *code);

/* "all"; "-email": all but; "sms,voice". */
bool hours_row_is_about(const struct hours_row *row, const char *channel);

/* The place of a question: its own, or `room` filled. */
const struct place *hours_locate(struct hours *h, const struct hours_question *q, struct place *room);

/* Parses a row of the table; false when it is not one. */
bool hours_row_of_text(const struct hours_text *t, struct hours_row *ret_row);

/* "+05:30". */
bool hours_offset_parse(const char *text, int32_t *ret_seconds);

/* "2026-11", as the head of the table has it. */
const char *hours_table_version(void);

/* How many rows the table has, and one of them: for tests. */
size_t hours_text_count(void);
const struct hours_text *hours_text_at(size_t i);

#endif
