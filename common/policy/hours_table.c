/* The rows of data/hours.tsv: what their columns mean. */
#include <stdio.h>
#include <string.h>

#include "common/policy/hours_set.h"

#include "common/banned.h"

static const struct hours_text texts[] = {
#include "gen/hours.inc"
};

const char *hours_table_version(void)
{
	return HOURS_TABLE_VERSION;
}

size_t hours_text_count(void)
{
	return COUNT_OF(texts);
}

const struct hours_text *hours_text_at(size_t i)
{
	return &texts[i];
}

bool hours_offset_parse(const char *text, int32_t *ret_seconds)
{
	unsigned hour, minute;
	char sign, end;

	if (sscanf(text, "%c%2u:%2u%c", &sign, &hour, &minute, &end) != 3 || (sign != '+' && sign != '-') || hour > 15 || minute > 59)
		return false;
	*ret_seconds = (int32_t)((hour * 60 + minute) * 60) * (sign == '-' ? -1 : 1);
	return true;
}

/* "Mon-Sat 09:00-20:00": no hours on the other days, nor on holidays. */
static bool parse_advice(const char *text, struct hours_week *w)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	struct hours_day hours;
	const char *from, *to;

	if (strlen(text) < 8 || text[3] != '-' || text[7] != ' ' || !hours_day_parse(text + 8, &hours))
		return false;
	*w = (struct hours_week){.holidays = HOURS_OF_HOLIDAY};
	for (int day = 0; day < 7; day++) {
		from = strncmp(text, days + day * 3, 3) == 0 ? days + day * 3 : NULL;
		for (int next = day; from && next < 7; next++) {
			to = days + next * 3;
			w->days[next] = hours;
			if (strncmp(text + 4, to, 3) == 0)
				return true;
		}
	}
	return false;
}

static bool parse_week(const struct hours_text *t, struct hours_row *row)
{
	struct hours_week *w = &row->week;

	if (strcmp(t->mon_fri, "unclear") == 0)
		return parse_advice(t->advice, w);
	if (!hours_day_parse(t->mon_fri, &w->days[1]) || !hours_day_parse(t->sat, &w->days[6]) || !hours_day_parse(t->sun, &w->days[0]))
		return false;
	for (int day = 2; day < 6; day++)
		w->days[day] = w->days[1];
	row->advice = *t->advice && hours_day_any(&w->days[1]) && hours_day_any(&w->days[6]) && hours_day_any(&w->days[0]);
	if (row->advice)
		return parse_advice(t->advice, w);
	return hours_holiday_parse(strcmp(t->holidays, "unclear") == 0 ? "closed" : t->holidays, w);
}

bool hours_row_of_text(const struct hours_text *t, struct hours_row *ret_row)
{
	struct hours_row row = {.name = t->jurisdiction, .source = t->source, .channels = t->channels, .caps = t->caps};
	const char *word = t->purposes;

	while (*word) {
		size_t len = strcspn(word, ",");
		char name[16];
		int purpose;

		snprintf(name, sizeof(name), "%.*s", (int)len, word);
		purpose = purpose_parse(name);
		if (purpose < 0)
			return false;
		row.purposes |= 1u << purpose;
		word += len + (word[len] == ',');
	}
	row.has_also = *t->also_clock != '\0';
	if (row.has_also && !hours_offset_parse(t->also_clock, &row.also))
		return false;
	if (!parse_week(t, &row))
		return false;
	*ret_row = row;
	return row.purposes != 0;
}
