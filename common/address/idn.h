/*
 * Names of hosts beyond ASCII as the rest of the world writes them: "bücher.example" is "xn--bcher-kva.example" (RFC 3492,
 * RFC 5891). Letters become small ones; nothing else is mapped, so a name is to be composed (NFC).
 */
#ifndef MSG_IDN_H
#define MSG_IDN_H

#include <stdbool.h>

#include "common/buf.h"

/* Appends the domain, of labels with dots (U+3002 and its like too) between; false when a label would be too long. */
bool idn_add_ascii(struct buf *b, const char *domain);

#endif
