/* What a mail server's refusal means: for smtp.c alone. */
#ifndef MSG_SMTP_H
#define MSG_SMTP_H

#include "common/provider/provider.h"

void smtp_refused(const struct reply *r, struct verdict *v);

#endif
