/* Reading agents.yaml, for desk.c alone. */
#ifndef MSG_DESK_READ_H
#define MSG_DESK_READ_H

#include "common/assign/desk.h"
#include "common/line/when.h"

#define DESK_DEFAULT "default"
#define DESK_RESERVE_MS (2 * WHEN_MINUTE)
#define DESK_STICKY_MS (30 * WHEN_DAY)
#define DESK_SHARE_MS (8 * WHEN_HOUR)
#define DESK_KEEP_MS (400 * WHEN_DAY)
#define DESK_MISSES 2

struct desk_queue desk_new_queue(const char *name);
struct desk_step desk_new_step(void);

/*
 * What stands in d->yaml: first agents, queues and settings, then, once all queues are there, the workflows. Both arrays
 * are left with room for one more.
 */
int desk_read_people(struct desk *d, struct err *e);
int desk_read_workflows(struct desk *d, struct err *e);

/*
 * Values, for both (desk_value.c). One that is missing leaves what is there. EX_CONFIG with file, line and key.
 */
int desk_read_duration(const struct desk *d, const json_t *object, const char *key, int64_t *ret_ms, struct err *e);
int desk_read_number(const struct desk *d, const json_t *object, const char *key, unsigned min, unsigned max, unsigned *ret_number,
    struct err *e);
int desk_read_switch(const struct desk *d, const json_t *object, const char *key, bool *ret_value, struct err *e);
int desk_read_map(const struct desk *d, const json_t *object, const char *key, const char *example, const json_t **ret_map,
    struct err *e);
int desk_read_priority(const struct desk *d, const json_t *object, int *ret_priority, struct err *e);
int desk_check_name(const struct desk *d, const json_t *object, const char *name, struct err *e);
int desk_check_words(const struct desk *d, const json_t *object, const char *key, struct err *e);

/* `skills`: a list of words, or a map from words to levels. */
int desk_read_skills(const struct desk *d, const json_t *object, const json_t **ret_skills, struct err *e);

/* `hours`: {mon-fri: 09:00-17:00, holidays: closed, in: ES, zone: Europe/Madrid}. */
int desk_read_hours(struct desk *d, const json_t *object, struct desk_hours *ret_hours, struct err *e);

/* `agents`: conditions on them, or a list of such of which one must hold. */
int desk_read_conditions(struct desk *d, const json_t *object, struct desk_conditions *ret_conditions, struct err *e);

#endif
