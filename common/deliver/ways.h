/* What the policy asks about the accounts: is there a way on a channel, and what does it cost. */
#ifndef MSG_WAYS_H
#define MSG_WAYS_H

#include "common/policy/policy.h"
#include "common/provider/provider.h"

/* The accounts must outlive the policy's use. */
void ways_connect(struct policy *p, struct accounts *a);

/* Are people's readings ever reported on a channel? */
bool ways_reads(const char *channel);

#endif
