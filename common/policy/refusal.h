/* Why a recipient is left without a channel. */
#ifndef MSG_REFUSAL_H
#define MSG_REFUSAL_H

#include "common/address/address.h"
#include "common/policy/gate.h"

/*
 * Beside the gate's codes the answer has "no-address" (FAILURE_UNREACHABLE), "invalid-address"
 * (FAILURE_INVALID_ADDRESS), "no-account" and "rule" (FAILURE_POLICY: nothing serves the channels, the rule sends
 * nothing).
 */
struct refusal {
	struct gate_answer answer;
	char channel[ADDRESS_CHANNEL];  /* which address it is about, canonical; "" when it is about none in particular */
	char address[ADDRESS_BYTES];
};

/* An answer that does not allow it; a long text is cut between two characters. */
void refusal_say(struct gate_answer *ret_answer, enum failure failure, const char *code, const char *text);

/* What a receipt for such an answer says: STATUS_BLOCKED when a person or the policy said no, else STATUS_FAILED. */
enum status refusal_status(const struct gate_answer *answer);

#endif
