/* What the policy asks about the accounts: is there a way on a channel, and what does it cost. */
#ifndef MSG_WAYS_H
#define MSG_WAYS_H

#include "common/policy/policy.h"
#include "common/provider/provider.h"

/* The accounts must outlive the policy's use. */
void ways_connect(struct policy *p, struct accounts *a);

#endif
