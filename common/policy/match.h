/*
 * Conditions on a message and its recipient, as the rules of msg-policy(5) write them:
 * {purpose: marketing, contact.lang: [es, ca], context.amount: {from: 100}}. All of them must hold.
 *
 * A set holds the conditions of a whole policy. It looks each path up at most once a message, however many rules ask
 * for it, and turns each text into the number of the literal it equals, so that a rule that does not match costs one
 * comparison.
 */
#ifndef MSG_MATCH_H
#define MSG_MATCH_H

#include <jansson.h>
#include <stdbool.h>

#include "common/config/yaml.h"
#include "common/err.h"

struct match_set;
struct match;           /* the conditions of one rule; lives as long as its set */

struct match_set *match_set_new(void);
void match_set_free(struct match_set *s);

/*
 * `conditions` is a mapping of the document `y`, or NULL for none: that matches everything. EX_CONFIG names file, line
 * and key.
 */
int match_compile(struct match_set *s, const json_t *conditions, const struct yaml *y, const struct match **ret_match,
    struct err *e);

/* What the tests that follow are about; both are borrowed until the next call. The recipient may be NULL. */
void match_about(struct match_set *s, const json_t *message, const json_t *recipient);
bool match_test(struct match_set *s, const struct match *m);

/*
 * Of all that have been compiled, in that order and counted from 0: the first one from `from` on that matches, or how
 * many there are.
 */
size_t match_next(struct match_set *s, size_t from);

/* For the lint: does whatever `later` matches match `earlier` too, as far as the notation shows it? Either may be NULL. */
bool match_covers(const json_t *earlier, const json_t *later);

#endif
