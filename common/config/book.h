/*
 * The contacts and groups that stand in files, indexed by id and by address. One loader a format fills it; each says
 * file, line and key when something is wrong (EX_CONFIG).
 */
#ifndef MSG_BOOK_H
#define MSG_BOOK_H

#include <stdbool.h>

#include "common/config/config.h"

struct book {
	const struct config *config;    /* borrowed: the channels that it adds to those built in */
	json_t *by_id;          /* id -> contact */
	json_t *by_address;     /* address_subject -> the first contact that has it */
	json_t *groups;         /* name -> array of ids, "@group" and addresses, as written */
};

void book_init(struct book *b, const struct config *c);
void book_clear(struct book *b);

/*
 * Adds a contact (borrowed; it may be put in as a copy). Channels that nobody knows are refused: they would never be
 * used, and are likely misspelt. EX_DATAERR begins with the field at fault.
 */
int book_add(struct book *b, json_t *contact, struct err *e);

/* Adds a member to a group, which comes into being. EX_DATAERR when that cannot be a group's name. */
int book_add_member(struct book *b, const char *group, const char *member, struct err *e);

/*
 * Whether all that a group leads to is there: members that nobody knows (unless `open`: a resolver may know them),
 * bad addresses, groups that contain themselves. EX_DATAERR.
 */
int book_check_group(const struct book *b, const char *group, bool open, struct err *e);

/* *ret_yaml is kept by the caller until the groups in it have been checked with book_check_yaml. */
int book_load_yaml(struct book *b, const char *path, struct yaml **ret_yaml, struct err *e);
int book_check_yaml(const struct book *b, const struct yaml *y, bool open, struct err *e);
int book_load_lines(struct book *b, const char *path, struct err *e);
int book_load_csv(struct book *b, const char *path, struct err *e);

#endif
