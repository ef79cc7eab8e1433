/*
 * What the members of a line look like. Every check fills EX_DATAERR with the place of the value first, "plan[0].wait: not
 * a duration such as 15m: 'soon'"; fields that are not in a table are left alone.
 */
#ifndef MSG_CHECK_H
#define MSG_CHECK_H

#include <jansson.h>
#include <stdbool.h>

#include "common/err.h"

typedef int check_fn(const json_t *value, const char *place, struct err *e);

/* A table of them ends with a name of NULL. A null value counts as missing. */
struct check_field {
	const char *name;
	check_fn *check;
	bool required;
};

check_fn check_text, check_id, check_label, check_time, check_duration, check_bool, check_count, check_object, check_lang;
check_fn check_web_url, check_app_url, check_tap_url;
check_fn check_cid;             /* as HTML and a mail's header can hold it as it is */
check_fn check_strings;

/* A string that `parse` takes (from 0 on); "WHAT: 'value'" otherwise. */
int check_word(const json_t *value, const char *place, int parse(const char *), const char *what, struct err *e);

int check_fields(const json_t *value, const struct check_field *fields, const char *place, struct err *e);
int check_array(const json_t *value, const char *place, check_fn *check, struct err *e);

/* An array of at most CHECK_FEW: what is looked at for each of the others. */
int check_few(const json_t *value, const char *place, check_fn *check, struct err *e);
#define CHECK_FEW 100

/* A member that is there and not null. */
bool check_present(const json_t *value, const char *key);

int check_fail(struct err *e, const char *place, const char *what);
int check_fail_value(struct err *e, const char *place, const char *what, const json_t *value);

#endif
