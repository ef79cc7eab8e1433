/* The links in a text and in HTML, and putting others in their place. */
#ifndef MSG_LINKS_H
#define MSG_LINKS_H

#include "common/buf.h"
#include "common/err.h"

/* 1: *ret_instead (the callee's, until the next call) stands in the place of the URL. 0: it stays. -1. */
typedef int links_fn(void *ctx, const char *url, const char **ret_instead, struct err *e);

/* Appends the text with what `fn` says of each http and https URL in it. How many were changed, or -1. */
int links_replace_text(const char *text, links_fn *fn, void *ctx, struct buf *b, struct err *e);

/* The same for where the <a> elements of HTML lead; what can be seen stays. */
int links_replace_html(const char *html, links_fn *fn, void *ctx, struct buf *b, struct err *e);

#endif
