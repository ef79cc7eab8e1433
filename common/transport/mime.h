/*
 * An Internet message: RFC 5322 with MIME (RFC 2045 to 2047), file names as RFC 2231 has them, CRLF at every end of a
 * line and no line over 998 bytes. Dot-stuffing is the transport's.
 */
#ifndef MSG_MIME_H
#define MSG_MIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"

struct mime_mailbox {
	char name[256];         /* "" when there is none */
	char address[320];
};

struct mime_attachment {
	const char *name;       /* file name, UTF-8 */
	const char *type;       /* "application/pdf" */
	const void *data;
	size_t len;
	const char *cid;        /* as the HTML names it, "cid:logo"; NULL: it is not shown there */
};

struct mime_header {
	const char *name, *value;
};

/* Texts are UTF-8 and borrowed; NULL leaves the header or the part out. */
struct mime_message {
	struct mime_mailbox from, to, reply_to; /* reply_to only with an address */
	const char *subject;
	int64_t date_ms;
	const char *id;                         /* without the angle brackets, and so are the next two */
	const char *in_reply_to;
	const char *references;
	const char *unsubscribe;                /* https URL: List-Unsubscribe and List-Unsubscribe-Post (RFC 8058) */
	const char *lang;
	bool automatic;                         /* Auto-Submitted: auto-generated (RFC 3834) */
	bool important;
	const struct mime_header *headers;      /* more of them; their names are the caller's care */
	size_t header_count;
	const char *text, *html;                /* both: multipart/alternative; html and what it shows: multipart/related */
	const struct mime_attachment *attachments;
	size_t attachment_count;
};

/* "Clinic <noreply@clinic.example>", "\"Doe, Ana\" <ana@…>" or a bare address. EX_DATAERR. */
int mime_mailbox_parse(const char *text, struct mime_mailbox *ret_mailbox, struct err *e);

/* Appends the whole message. EX_DATAERR names the header whose value has a line break or control byte. */
int mime_write(const struct mime_message *m, struct buf *b, struct err *e);

/* Appends "LOCAL@DOMAIN" with any text made into a local part: other bytes than letters as "=XX", a long one hashed. */
void mime_id(struct buf *b, const char *text, const char *domain);

/* The parts that mime_write is made of (mime_encode.c). */
bool mime_is_ascii(const char *text);
void mime_add_unstructured(struct buf *b, size_t column, const char *text);     /* a header's value, folded, encoded */
void mime_add_phrase(struct buf *b, size_t column, const char *text);           /* a display name */
void mime_add_parameter(struct buf *b, const char *name, const char *value);    /* "; name=…" */
void mime_add_quoted_printable(struct buf *b, const char *text);                /* line ends become CRLF */
void mime_add_base64(struct buf *b, const void *data, size_t len);              /* lines of 76, each ended */

#endif
