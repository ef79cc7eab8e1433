/*
 * What the carrier was asked: one JSON line a request, written before the answer leaves, so that whoever has an answer
 * finds its request:
 *
 *   {"n":1,"method":"POST","path":"/2010-04-01/…","query":{},"headers":{"content-type":"…"},"body":"To=%2B1…",
 *    "form":{"To":"+1…","MediaUrl":["…","…"]},"connection":40122,"rule":0}
 *
 * Header names are in lower case; a body that is not UTF-8 stands under `body_base64`; `form` is there for
 * application/x-www-form-urlencoded; `json` for application/json; `connection` is the client's port.
 */
#ifndef CARRIER_RECORD_H
#define CARRIER_RECORD_H

#include <jansson.h>
#include <stdbool.h>

#include "common/buf.h"

/* Adds name=value to an object; a name that is there already gets an array. Takes the reference. */
void record_put(json_t *object, const char *name, json_t *value);

/* Name in lower case; values of a repeated header are joined by ", ". */
void record_header(json_t *headers, const char *name, const char *value);

/* The body and what it decodes to, by the content type in `headers`. */
void record_body(json_t *request, const json_t *headers, const struct buf *body);

/* False when the file refuses it. Thread-safe: one write each. */
bool record_write(int fd, const json_t *request);

#endif
