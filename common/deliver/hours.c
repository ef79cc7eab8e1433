/* Hours at the moment of sending: a plan may be old, or written elsewhere. */
#include <stdio.h>
#include <string.h>

#include "common/deliver/job.h"
#include "common/line/envelope.h"
#include "common/store/outbox_list.h"

#include "common/banned.h"

/* It opens too late: the next leg may be open, or may reach them where nothing is closed. */
static int too_late(struct job *j, struct err *e)
{
	char text[sizeof(j->hours.text) + 32];

	snprintf(text, sizeof(text), "%s, when it has expired", j->hours.text);
	if (job_has_next(j))
		return outcome_failure(j, STATUS_FAILED, FAILURE_POLICY, "quiet-hours", text, e);
	return outcome_failure(j, STATUS_EXPIRED, FAILURE_TIMEOUT, "quiet-hours", text, e);
}

int job_ask_hours(struct job *j, int64_t now_ms, struct err *e)
{
	const struct policy_leg leg = {.message = j->message, .recipient = j->recipient, .address = &j->address, .now_ms = now_ms};

	policy_ask_hours(j->d->o.policy, &leg, &j->hours);
	if (j->hours.verdict == HOURS_OPEN)
		return 1;
	if (j->hours.verdict == HOURS_SHUT)
		return outcome_failure(j, STATUS_BLOCKED, FAILURE_POLICY, "quiet-hours", j->hours.text, e);
	if (j->hours.opens_ms >= envelope_time_ms(j->message, "expires", INT64_MAX))
		return too_late(j, e);
	if (j->hours.digest && digest_hold(j, e) < 0)
		return -1;
	return outcome_hold(j, j->hours.opens_ms, "quiet-hours", j->hours.text, e);
}

int job_read_hours(struct job *j, struct err *e)
{
	const json_t *note = json_object_get(job_leg(j), "hours");
	const char *until = envelope_text(note, "until", NULL);

	if (!until || !envelope_text(note, "row", NULL))
		return 0;
	j->hours = (struct hours_answer){
	    .verdict = HOURS_HELD,
	    .row = envelope_text(note, "row", NULL),
	    .zone = envelope_text(note, "zone", ""),
	    .by = place_by_parse(envelope_text(note, "by", "")),
	    .version = envelope_text(note, "version", NULL),
	    .opens_ms = envelope_time_ms(note, "until", 0),
	};
	snprintf(j->hours.text, sizeof(j->hours.text), "quiet hours of %s until %s", err_quote(j->hours.row), until);
	if (outbox_note(j->d->o.store, j->row.seq, FAILURE_POLICY, "quiet-hours", e) < 0)
		return -1;
	return policy_digests(j->d->o.policy, job_purpose(j)) ? digest_hold(j, e) : 0;
}
