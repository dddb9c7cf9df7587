#include "db/value.h"

#include <string.h>

#include "base/utf8.h"

static const struct {
	Oid type, element;
} oids[] = {
	[DB_NULL] = { 0, 0 },
	[DB_BOOL] = { OID_BOOL, 0 },
	[DB_INT] = { OID_INT8, 0 },
	[DB_REAL] = { OID_FLOAT8, 0 },
	[DB_TEXT] = { OID_TEXT, 0 },
	[DB_BYTES] = { OID_BYTEA, 0 },
	[DB_BOOLS] = { OID_BOOLS, OID_BOOL },
	[DB_INTS] = { OID_INT8S, OID_INT8 },
	[DB_TEXTS] = { OID_TEXTS, OID_TEXT },
	[DB_BYTESES] = { OID_BYTEAS, OID_BYTEA },
};

/* Numbers travel with the highest byte first. */
static void put_be(struct buf *b, uint64_t v, unsigned size)
{
	while (size-- > 0)
		buf_byte(b, (unsigned char)(v >> 8 * size));
}

/* A wrong byte may become three: the greatest text is counted so. */
static bool fits(const struct buf *b, struct span s)
{
	return s.n <= VALUE_BYTES_MAX / 3 &&
	       b->n + s.n * 3 <= VALUE_BYTES_MAX;
}

/* A text as it may be stored, or bytes as they are. */
static bool put_span(struct buf *b, struct span s, bool text)
{
	if (!fits(b, s))
		return false;
	if (!text || (span_chr(s, 0) == SIZE_MAX && utf8_valid(s)))
		buf_span(b, s);
	else
		utf8_sanitise(b, s);
	return true;
}

/* An element with its length before it. */
static bool put_element(struct buf *b, const struct db_value *v, size_t i)
{
	size_t at = b->n, n;

	put_be(b, 0, 4);
	if (v->type == DB_BOOLS)
		buf_byte(b, v->bools[i]);
	else if (v->type == DB_INTS)
		put_be(b, (uint64_t)v->ints[i], 8);
	else if (v->spans[i].p == NULL)
		return memset(b->p + at, 0xff, 4) != NULL;
	else if (!put_span(b, v->spans[i], v->type == DB_TEXTS))
		return false;
	n = b->n - at - 4;
	for (size_t k = 0; k < 4; k++)
		b->p[at + k] = (unsigned char)(n >> 8 * (3 - k));
	return true;
}

static bool has_null(const struct db_value *v)
{
	if (v->type == DB_BOOLS || v->type == DB_INTS)
		return false;
	for (size_t i = 0; i < v->n; i++)
		if (v->spans[i].p == NULL)
			return true;
	return false;
}

/* One dimension from 1, as array_recv of the server reads it. */
static bool put_array(struct buf *b, const struct db_value *v)
{
	if (v->n > VALUE_BYTES_MAX / 16)
		return false;
	put_be(b, v->n > 0, 4);
	put_be(b, has_null(v), 4);
	put_be(b, oids[v->type].element, 4);
	if (v->n > 0) {
		put_be(b, v->n, 4);
		put_be(b, 1, 4);
	}
	for (size_t i = 0; i < v->n; i++)
		if (!put_element(b, v, i))
			return false;
	return true;
}

static bool put(struct buf *b, const struct db_value *v)
{
	uint64_t bits;

	switch (v->type) {
	case DB_NULL:
		return true;
	case DB_BOOL:
		buf_byte(b, v->boolean);
		return true;
	case DB_INT:
		put_be(b, (uint64_t)v->integer, 8);
		return true;
	case DB_REAL:
		memcpy(&bits, &v->real, 8);
		put_be(b, bits, 8);
		return true;
	case DB_TEXT:
	case DB_BYTES:
		return put_span(b, v->span, v->type == DB_TEXT);
	default:
		return put_array(b, v);
	}
}

int values_put(struct values *p, const struct db_value *v, size_t n,
	struct err *e)
{
	size_t from[VALUE_COUNT_MAX];

	if (n > VALUE_COUNT_MAX)
		return err_set(e, ERR_BUG, "%zu parameters, at most %d", n,
			VALUE_COUNT_MAX);
	for (size_t i = 0; i < n; i++) {
		from[i] = p->bytes.n;
		if (!put(&p->bytes, &v[i]))
			return err_set(e, ERR_PERMANENT, "$%zu: more than "
				"%d MB in one call", i + 1,
				VALUE_BYTES_MAX >> 20);
		p->types[i] = oids[v[i].type].type;
		p->lengths[i] = (int)(p->bytes.n - from[i]);
		p->formats[i] = 1;
	}
	/* An empty text is not a null: it needs an address. */
	buf_room(&p->bytes, 1);
	for (size_t i = 0; i < n; i++)
		p->at[i] = v[i].type == DB_NULL ? NULL :
			(const char *)p->bytes.p + from[i];
	return 0;
}

void values_free(struct values *p)
{
	buf_free(&p->bytes);
}
