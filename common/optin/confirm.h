/* Double opt-in by a code or a link: made with the question, taken back with the answer. */
#ifndef MSG_OPTIN_CONFIRM_H
#define MSG_OPTIN_CONFIRM_H

#include <jansson.h>

#include "common/line/line.h"
#include "common/optin/record.h"
#include "common/optin/terms.h"

#define OPTIN_CODE_BYTES 33     /* a code of digits, or a token of 32 characters */

/* A fresh code of six digits, or a token that nobody can guess. */
void optin_code_new(bool token, char ret_code[OPTIN_CODE_BYTES]);

/*
 * The answer to the question that has this code: the consent line (in, double), a new reference. `to` is the address that
 * the question went to; NULL will do for a token. EX_UNDELIVERED when no open question has it: an exit status, not an
 * error of the store's. In the caller's writing transaction.
 */
int optin_confirm(struct store *s, const char *to, const char *code, const struct optin_terms *t, json_t **ret_line, struct err *e);

/* Somebody writes nothing but the code, in the line `l`: 1 and the consent line; 0: no such thing; -1. */
int optin_confirm_inbound(struct store *s, const struct line *l, const json_t *inbound, json_t **ret_line, struct err *e);

/* Is that all the line says? So that nothing is opened for others. */
bool optin_is_code(const json_t *inbound);

#endif
