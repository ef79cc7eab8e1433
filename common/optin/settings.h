/*
 * `optin:` in the configuration: who is speaking, which words of its own it listens to, and what it answers. Texts that
 * are not set are built in, in several languages; a language without one gets English.
 *
 *     optin:
 *       brand: Clinic
 *       words: {stop: [N], start: [], help: []}
 *       stop: {en: "{{brand}}: you are out.", es: "…"}    (or one text for all; start, help, ask and doubt likewise)
 *       doubt_wait: 24h
 */
#ifndef MSG_OPTIN_SETTINGS_H
#define MSG_OPTIN_SETTINGS_H

#include <stdint.h>

#include "common/config/config.h"
#include "common/policy/keywords.h"

/* The first three in the order of enum keyword_meaning. */
enum optin_reply {
	OPTIN_STOP,
	OPTIN_START,
	OPTIN_HELP,
	OPTIN_ASK, /* the question that YES answers */
	OPTIN_DOUBT, /* the question to somebody who may have meant STOP */
	OPTIN_REPLIES,
};

struct optin;

/* EX_CONFIG names file, line and key. */
int optin_load(const struct config *c, struct optin **ret_optin, struct err *e);
void optin_free(struct optin *o);

const struct keywords *optin_keywords(const struct optin *o);

/*
 * Does whoever carries it answer this keyword itself? `via` is the account that it came by and `number` the one that it was
 * sent to; either may be NULL.
 */
bool optin_carrier_answers(const struct optin *o, const char *via, const char *number, const char *text);

/* How long somebody has to say what they meant; 0: they are not asked. */
int64_t optin_doubt_ms(const struct optin *o);

/*
 * The text in the first of the languages that there is one for, NULLs being passed over, else in English. `topic` may be
 * NULL. *ret_language is its language, good until the next call; *ret_text is the caller's to free.
 */
int optin_text(const struct optin *o, enum optin_reply reply, const char *const *languages, size_t count, const char *topic,
    char **ret_text, const char **ret_language, struct err *e);

/* The same with more to fill in than the brand, which `data` gets; it is the caller's. */
int optin_text_with(const struct optin *o, enum optin_reply reply, const char *const *languages, size_t count, json_t *data,
    char **ret_text, const char **ret_language, struct err *e);

#endif
