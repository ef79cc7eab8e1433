/* Memory that is always there: out of memory ends the program with EX_OSERR (the store is durable). */
#ifndef MSG_XALLOC_H
#define MSG_XALLOC_H

#include <stddef.h>

#include "compat.h"

void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *text);             /* NULL gives NULL */
char *xstrndup(const char *text, size_t len);
char *xformat(const char *fmt, ...) COMPAT_PRINTF(1, 2);

/* Frees a text that its owner holds through a pointer to const, and sets it to NULL. */
void xfree_text(const char **text);

#endif
