/* The words of a leg before they are fitted to its channel: what an advertisement must have in it is put in here. */
#include "common/deliver/job.h"
#include "common/line/envelope.h"

#include "common/banned.h"

void job_review_clear(struct job *j)
{
	content_answer_clear(&j->review);
	json_decref(j->reviewed);
	j->reviewed = NULL;
}

int job_review(struct job *j, const json_t *message, const char *text, struct err *e)
{
	const struct content_question question = {
	    .purpose = job_purpose(j),
	    .channel = j->address.channel,
	    .country = policy_country(j->recipient, &j->address),
	    .topic = envelope_text(message, "topic", NULL),
	    .lang = envelope_text(message, "lang", envelope_text(j->recipient, "lang", NULL)),
	    .from = job_sender(j),
	    .text = *text ? text : NULL,
	    .subject = envelope_text(message, "subject", NULL),
	};

	content_review(policy_content(j->d->o.policy), &question, &j->review);
	if (j->review.refused) {
		j->fit.code = j->review.code;
		return err_set(e, EX_DATAERR, "%s", j->review.text);
	}
	if (j->review.subject) {
		j->reviewed = json_copy((json_t *)message);
		json_object_set_new(j->reviewed, "subject", json_string(j->review.subject));
	}
	return 0;
}
