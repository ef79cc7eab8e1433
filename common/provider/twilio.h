/* What the files of the Twilio provider share. */
#ifndef MSG_TWILIO_H
#define MSG_TWILIO_H

#include "common/provider/provider.h"

/* The URL of a resource ("Messages", "Calls"), of one of them where `id` is given; the caller frees. */
char *twilio_url(const struct account *a, const char *resource, const char *id);
void twilio_login(const struct account *a, struct request *r);

/* "whatsapp:+1555…": the channel is part of the address, except for plain numbers. The caller frees. */
char *twilio_party(const char *channel, const char *value);

/* A message or call as the API shows it: status, parts, cost, and why it failed. */
void twilio_take_resource(struct verdict *v, const json_t *resource);

/* Finds a leg that got no answer (twilio_find.c). */
int twilio_find(const struct delivery *d, struct request *ret_request, struct err *e);
enum provider_found twilio_found(const struct delivery *d, const struct reply *r, struct verdict *ret_verdict);

/* What an error's number says, over what `v` says already. */
void twilio_judge(struct verdict *v, long code, const char *text);

#endif
