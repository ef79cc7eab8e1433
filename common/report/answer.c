#include "common/line/member.h"
#include "common/line/when.h"
#include "common/report/answer.h"
#include "common/store/receipts.h"

#include "common/banned.h"

int answer_log_receipts(struct answer_log *a, const json_t *receipts, struct err *e)
{
	json_t *receipt;
	size_t i;

	json_array_foreach((json_t *)receipts, i, receipt) {
		struct receipt_result done;
		int result;

		if (receipt_record(a->store, receipt, when_now_ms(), &done, e) < 0)
			return -1;
		result = line_write_json(a->out, receipt, e);
		if (result == 0 && done.receipts)
			result = answer_log_receipts(a, done.receipts, e);
		json_decref(done.receipts);
		if (result < 0)
			return -1;
	}
	return 0;
}

int answer_log_inbound(struct answer_log *a, const struct line *l, json_t *inbound, struct err *e)
{
	struct ack_result r = {json_array(), json_array()};
	int result = ack_answer(a->store, a->contacts, inbound, a->words, when_now_ms(), &r, e);

	if (result == 0)
		result = json_array_size(r.messages) > 0 ? member_write(a->out, l, inbound, "acknowledges", r.messages, e)
							 : line_write(a->out, l->text, l->len, e);
	if (result == 0)
		result = answer_log_receipts(a, r.receipts, e);
	json_decref(r.receipts);
	json_decref(r.messages);
	return result;
}

int answer_log_message(struct answer_log *a, const char *message, const char *contact, struct err *e)
{
	struct ack_result r = {json_array(), json_array()};
	int result = ack_message(a->store, message, contact, when_now_ms(), &r, e);

	if (result == 1 && answer_log_receipts(a, r.receipts, e) < 0)
		result = -1;
	json_decref(r.receipts);
	json_decref(r.messages);
	return result;
}
