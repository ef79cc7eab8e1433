/* A row of the ledger: its hash over all its columns and the row before, and what follows from it for its scope. */
#include <sodium.h>
#include <string.h>

#include "common/store/consent_chain.h"

#include "common/banned.h"

void consent_hash_line(const char *data, size_t len, char ret_hash[CONSENT_HASH])
{
	unsigned char hash[32];

	crypto_generichash(hash, sizeof(hash), (const unsigned char *)data, len, NULL, 0);
	sodium_bin2hex(ret_hash, CONSENT_HASH, hash, sizeof(hash));
}

static void hash_int(crypto_generichash_state *h, int64_t value)
{
	unsigned char bytes[8];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)((uint64_t)value >> (8 * i));
	crypto_generichash_update(h, bytes, sizeof(bytes));
}

/* A length of -1 stands for a text that is not there. */
static void hash_text(crypto_generichash_state *h, const char *text)
{
	hash_int(h, text ? (int64_t)strlen(text) : -1);
	if (text)
		crypto_generichash_update(h, (const unsigned char *)text, strlen(text));
}

static void hash_number(crypto_generichash_state *h, const struct consent_row *row, enum consent_column column)
{
	hash_int(h, row->number[column]);
}

/* Version 1 of the store had no strengths and one text of evidence. */
static void hash_format_1(crypto_generichash_state *h, const struct consent_row *row)
{
	hash_text(h, "msg consent event 1");
	hash_text(h, row->text[COLUMN_PREV]);
	hash_number(h, row, COLUMN_SEQ);
	for (int i = COLUMN_ID; i <= COLUMN_TOPIC; i++)
		hash_text(h, row->text[i]);
	hash_number(h, row, COLUMN_STATE);
	hash_text(h, row->text[COLUMN_METHOD]);
	hash_text(h, row->text[COLUMN_EVIDENCE]);
	hash_number(h, row, COLUMN_TIME);
	hash_number(h, row, COLUMN_RECORDED);
}

void consent_row_body(const struct consent_row *row, char ret_hash[CONSENT_HASH])
{
	crypto_generichash_state h;
	unsigned char hash[32];

	crypto_generichash_init(&h, NULL, 0, sizeof(hash));
	hash_text(&h, "msg consent body 2");
	for (int i = COLUMN_STATE; i <= COLUMN_UNTIL; i++)
		hash_number(&h, row, (enum consent_column)i);
	for (int i = COLUMN_ID; i < COLUMN_PREV; i++)
		hash_text(&h, row->text[i]);
	crypto_generichash_final(&h, hash, sizeof(hash));
	sodium_bin2hex(ret_hash, CONSENT_HASH, hash, sizeof(hash));
}

static void hash_format_2(crypto_generichash_state *h, const struct consent_row *row)
{
	char body[CONSENT_HASH];

	if (!row->number[COLUMN_ERASED])
		consent_row_body(row, body);
	hash_text(h, "msg consent event 2");
	hash_text(h, row->text[COLUMN_PREV]);
	hash_number(h, row, COLUMN_SEQ);
	hash_text(h, row->number[COLUMN_ERASED] ? row->text[COLUMN_BODY] : body);
}

void consent_row_hash(const struct consent_row *row, char ret_hash[CONSENT_HASH])
{
	crypto_generichash_state h;
	unsigned char hash[32];

	crypto_generichash_init(&h, NULL, 0, sizeof(hash));
	if (row->number[COLUMN_FORMAT] == 1)
		hash_format_1(&h, row);
	else
		hash_format_2(&h, row);
	crypto_generichash_final(&h, hash, sizeof(hash));
	sodium_bin2hex(ret_hash, CONSENT_HASH, hash, sizeof(hash));
}

struct consent_row consent_row_read(sqlite3_stmt *q)
{
	struct consent_row row;

	memset(&row, 0, sizeof(row));
	for (int i = 0; i < COLUMN_NUMBERS; i++)
		row.number[i] = sql_int(q, i);
	for (int i = COLUMN_NUMBERS; i < COLUMNS; i++)
		row.text[i] = (const char *)sqlite3_column_text(q, i);
	return row;
}

bool consent_row_only_asks(const struct consent_row *row)
{
	return row->number[COLUMN_STATE] == CONSENT_PENDING && (row->number[COLUMN_UNTIL] > 0 || row->number[COLUMN_STRENGTH] > 0);
}

bool consent_answers(enum consent_state state, int64_t strength)
{
	return state == CONSENT_OUT || (state == CONSENT_IN && strength != CONSENT_IMPLIED);
}

enum consent_strength consent_worth(int64_t strength)
{
	return strength ? (enum consent_strength)strength : CONSENT_EXPLICIT;
}

bool consent_standing_apply(struct consent_standing *standing, const struct consent_row *row)
{
	const int64_t *number = row->number;
	int64_t state = number[COLUMN_STATE], strength = number[COLUMN_STRENGTH];
	bool no = state == CONSENT_OUT || state == CONSENT_ERASE;
	int64_t said_ms = number[COLUMN_TIME] < number[COLUMN_RECORDED] ? number[COLUMN_TIME] : number[COLUMN_RECORDED];

	/* Only a yes that was said may lift a no, and a no beats a question whenever it was said. */
	if (standing->state == CONSENT_OUT && (state == CONSENT_PENDING || (state == CONSENT_IN && strength == CONSENT_IMPLIED)))
		return false;
	/* A purchase does not make less of what was said. */
	if (standing->state == CONSENT_IN && state == CONSENT_IN && consent_worth(strength) < consent_worth(standing->strength))
		return false;
	if (standing->state != CONSENT_NONE && said_ms < standing->time_ms &&
	    !(standing->state == CONSENT_PENDING && no))
		return false;
	*standing = (struct consent_standing){no ? CONSENT_OUT : state, strength, said_ms, number[COLUMN_SEQ]};
	return true;
}
