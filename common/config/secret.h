/*
 * Secrets: a type of their own, kept in memory that is locked and wiped, printed as "***".
 * A reference is "env:NAME", "file:PATH" (its text but for a newline at the end; refused unless it is ours and nobody
 * else can read it), "cmd:COMMAND" (its first line of output; run by /bin/sh with nothing pasted into it, reading
 * /dev/null, for 30 s at most) or "sealed:BASE64" (sealed box to this host's key).
 * Anything else is refused as a secret written in plain sight.
 */
#ifndef MSG_SECRET_H
#define MSG_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

#define SECRET_BYTES 8192

struct secret;

/*
 * Reads what `reference` points at. `directory` is where relative file: paths start. With `mask` nothing is read and
 * the secret's text is "***" (dry run). EX_NOPERM names the setting's reference but never the value; EX_CONFIG for what
 * is no reference.
 */
int secret_read(const char *reference, const char *directory, bool mask, struct secret **ret_secret, struct err *e);
const char *secret_text(const struct secret *s);        /* borrowed; do not keep, print or log it */
void secret_free(struct secret *s);                     /* wipes */
bool secret_is_reference(const char *text);

/*
 * The host's key: $MSG_HOST_KEY, else $XDG_CONFIG_HOME/msg/host.key, else for root /etc/msg/host.key and for others
 * ~/.config/msg/host.key. One line of text, "msg-host-key-1:BASE64". NULL (EX_NOPERM) without HOME. The caller frees.
 */
char *secret_key_path(struct err *e);
int secret_key_create(const char *path, struct err *e); /* mode 0600; EX_CANTCREAT when it exists */

/* A new "sealed:…", the caller's to free. EX_NOPERM: no key, or one that others can read; EX_DATAERR: empty, too long. */
int secret_seal(const char *key_path, const void *data, size_t len, char **ret_reference, struct err *e);

#endif
