#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/store/consent_chain.h"
#include "common/store/sql.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define APPLICATION_ID 0x6d736731       /* "msg1" */
#define BUSY_MS 10000
#define BUSY_EAGER 200          /* tries at first, */
#define BUSY_EAGER_US 500       /* this far apart, */
#define BUSY_PATIENT_US 5000    /* then this far */
#define KEPT_STATEMENTS 128

static const char *const *const migrations[] = {
    (const char *const[]){outbox_schema, sender_schema, consent_schema, receipt_schema, conversation_schema, NULL},
    (const char *const[]){
	outbox_lane_schema,
	outbox_part_schema,
	outbox_tenant_schema,
	choice_schema,
	sent_schema,
	receipt_habit_schema,
	receipt_digest_schema,
	dead_schema,
	breaker_schema,
	bucket_schema,
	consent_proof_schema,
	consent_doubt_schema,
	consent_forget_schema,
	preference_schema,
	code_schema,
	assign_schema,
	conversation_them_schema,
	digest_schema,
	withdraw_schema,
	ack_schema,
	link_schema,
	replace_schema,
	NULL,
    },
};

struct store {
	sqlite3 *db;
	char *directory, *path;
	struct {
		const char *text;
		sqlite3_stmt *statement;
	} kept[KEPT_STATEMENTS];
	size_t kept_count;
	bool writing, reading;
	bool current;                   /* its tables are known to be those of this version */
	uint64_t transactions;
	struct {
		uint64_t transaction;   /* when it was asked */
		int64_t version;        /* SQLite's number for what others have committed */
		bool wrote;
	} others;
	struct consent_sieve consent_sieves[CONSENT_SIEVES];
	struct sql_contact contact;
	struct sql_dead dead;
	struct sql_doubt doubt;
	int64_t unkept;
	struct consent_forget consent_forget;
	struct sql_preference preference;
};

sqlite3 *sql_db(struct store *s)
{
	return s->db;
}

uint64_t store_transaction(const struct store *s)
{
	return s->writing || s->reading ? s->transactions : 0;
}

struct sql_preference *sql_preference(struct store *s)
{
	return &s->preference;
}

struct consent_forget *sql_consent_forget(struct store *s)
{
	return &s->consent_forget;
}

struct consent_sieve *sql_consent_sieves(struct store *s)
{
	return s->consent_sieves;
}

struct sql_contact *sql_contact(struct store *s)
{
	return &s->contact;
}

struct sql_dead *sql_dead(struct store *s)
{
	return &s->dead;
}

struct sql_doubt *sql_doubt(struct store *s)
{
	return &s->doubt;
}

int64_t *sql_unkept(struct store *s)
{
	return &s->unkept;
}

int sql_fail(struct store *s, struct err *e, const char *what)
{
	int code = sqlite3_errcode(s->db);
	const char *why = sqlite3_errmsg(s->db);

	if (code == SQLITE_BUSY)
		return err_set(e, EX_TEMPFAIL, "%s: store '%s' is locked by another process", what, s->path);
	if (code == SQLITE_FULL)
		return err_set(e, EX_CANTCREAT, "%s: no space left for store '%s'", what, s->path);
	if (code == SQLITE_READONLY)
		return err_set(e, EX_CANTCREAT, "%s: store '%s' is read-only", what, s->path);
	if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
		return err_set(e, EX_CANTCREAT, "%s: store '%s' is damaged: %s", what, s->path, why);
	return err_set(e, EX_CANTCREAT, "%s: store '%s': %s", what, s->path, why);
}

sqlite3_stmt *sql_prepare(struct store *s, const char *constant_text, struct err *e)
{
	for (size_t i = 0; i < s->kept_count; i++)
		if (s->kept[i].text == constant_text) {
			sqlite3_reset(s->kept[i].statement);
			return s->kept[i].statement;
		}
	if (s->kept_count == KEPT_STATEMENTS) {
		err_set(e, EX_SOFTWARE, "too many kept statements");
		return NULL;
	}
	if (sqlite3_prepare_v3(s->db, constant_text, -1, SQLITE_PREPARE_PERSISTENT, &s->kept[s->kept_count].statement, NULL) !=
	    SQLITE_OK) {
		sql_fail(s, e, "cannot use");
		return NULL;
	}
	s->kept[s->kept_count].text = constant_text;
	return s->kept[s->kept_count++].statement;
}

void sql_bind_text(sqlite3_stmt *q, int at, const char *text)
{
	if (text)
		sqlite3_bind_text(q, at, text, -1, SQLITE_STATIC);
	else
		sqlite3_bind_null(q, at);
}

void sql_bind_int(sqlite3_stmt *q, int at, int64_t value)
{
	sqlite3_bind_int64(q, at, value);
}

int sql_step(struct store *s, sqlite3_stmt *q, struct err *e)
{
	int got;

	if (!q)
		return -1;
	got = sqlite3_step(q);
	if (got == SQLITE_ROW)
		return 1;
	if (got != SQLITE_DONE)
		sql_fail(s, e, "cannot write");
	sqlite3_reset(q);
	return got == SQLITE_DONE ? 0 : -1;
}

void sql_done(sqlite3_stmt *q)
{
	sqlite3_reset(q);
}

const char *sql_text(sqlite3_stmt *q, int column)
{
	const char *text = (const char *)sqlite3_column_text(q, column);

	return text ? text : "";
}

int64_t sql_int(sqlite3_stmt *q, int column)
{
	return sqlite3_column_int64(q, column);
}

int sql_enum(sqlite3_stmt *q, int column, int last, int otherwise)
{
	int64_t value = sql_int(q, column);

	return value >= 0 && value <= last ? (int)value : otherwise;
}

int sql_word(sqlite3_stmt *q, int column, int parse(const char *), int otherwise)
{
	int value = parse(sql_text(q, column));

	return value >= 0 ? value : otherwise;
}

static int run(struct store *s, const char *sql, const char *what, struct err *e)
{
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : sql_fail(s, e, what);
}

static int64_t pragma(struct store *s, const char *sql)
{
	sqlite3_stmt *q = NULL;
	int64_t value = -1;

	if (sqlite3_prepare_v2(s->db, sql, -1, &q, NULL) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW)
		value = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	return value;
}

/*
 * Another program's database is not ours to add tables to. One that somebody makes this moment gets tables and number in
 * one transaction, so the number is looked at again.
 */
static int check_ours(struct store *s, struct err *e)
{
	static const char number[] = "PRAGMA application_id";

	if (pragma(s, number) == APPLICATION_ID || pragma(s, "SELECT count(*) FROM sqlite_master") <= 0 || pragma(s, number) == APPLICATION_ID)
		return 0;
	return err_set(e, EX_CANTCREAT, "'%s' is a database of another program", s->path);
}

static int no_directory(const char *path, int why, struct err *e)
{
	return err_set(e, EX_CANTCREAT, "cannot create '%s': %s (state in the configuration says where else)", path, strerror(why));
}

/*
 * Every directory down to the store's own, the last with mode 0700. One that may not be made may be there all the same,
 * where nobody may look; if it is not, the next one has no place, and that one was why.
 */
static int make_directory(const char *directory, struct err *e)
{
	char *path = xstrdup(directory), *barred = NULL;
	int result = 0, barred_why = 0;

	for (char *slash = path + 1; result == 0; slash++) {
		char held = *slash;
		int why;

		if (held != '/' && held != '\0')
			continue;
		*slash = '\0';
		why = mkdir(path, held ? 0755 : 0700) < 0 && errno != EEXIST ? errno : 0;
		if (why == ENOENT && barred)
			result = no_directory(barred, barred_why, e);
		else if (why && !(held && (why == EROFS || why == EACCES)))
			result = no_directory(path, why, e);
		else if (why && !barred) {
			barred = xstrdup(path);
			barred_why = why;
		}
		*slash = held;
		if (!held)
			break;
	}
	free(barred);
	free(path);
	return result;
}

static int newer(const struct store *s, int64_t version, struct err *e)
{
	return err_set(e, EX_CANTCREAT, "store '%s' was written by a newer version (%lld)", s->path, (long long)version);
}

static int migrate(struct store *s, struct err *e)
{
	int64_t version = pragma(s, "PRAGMA user_version");
	char sql[96];

	if (version == (int64_t)COUNT_OF(migrations))
		return 0;
	if (version > (int64_t)COUNT_OF(migrations))
		return newer(s, version, e);
	if (store_begin(s, e) < 0)
		return -1;
	/* Somebody else may have migrated while we waited for the lock. */
	version = pragma(s, "PRAGMA user_version");
	if (version < 0) {
		sql_fail(s, e, "cannot read the version");
		store_rollback(s);
		return -1;
	}
	for (; version < (int64_t)COUNT_OF(migrations); version++)
		for (const char *const *part = migrations[version]; *part; part++)
			if (run(s, *part, "cannot create tables", e) < 0) {
				store_rollback(s);
				return -1;
			}
	snprintf(sql, sizeof(sql), "PRAGMA application_id=%d; PRAGMA user_version=%d", APPLICATION_ID, (int)COUNT_OF(migrations));
	if (run(s, sql, "cannot create tables", e) < 0) {
		store_rollback(s);
		return -1;
	}
	return store_commit(s, e);
}

/* SQLite does not wait for this one: when two processes make the store at once, one of them is told "busy". */
static int enter_wal(struct store *s, struct err *e)
{
	const struct timespec pause = {.tv_nsec = 5000000};
	int64_t waited_ms = 0;

	while (pragma(s, "PRAGMA user_version") < (int64_t)COUNT_OF(migrations)) {
		if (sqlite3_exec(s->db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL) == SQLITE_OK)
			return 0;
		if (sqlite3_errcode(s->db) != SQLITE_BUSY || waited_ms >= BUSY_MS)
			return sql_fail(s, e, "cannot open");
		nanosleep(&pause, NULL);
		waited_ms += 5;
	}
	return 0;
}

/*
 * For a reader: a store whose tables are being made this moment is not there yet; one that an older version wrote lacks
 * tables that are asked.
 */
static int check_version(struct store *s, struct err *e)
{
	int64_t version = pragma(s, "PRAGMA user_version");

	if (version < 0)
		return sql_fail(s, e, "cannot read");
	if (version == 0)
		return err_set(e, EX_UNAVAILABLE, "no store yet at '%s'", s->path);
	if (version > (int64_t)COUNT_OF(migrations))
		return newer(s, version, e);
	if (version < (int64_t)COUNT_OF(migrations) && sqlite3_db_readonly(s->db, "main") == 1)
		return err_set(e, EX_CANTCREAT, "store '%s' was written by an older version, and is read-only", s->path);
	return migrate(s, e);
}

/*
 * The programs of a pipeline write in turns of a few milliseconds; SQLite's own pauses, soon 100 ms, would let each miss
 * turn after turn. Gives up after BUSY_MS.
 */
static int wait_busy(void *store, int tries)
{
	const struct timespec pause = {.tv_nsec = tries < BUSY_EAGER ? BUSY_EAGER_US * 1000L : BUSY_PATIENT_US * 1000L};
	int64_t waited_us = tries < BUSY_EAGER
	    ? (int64_t)tries * BUSY_EAGER_US
	    : (int64_t)BUSY_EAGER * BUSY_EAGER_US + (int64_t)(tries - BUSY_EAGER) * BUSY_PATIENT_US;

	(void)store;
	if (waited_us >= BUSY_MS * 1000)
		return 0;
	nanosleep(&pause, NULL);
	return 1;
}

static int open_database(struct store *s, enum store_mode mode, struct err *e)
{
	int flags = SQLITE_OPEN_NOMUTEX | (mode == STORE_WRITE ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READWRITE);
	mode_t before = umask(0077);
	int got = sqlite3_open_v2(s->path, &s->db, flags, NULL);

	umask(before);
	if (got != SQLITE_OK && mode == STORE_READ)
		got = sqlite3_open_v2(s->path, &s->db, SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READONLY, NULL);
	if (got != SQLITE_OK)
		return err_set(e, EX_CANTCREAT, "cannot open store '%s': %s", s->path, s->db ? sqlite3_errmsg(s->db) : "no memory");
	sqlite3_busy_handler(s->db, wait_busy, s);
	/* A file that somebody else had in hands may have a schema that does more than ours. */
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	if (check_ours(s, e) < 0)
		return -1;
	/*
	 * FULL: a commit survives a power cut. Checkpoints are left to whoever writes when the log has grown to some 32 MiB:
	 * they cost more than commits do.
	 */
	if (run(s, "PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY; PRAGMA wal_autocheckpoint=8000", "cannot open", e) < 0)
		return -1;
	/* Who only reads asks about people in no order: what was read of a large ledger is worth keeping. */
	if (mode == STORE_READ && run(s, "PRAGMA cache_size=-65536", "cannot open", e) < 0)
		return -1;
	if (mode == STORE_WRITE && sqlite3_db_readonly(s->db, "main") == 1)
		return err_set(e, EX_CANTCREAT, "store '%s' is read-only", s->path);
	if (mode == STORE_WRITE && enter_wal(s, e) < 0)
		return -1;
	return mode == STORE_READ ? check_version(s, e) : migrate(s, e);
}

int store_open(const char *directory, enum store_mode mode, struct store **ret_store, struct err *e)
{
	struct store *s;

	if (mode == STORE_WRITE && make_directory(directory, e) < 0)
		return -1;
	s = xcalloc(1, sizeof(*s));
	s->directory = xstrdup(directory);
	s->path = xformat("%s/msg.db", directory);
	if (mode == STORE_READ && access(s->path, F_OK) < 0) {
		err_set(e, EX_UNAVAILABLE, "no store yet at '%s'", s->path);
		store_close(s);
		return -1;
	}
	if (open_database(s, mode, e) < 0) {
		store_close(s);
		return -1;
	}
	*ret_store = s;
	return 0;
}

bool store_outdated(struct store *s)
{
	/* What has been brought up to date stays so. */
	if (!s->current)
		s->current = pragma(s, "PRAGMA user_version") >= (int64_t)COUNT_OF(migrations);
	return !s->current;
}

int store_open_existing(const char *directory, struct store **ret_store, struct err *e)
{
	struct store *s = NULL;

	if (store_open(directory, STORE_READ, &s, e) < 0 && e->code != EX_UNAVAILABLE)
		return -1;
	*ret_store = s;
	return 0;
}

static void clear_sieves(struct store *s)
{
	for (size_t i = 0; i < COUNT_OF(s->consent_sieves); i++)
		consent_sieve_clear(&s->consent_sieves[i]);
}

void store_close(struct store *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->kept_count; i++)
		sqlite3_finalize(s->kept[i].statement);
	sqlite3_close(s->db);
	clear_sieves(s);
	consent_forget_clear(&s->consent_forget);
	free(s->directory);
	free(s->path);
	free(s);
}

const char *store_directory(const struct store *s)
{
	return s->directory;
}

static int begin(struct store *s, const char *sql, struct err *e)
{
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	return q ? sql_step(s, q, e) : -1;
}

/* SQLite would go on in a file that nobody will ever find again. */
static int check_place(struct store *s, struct err *e)
{
	int moved = 0;

	if (sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved)
		return err_set(e, EX_CANTCREAT, "store '%s' was moved or deleted", s->path);
	return 0;
}

int store_begin(struct store *s, struct err *e)
{
	static const char sql[] = "BEGIN IMMEDIATE";

	if (s->writing)
		return 0;
	if (s->reading && store_commit(s, e) < 0)
		return -1;
	if (check_place(s, e) < 0 || begin(s, sql, e) < 0)
		return -1;
	s->writing = true;
	s->transactions++;
	return 0;
}

int store_begin_read(struct store *s, struct err *e)
{
	static const char sql[] = "BEGIN DEFERRED";

	if (s->writing || s->reading)
		return 0;
	if (check_place(s, e) < 0 || begin(s, sql, e) < 0)
		return -1;
	s->reading = true;
	s->transactions++;
	return 0;
}

bool store_others_wrote(struct store *s)
{
	uint64_t transaction = store_transaction(s);
	int64_t version;

	if (!transaction)
		return true;
	if (s->others.transaction != transaction) {
		version = pragma(s, "PRAGMA data_version");
		s->others.wrote = version < 0 || version != s->others.version || !s->others.transaction;
		s->others.version = version;
		s->others.transaction = transaction;
	}
	return s->others.wrote;
}

int store_commit(struct store *s, struct err *e)
{
	static const char sql[] = "COMMIT";

	if (!s->writing && !s->reading)
		return 0;
	if (begin(s, sql, e) < 0) {
		store_rollback(s);
		return -1;
	}
	s->writing = s->reading = false;
	return 0;
}

void store_rollback(struct store *s)
{
	if (s->writing || s->reading)
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	if (s->writing) {
		/* They may know events that were never there. */
		clear_sieves(s);
		consent_forget_clear(&s->consent_forget);
		s->preference = (struct sql_preference){.any = false};
	}
	s->writing = s->reading = false;
}

bool store_writing(const struct store *s)
{
	return s->writing;
}
