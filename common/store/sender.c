#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/store/sender.h"
#include "common/store/sql.h"
#include "common/xalloc.h"

#include "common/banned.h"

const char sender_schema[] = "CREATE TABLE sender (slot INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL);";

struct sender {
	int fd;
	int64_t slot;
};

static int lock_slot(int fd, int64_t slot)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = (off_t)slot, .l_len = 1};

	return fcntl(fd, F_SETLK, &lock);
}

static bool is_alive(int fd, int64_t slot)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = (off_t)slot, .l_len = 1};

	return fcntl(fd, F_GETLK, &lock) < 0 || lock.l_type != F_UNLCK;
}

static int run(struct store *s, const char *sql, const char *text, int64_t number, struct err *e)
{
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	if (text)
		sql_bind_text(q, 1, text);
	else
		sql_bind_int(q, 1, number);
	return sql_step(s, q, e);
}

int sender_register(struct store *s, const char owner[ID_SIZE], struct sender **ret_sender, struct err *e)
{
	static const char sql[] = "INSERT INTO sender (owner) VALUES (?)";
	char *path = xformat("%s/msg.lock", store_directory(s));
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	int64_t slot;

	if (fd < 0) {
		err_set(e, EX_CANTCREAT, "cannot open '%s': %s", path, strerror(errno));
		free(path);
		return -1;
	}
	free(path);
	/* The row is visible to nobody before the commit, and by then the lock is held. */
	if (run(s, sql, owner, 0, e) < 0) {
		close(fd);
		return -1;
	}
	slot = sqlite3_last_insert_rowid(sql_db(s));
	if (lock_slot(fd, slot) < 0) {
		err_set(e, EX_CANTCREAT, "cannot lock 'msg.lock': %s", strerror(errno));
		close(fd);
		return -1;
	}
	*ret_sender = xcalloc(1, sizeof(**ret_sender));
	**ret_sender = (struct sender){fd, slot};
	return 0;
}

int sender_leave(struct store *s, const struct sender *sender, struct err *e)
{
	static const char sql[] = "DELETE FROM sender WHERE slot = ?";

	return run(s, sql, NULL, sender->slot, e);
}

void sender_free(struct sender *sender)
{
	if (!sender)
		return;
	close(sender->fd);
	free(sender);
}

/* The first registered process that is dead; 0 when there is none. */
static int find_dead(struct store *s, const struct sender *self, int64_t *ret_slot, char ret_owner[ID_SIZE], struct err *e)
{
	static const char sql[] = "SELECT slot, owner FROM sender";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int got;

	if (!q)
		return -1;
	while ((got = sql_step(s, q, e)) == 1) {
		int64_t slot = sql_int(q, 0);

		if (slot == self->slot || is_alive(self->fd, slot))
			continue;
		*ret_slot = slot;
		memcpy(ret_owner, sql_text(q, 1), ID_SIZE);
		sql_done(q);
		return 1;
	}
	return got;
}

int sender_reap(struct store *s, const struct sender *self, struct err *e)
{
	static const char expire[] = "UPDATE outbox SET lease_ms = 0 WHERE owner = ? AND state < 5";
	static const char forget[] = "DELETE FROM sender WHERE slot = ?";
	char owner[ID_SIZE];
	int64_t slot;
	int got;

	while ((got = find_dead(s, self, &slot, owner, e)) == 1)
		if (store_begin(s, e) < 0 || run(s, expire, owner, 0, e) < 0 || run(s, forget, NULL, slot, e) < 0)
			return -1;
	return got;
}

int sender_alive(struct store *s, const struct sender *self, const char *owner, struct err *e)
{
	static const char sql[] = "SELECT slot FROM sender WHERE owner = ?";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int64_t slot;
	int got;

	if (!q)
		return -1;
	sql_bind_text(q, 1, owner);
	got = sql_step(s, q, e);
	if (got != 1)
		return got;
	slot = sql_int(q, 0);
	sql_done(q);
	/* A process does not see its own lock. */
	return slot == self->slot || is_alive(self->fd, slot);
}
