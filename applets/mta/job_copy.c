#include "job_copy.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/pack.h"
#include "base/root.h"
#include "store/spool.h"

#define INJECT ROOT_SPOOL "/inject"

enum {
	BODY_MAX = 512 << 20,
	SUFFIX = 12,		/* of the key, at the end of the name */
	TAIL = 2 + SUFFIX,	/* "-jKEY" */
};

/* Who sent it, as the envelope had it. */
static int read_sender(struct db *d, struct db_value id, struct arena *a,
	struct span *sender_r, struct err *e)
{
	struct spool_record r;
	struct db_rows *rows;
	int result = db_call(d, "job_entry", &id, 1, &rows, e);

	if (result < 0)
		return -1;
	if (db_count(rows) == 0)
		result = err_set(e, ERR_PERMANENT, "it is no longer in the "
			"quarantine");
	else if (!spool_decode(arena_span(a, db_span(rows, 0, 0)), a, &r))
		result = err_set(e, ERR_PERMANENT, "its record is damaged");
	else
		*sender_r = r.mail_from;
	db_rows_free(&rows);
	return result;
}

static int read_body(struct db *d, const char *statement, struct db_value id,
	const struct seal_key *k, struct buf *body, struct err *e)
{
	struct buf sealed = { 0 }, packed = { 0 };
	struct db_rows *rows;
	int result = db_call(d, statement, &id, 1, &rows, e);

	if (result < 0)
		return -1;
	for (size_t i = 0; i < db_count(rows); i++)
		buf_span(&sealed, db_span(rows, i, 0));
	db_rows_free(&rows);
	if (!seal_open(k, id.span, buf_bytes(&sealed), &packed) ||
	    !unpack(buf_bytes(&packed), BODY_MAX, body))
		result = err_set(e, ERR_PERMANENT, "its body does not open "
			"with " SEAL_KEY_FILE);
	buf_free(&sealed);
	buf_free(&packed);
	return result;
}

int job_copy_write(struct db *d, const struct seal_key *k,
	const struct job *j, struct arena *a, const char **name_r,
	struct err *e)
{
	struct db_value id = DB_OF_TEXT(span_of(j->message.text));
	struct spool_copy c = { .rcpts = j->rcpts, .nrcpts = j->nrcpts };
	struct buf body = { 0 };
	int result = 0;

	snprintf(c.name, sizeof(c.name), "%s-j%s", j->message.text,
		j->key.text + ID_TEXT_SIZE - 1 - SUFFIX);
	*name_r = arena_string(a, span_of(c.name));
	/* To a digest that cannot be delivered nobody is told. */
	if (!j->digest)
		result = read_sender(d, id, a, &c.mail_from, e);
	if (result == 0)
		result = read_body(d, j->digest ? "job_digest" : "job_body",
			id, k, &body, e);
	c.body = buf_bytes(&body);
	if (result == 0)
		result = spool_copy_write(&c, e);
	buf_free(&body);
	return result;
}

/* Is ".NAME" a hidden copy of ours? Its message and the end of its key. */
static bool is_ours(const char *name, struct id *message_r,
	struct span *suffix_r)
{
	struct span s = span_of(name), tail;

	if (s.n != 1 + ID_TEXT_SIZE - 1 + TAIL || s.p[0] != '.')
		return false;
	tail = span_after(s, ID_TEXT_SIZE);
	*suffix_r = span_after(tail, 2);
	return span_starts(tail, SPAN("-j")) &&
	       id_parse(span_sub(s, 1, ID_TEXT_SIZE - 1), message_r);
}

/* "APPLIANCE/…" */
static bool is_token_of(struct span token, const char *appliance)
{
	struct span name = span_of(appliance);

	return span_starts(token, name) && token.n > name.n &&
	       token.p[name.n] == '/';
}

enum fate { FATE_KEEP, FATE_PUBLISH, FATE_REMOVE };

static enum fate judge(const struct db_rows *rows, const char *appliance)
{
	if (db_count(rows) == 0)
		return FATE_REMOVE;
	if (!is_token_of(db_span(rows, 0, 1), appliance))
		return FATE_REMOVE;
	if (span_is(db_span(rows, 0, 0), "handed"))
		return FATE_PUBLISH;
	return span_is(db_span(rows, 0, 0), "leased") && !db_bool(rows, 0, 2) ?
		FATE_KEEP : FATE_REMOVE;
}

static int settle_one(struct db *d, const char *name, const char *appliance,
	unsigned *published_r, bool *settled_r, struct err *e)
{
	char path[320];
	struct db_rows *rows;
	struct span suffix;
	struct id message;
	enum fate fate;

	if (!is_ours(name, &message, &suffix))
		return 0;
	if (db_call(d, "job_of_copy", (struct db_value[]){
	    DB_OF_TEXT(span_of(message.text)), DB_OF_TEXT(suffix) }, 2, &rows,
	    e) < 0)
		return -1;
	fate = judge(rows, appliance);
	db_rows_free(&rows);
	snprintf(path, sizeof(path), INJECT "/%s", name);
	if (fate == FATE_REMOVE && unlink(path) < 0 && errno != ENOENT)
		return err_errno(e, ERR_TEMPORARY, "%s: cannot remove", path);
	*settled_r = *settled_r && fate != FATE_KEEP;
	if (fate != FATE_PUBLISH)
		return 0;
	if (spool_copy_publish(name + 1, e) < 0)
		return -1;
	++*published_r;
	return 0;
}

int job_copy_settle(struct db *d, const char *appliance,
	unsigned *published_r, bool *settled_r, struct err *e)
{
	DIR *folder = opendir(INJECT);
	int result = 0;

	*published_r = 0;
	*settled_r = true;
	if (folder == NULL)
		return err_errno(e, ERR_TEMPORARY, INJECT);
	for (struct dirent *f; result == 0 && (f = readdir(folder)); )
		result = settle_one(d, f->d_name, appliance, published_r,
			settled_r, e);
	closedir(folder);
	return result;
}
