/*
 * Names of hosts beyond ASCII as the rest of the world writes them: "bücher.example" is "xn--bcher-kva.example" (RFC 3492,
 * RFC 5891). Letters become small ones; nothing else is mapped, so a name is to be composed (NFC).
 *
 * What others would map (UTS 46: full-width letters, ligatures, signs that are left out) leads to another name than it
 * says: a mail address has none of it, so that who has said no under a name cannot be written to under another.
 */
#ifndef MSG_IDN_H
#define MSG_IDN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"

/* Appends the domain, of labels with dots (U+3002 and its like too) between; false when a label would be too long. */
bool idn_add_ascii(struct buf *b, const char *domain);

/* A small letter for a capital one, of the alphabets that are in use for names; any other character as it is. */
uint32_t idn_small(uint32_t c);

/* Whether a character may stand before the "@" of a mail address; and whether one beyond ASCII may stand behind it. */
bool idn_local_code(uint32_t code);
bool idn_domain_code(uint32_t code);

#endif
