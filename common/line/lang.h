/* Languages as BCP 47 writes them, compared without their regions where that has to do: "es-MX" and "es". */
#ifndef MSG_LANG_H
#define MSG_LANG_H

#include <jansson.h>
#include <stdbool.h>

bool lang_is_same(const char *a, const char *b);

/*
 * A text that may be written in several languages: `value` is the text itself, or a map from languages to texts. Of a
 * map the one in `lang`, else in `otherwise` (either may be NULL), else the first. NULL when there is none.
 */
const char *lang_choose(const json_t *value, const char *lang, const char *otherwise);

#endif
