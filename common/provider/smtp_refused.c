/*
 * Codes become classes: enhanced ones (RFC 3463, RFC 7504) where there are any, else bare ones (RFC 5321). The same 550 is
 * about the recipient in the answer to RCPT, about the sender in that to MAIL, and about the mail behind it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/compat.h"
#include "common/provider/smtp.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define WORDS_BYTES 400         /* of what a server says in several lines */

/* By their longest prefix. */
static const struct rule {
	const char *code;
	enum failure failure;
	bool retry;
} permanent[] = {
    {"5.1.7", FAILURE_POLICY, false},           /* of the sender's address, not the recipient's */
    {"5.1.8", FAILURE_POLICY, false},
    {"5.1.", FAILURE_INVALID_ADDRESS, false},
    {"5.2.2", FAILURE_UNREACHABLE, true},       /* mailbox full: people do empty them */
    {"5.2.3", FAILURE_CONTENT, false},
    {"5.2.", FAILURE_UNREACHABLE, false},
    {"5.3.4", FAILURE_CONTENT, false},
    {"5.4.", FAILURE_UNREACHABLE, false},
    {"5.6.", FAILURE_CONTENT, false},
    {"5.7.8", FAILURE_AUTH, false},
    {"5.7.9", FAILURE_AUTH, false},
    {"5.7.", FAILURE_POLICY, false},
    {"5.", FAILURE_PROVIDER, false},
    {"530", FAILURE_AUTH, false},
    {"534", FAILURE_AUTH, false},
    {"535", FAILURE_AUTH, false},
    {"538", FAILURE_AUTH, false},
    {"550", FAILURE_INVALID_ADDRESS, false},
    {"551", FAILURE_INVALID_ADDRESS, false},
    {"552", FAILURE_CONTENT, false},
    {"553", FAILURE_INVALID_ADDRESS, false},
    {"554", FAILURE_POLICY, false},
}, transient[] = {
    {"4.2.", FAILURE_UNREACHABLE, true},
    {"4.4.", FAILURE_UNREACHABLE, true},        /* the way from there on */
    {"4.7.", FAILURE_RATE, true},               /* greylisting, throttling */
    {"4", FAILURE_PROVIDER, true},
};

static const struct rule *find_rule(const struct rule *rules, size_t count, const char *code)
{
	for (size_t i = 0; i < count; i++)
		if (strncmp(rules[i].code, code, strlen(rules[i].code)) == 0)
			return &rules[i];
	return NULL;
}

/* "550-5.1.1 No such user" -> the enhanced code, or none; returns the words behind it. */
static const char *split_line(const char *line, char ret_code[16])
{
	const char *p = line + strspn(line, "0123456789");
	size_t len;

	if (*p == '-' || *p == ' ')
		p++;
	len = strspn(p, "0123456789.");
	ret_code[0] = '\0';
	if (len >= 5 && len < 16 && (*p == '4' || *p == '5') && p[1] == '.' && p[len - 1] != '.') {
		memcpy(ret_code, p, len);
		ret_code[len] = '\0';
		p += len;
	}
	return p + strspn(p, " ");
}

/* All lines of the last reply with this status, without their codes; the enhanced code that comes last. */
static void read_reply(const struct reply *r, struct buf *words, char ret_code[16])
{
	const char *p = r->body.data;
	bool over = true;
	char status[24];

	snprintf(status, sizeof(status), "%ld", r->status);
	ret_code[0] = '\0';
	while (*p) {
		size_t len = strcspn(p, "\r\n");

		if (strncmp(p, status, strlen(status)) == 0) {
			char code[16], *line = xstrndup(p, len);
			const char *said = split_line(line, code);

			if (over)
				buf_reset(words);
			if (words->len > 0 && *said)
				buf_add_char(words, ' ');
			buf_add_text(words, said);
			if (*code)
				memcpy(ret_code, code, sizeof(code));
			over = len < 4 || line[3] != '-';
			free(line);
		}
		p += len;
		p += strspn(p, "\r\n");
	}
}

/* What no word about the recipient can be, since it answers something else. */
static const struct rule *judge(const struct reply *r, const char *code)
{
	static const struct rule busy = {"", FAILURE_PROVIDER, true}, login = {"", FAILURE_AUTH, false}, policy = {"", FAILURE_POLICY, false};
	const struct rule *rule;

	if (r->status < 500)
		return find_rule(transient, COUNT_OF(transient), code);
	/* Another time it may let us in, as Postfix too takes it. */
	if (r->stage == MAIL_CONNECTION)
		return &busy;
	if (r->stage == MAIL_LOGIN || r->status == 530)
		return &login;
	rule = find_rule(permanent, COUNT_OF(permanent), code);
	return rule && rule->failure == FAILURE_INVALID_ADDRESS && r->stage != MAIL_RECIPIENT ? &policy : rule;
}

void smtp_refused(const struct reply *r, struct verdict *v)
{
	char enhanced[16], status[24];
	const struct rule *rule;
	struct buf words;

	buf_init(&words, WORDS_BYTES);
	read_reply(r, &words, enhanced);
	snprintf(status, sizeof(status), "%ld", r->status);
	rule = judge(r, *enhanced ? enhanced : status);
	verdict_fail(v, rule ? rule->failure : FAILURE_PROVIDER, rule && rule->retry, *enhanced ? enhanced : status,
	    words.len > 0 ? words.data : r->error_text);
	buf_clear(&words);
}
