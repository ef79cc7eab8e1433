/* Opening what was sealed to this host's key; making the key and sealing are in secret.h. */
#ifndef MSG_HOST_KEY_H
#define MSG_HOST_KEY_H

#include <stddef.h>

#include "common/err.h"

/* Opens the text behind "sealed:" into `ret_data`, at most `max` bytes. EX_NOPERM. */
int host_key_open(const char *base64, void *ret_data, size_t max, size_t *ret_len, struct err *e);

#endif
