/* Where zones come from, and what they are asked. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/line/zone_data.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define FILE_BYTES (256u << 10)
#define NAME_BYTES 128
/* The years that when.h can write, a day wider: any offset stays within an int's years. */
#define FIRST_SECOND INT64_C(-62167305600)
#define LAST_SECOND INT64_C(253402387199)

struct known {
	char *name;
	const struct zone *zone;
	struct known *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct known *known;             /* for good: whoever asked may keep the zone */

static bool good_name(const char *name)
{
	static const char characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-_/";
	size_t len = strlen(name);

	/* No dot: so nothing leads out of the directory. */
	return len > 0 && len < NAME_BYTES && name[0] != '/' && strspn(name, characters) == len;
}

static int read_all(int fd, struct buf *b)
{
	ssize_t got;

	do {
		if (!buf_room(b, 4096))
			return -1;
		got = read(fd, b->data + b->len, 4096);
		if (got > 0)
			b->len += (size_t)got;
	} while (got > 0 || (got < 0 && errno == EINTR));
	return got < 0 ? -1 : 0;
}

/* 1: there is no such file, 0, -1. */
static int read_zone(const char *path, struct zone **ret_zone, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), result;
	struct stat st;
	struct buf b;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR
		    ? 1
		    : err_set(e, EX_OSFILE, "cannot read '%s': %s", path, strerror(errno));
	buf_init(&b, FILE_BYTES);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		result = 1;             /* "Europe" is a directory */
	else if (read_all(fd, &b) < 0)
		result = err_set(e, EX_OSFILE, "cannot read '%s'", path);
	else if (zone_parse(b.data, b.len, ret_zone, e) < 0)
		result = err_at(e, "'%s': ", path);
	else
		result = 0;
	close(fd);
	buf_clear(&b);
	return result;
}

static int find_file(const char *name, struct zone **ret_zone, struct err *e)
{
	static const char *const usual[] = {"/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo"};
	const char *directory = getenv("TZDIR");
	bool given = directory && *directory == '/';
	size_t count = given ? 1 : COUNT_OF(usual);
	int result = 1;

	for (size_t i = 0; result == 1 && i < count; i++) {
		char *path = xformat("%s/%s", given ? directory : usual[i], name);

		result = read_zone(path, ret_zone, e);
		free(path);
	}
	/* UTC needs no file. */
	if (result == 1 && strcmp(name, "UTC") == 0) {
		*ret_zone = xcalloc(1, sizeof(**ret_zone));
		(*ret_zone)->offset_count = 1;
		return 0;
	}
	return result == 1 ? err_set(e, EX_DATAERR, "no time zone '%s'", err_quote(name)) : result;
}

static const struct zone *remember(const char *name, struct zone *zone)
{
	struct known *k = xcalloc(1, sizeof(*k));

	*k = (struct known){xstrdup(name), zone, known};
	known = k;
	return zone;
}

static const struct zone *recall(const char *name)
{
	for (struct known *k = known; k; k = k->next)
		if (strcmp(k->name, name) == 0)
			return k->zone;
	return NULL;
}

int zone_load(const char *name, const struct zone **ret_zone, struct err *e)
{
	const struct zone *found;
	struct zone *read = NULL;
	int result = 0;

	if (!good_name(name))
		return err_set(e, EX_DATAERR, "not a time zone such as Europe/Madrid: '%s'", err_quote(name));
	pthread_mutex_lock(&lock);
	found = recall(name);
	if (!found && (result = find_file(name, &read, e)) == 0)
		found = remember(name, read);
	pthread_mutex_unlock(&lock);
	if (result == 0)
		*ret_zone = found;
	return result;
}

/* What TZ may say: ":" and a path or a name, a name, a rule. An empty one is UTC, and so is nonsense, as elsewhere. */
static struct zone *zone_of_setting(const char *setting)
{
	struct zone *z = NULL;
	struct err ignored;

	if (*setting == ':')
		setting++;
	if (*setting == '/' ? read_zone(setting, &z, &ignored) == 0 : good_name(setting) && find_file(setting, &z, &ignored) == 0)
		return z;
	z = xcalloc(1, sizeof(*z));
	z->offset_count = 1;
	z->has_rule = zone_rule_parse(setting, &z->rule);
	return z;
}

const struct zone *zone_here(void)
{
	const char *setting = getenv("TZ");
	char *key = xformat("=%s", setting ? setting : ":/etc/localtime");      /* no name has that */
	const struct zone *found;

	pthread_mutex_lock(&lock);
	found = recall(key);
	if (!found)
		found = remember(key, zone_of_setting(key + 1));
	pthread_mutex_unlock(&lock);
	free(key);
	return found;
}

const struct zone *zone_fixed(int32_t offset)
{
	char *key = xformat(" %+d", offset);
	const struct zone *found;

	pthread_mutex_lock(&lock);
	found = recall(key);
	if (!found) {
		struct zone *z = xcalloc(1, sizeof(*z));

		z->offsets[0] = offset;
		z->offset_count = 1;
		found = remember(key, z);
	}
	pthread_mutex_unlock(&lock);
	free(key);
	return found;
}

int32_t zone_offset_at(const struct zone *z, int64_t seconds)
{
	size_t low = 0, high = z->count;

	seconds = seconds < FIRST_SECOND ? FIRST_SECOND : seconds > LAST_SECOND ? LAST_SECOND : seconds;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (z->times[middle] <= seconds)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == z->count && z->has_rule)
		return zone_rule_offset(&z->rule, seconds);
	return z->offsets[low == 0 ? 0 : z->kinds[low - 1]];
}

void zone_civil_at(const struct zone *z, int64_t seconds, struct civil *ret_civil)
{
	civil_of_seconds(seconds + zone_offset_at(z, seconds), ret_civil);
}

/* The offsets that the zone can have: whatever an instant's is, it is among them. */
static unsigned offset_count(const struct zone *z)
{
	return z->offset_count + (z->has_rule ? 2 : 0);
}

static int32_t offset_of(const struct zone *z, unsigned i)
{
	return i < z->offset_count ? z->offsets[i] : i == z->offset_count ? z->rule.standard : z->rule.daylight;
}

/* 02:30 of the clock before the change is past it, and of the clock after the change before it. */
static void across(const struct zone *z, int64_t local, struct zone_instant *ret_instant)
{
	for (unsigned i = 0; i < offset_count(z); i++) {
		int32_t after = offset_of(z, i), before = zone_offset_at(z, local - after);

		if (before < after && zone_offset_at(z, local - before) == after) {
			*ret_instant = (struct zone_instant){ZONE_SKIPPED, local - before, local - after};
			return;
		}
	}
}

void zone_from_local(const struct zone *z, const struct civil *local, struct zone_instant *ret_instant)
{
	int64_t clock = civil_seconds(local), first = INT64_MAX, last = INT64_MIN;

	for (unsigned i = 0; i < offset_count(z); i++) {
		int32_t offset = offset_of(z, i);
		int64_t instant = clock - offset;

		if (zone_offset_at(z, instant) != offset)
			continue;
		first = instant < first ? instant : first;
		last = instant > last ? instant : last;
	}
	*ret_instant = (struct zone_instant){first == last ? ZONE_ONCE : ZONE_TWICE, first, last};
	if (first <= last)
		return;
	/* A rule whose changes tread on each other's heels can leave no clean answer. */
	*ret_instant = (struct zone_instant){ZONE_SKIPPED, clock - zone_offset_at(z, clock), clock - zone_offset_at(z, clock)};
	across(z, clock, ret_instant);
}
