/*
 * Consents in a file, one by one: JSON lines of msg(5), or CSV (RFC 4180) whose header names the same members. What is
 * read has the shape of a consent line; whether it can be recorded is for common/optin/import.h to say.
 */
#ifndef MSG_OPTIN_READER_H
#define MSG_OPTIN_READER_H

#include "common/config/config.h"
#include "common/config/csv.h"
#include "common/line/line.h"
#include "common/optin/record.h"

enum optin_format {
	OPTIN_BY_NAME,          /* .csv and .tsv are CSV, .json and .jsonl lines; else by the first byte: lines begin with { */
	OPTIN_LINES,
	OPTIN_CSV,
};

int optin_format_parse(const char *word);       /* "jsonl" or "csv"; -1 */

struct optin_reader {
	enum optin_format format;
	struct line_reader lines;
	struct csv csv;
	const char *columns[CSV_COLUMNS];       /* members, by column */
	size_t column_count;
	bool started, ended;
	/* The record: */
	struct line record;     /* its bytes, without the end of the line; `number` is where it began */
	json_t *value;          /* a consent line, checked; borrowed */
	char *preference;       /* its preferences as text, or NULL */
	char owner[OPTIN_CONTACT_BYTES];        /* of a question that lapses: the contact beside the address, or "" */
};

/* `name` is the file's, for OPTIN_BY_NAME. */
void optin_reader_init(struct optin_reader *r, int fd, const char *name, enum optin_format format);
void optin_reader_clear(struct optin_reader *r);

/* 1; 0 at the end; -1: EX_DATAERR for the record, and there is more unless `ended`; EX_IOERR. */
int optin_reader_next(struct optin_reader *r, struct err *e);

/*
 * The record as an event that borrows from it and from *ret_subject. EX_DATAERR begins with the member: an address that
 * is none, a channel that is not the address's or that nobody knows, a time that is yet to come.
 */
int optin_read_event(const struct optin_reader *r, const struct config *c, struct optin_subject *ret_subject,
    struct consent_event *ret_event, struct err *e);

#endif
