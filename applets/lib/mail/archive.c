#include "mail/archive.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/map.h"
#include "crypto/hash.h"
#include "mail/archive_open.h"
#include "mail/archive_zip.h"

enum {
	DEPTH_MOST = 32,
	PASSES = TYPES_MAX + 1,
	RATIO_MOST = 200,	/* bytes out for one in … */
	RATIO_FREE = 16 << 20,	/* … beyond these */
	PATH_MOST = 2048,
	EMPTY_MOST = 64,	/* bytes of an archive with nothing in it */
	BAD_MOST = 100,		/* unreadable heads in a row */
};

/* One archive on the way in. */
struct level {
	struct archive_reader reader;
	struct archive_pass passes[PASSES];
	size_t npasses, pass;
	struct buf owned;	/* the content, of a member */
	size_t size, out;
	struct span path;
	enum type_id type;
	unsigned bad;
	size_t members;		/* of this pass */
	unsigned char hash[HASH_SHA256_SIZE];
	struct map *known;	/* members, when several passes see them */
};

struct walk {
	struct archive_budget *b;
	struct arena *a;
	const struct archive_visitor *v;
	struct level *levels;	/* limits->archive_depth of them */
	size_t n, max;
	int64_t ends_us;
	unsigned flags;
};

void archive_budget_begin(struct archive_budget *b,
	const struct mail_limits *l)
{
	*b = (struct archive_budget){ .limits = l };
}

bool archive_is(enum type_id t)
{
	return type_family(t) == FAMILY_ARCHIVE || type_is_zip(t);
}

/* --- what is to be read of a content -------------------------------------- */

static void add_pass(struct level *l, struct span s, enum type_id t,
	bool streamed)
{
	if (l->npasses < PASSES)
		l->passes[l->npasses++] = (struct archive_pass){
			.content = s, .type = t, .streamed = streamed };
}

static void plan_zip(struct walk *w, struct level *l, struct span s,
	enum type_id t)
{
	struct zip z;
	unsigned doubt;

	/* Of an encrypted directory nothing else can be told. */
	if (s.n > 30 && span_starts(s, SPAN("PK\3\4")) && s.p[6] & 1)
		w->flags |= MAIL_ENCRYPTED;
	if (!zip_find(s, s.n, &z)) {
		/* Cut: its members are those whose headers are there. */
		w->flags |= MAIL_UNSCAN_ARCHIVE;
		add_pass(l, s, t, true);
		return;
	}
	doubt = zip_check(&z, w->b->limits->archive_entries, w->a);
	w->flags |= doubt & ZIP_BROKEN ? MAIL_UNSCAN_ARCHIVE : 0;
	w->flags |= doubt & ZIP_ENCRYPTED ? MAIL_ENCRYPTED : 0;
	w->flags |= doubt & ZIP_OVERLAPS ? MAIL_OVER_ARCHIVE : 0;
	add_pass(l, span_sub(s, 0, z.end), t, false);
	l->passes[l->npasses - 1].names_only = doubt & ZIP_OVERLAPS;
	if (doubt & (ZIP_DIFFERS | ZIP_HIDDEN | ZIP_AROUND)) {
		size_t first = span_find(s, SPAN("PK\3\4"));

		w->flags |= MAIL_AMBIG_ARCHIVE;
		if (first != SIZE_MAX && !(doubt & ZIP_OVERLAPS))
			add_pass(l, span_after(s, first), t, true);
	}
}

static void plan(struct walk *w, struct level *l, struct span s)
{
	struct type_found found[TYPES_MAX];
	size_t n = types_of(s, found, TYPES_MAX);

	for (size_t i = 0; i < n; i++) {
		enum type_id t = found[i].type;
		struct span rest = span_after(s, found[i].at);

		if (!archive_is(t))
			continue;
		if (i && type_family(found[0].type) != FAMILY_PROGRAM)
			w->flags |= MAIL_AMBIG_ARCHIVE;
		if (archive_window_is_huge(rest, t))
			w->flags |= MAIL_OVER_ARCHIVE;
		else if (type_is_zip(t) || t == TYPE_APPX)
			plan_zip(w, l, rest, t);
		else
			add_pass(l, rest, t, false);
	}
}

/* --- levels --------------------------------------------------------------- */

/* The next pass that opens; false: there is none. */
static bool open_pass(struct walk *w, struct level *l)
{
	for (; l->pass < l->npasses; l->pass++) {
		l->bad = 0;
		l->members = 0;
		if (archive_reader_open(&l->reader, &l->passes[l->pass],
			w->ends_us))
			return true;
		w->flags |= l->reader.late ? MAIL_OVER_ARCHIVE :
			MAIL_UNSCAN_ARCHIVE;
	}
	return false;
}

static void pop(struct walk *w)
{
	struct level *l = &w->levels[--w->n];

	archive_reader_close(&l->reader);
	buf_free(&l->owned);
}

static bool is_quine(const struct walk *w, const struct level *l)
{
	for (size_t i = 0; i < w->n; i++)
		if (memcmp(w->levels[i].hash, l->hash, sizeof(l->hash)) == 0)
			return true;
	return false;
}

static struct span join(struct walk *w, struct span path, struct span name)
{
	struct buf b = { .arena = w->a };

	if (path.n + name.n > PATH_MOST)
		path = span_sub(path, 0, PATH_MOST / 2);
	buf_span(&b, path);
	if (path.n)
		buf_byte(&b, '/');
	buf_span(&b, span_sub(name, 0, PATH_MOST / 2));
	return buf_bytes(&b);
}

/* The names that only the directory has: some programs show these. */
static void visit_listed(struct walk *w, const struct level *l,
	const struct archive_pass *p)
{
	struct archive_member m = { .depth = w->b->depth + (unsigned)w->n + 1,
		.container = p->type, .is_file = true, .content = SPAN(""),
		.flags = MAIL_AMBIG_ARCHIVE };
	struct zip_entry e;
	struct zip z;
	size_t at;

	if (p->streamed || !zip_find(p->content, p->content.n, &z))
		return;
	at = z.directory;
	while (zip_next(&z, &at, &e)) {
		struct span local = zip_local_name(p->content, &e);

		if (span_eq(local, e.name))
			continue;
		if (w->b->entries >= w->b->limits->archive_entries)
			return;
		w->b->entries++;
		m.path = join(w, l->path, e.name);
		m.name = e.name;
		m.size = e.size;
		w->v->visit(w->v->context, &m);
	}
}

/* Takes over what is in `owned`, which may be empty when s is not ours. */
static void push(struct walk *w, struct span s, struct buf *owned,
	enum type_id t, struct span path)
{
	struct level l = { .path = path, .type = t, .size = s.n };

	plan(w, &l, s);
	if (l.npasses == 0) {
		buf_free(owned);
		return;
	}
	hash_sha256(s, l.hash);
	if (w->n >= w->max || is_quine(w, &l)) {
		w->flags |= MAIL_OVER_ARCHIVE;
		buf_free(owned);
		return;
	}
	if (l.npasses > 1)
		l.known = map_new(w->a);
	for (size_t i = 0; w->flags & MAIL_AMBIG_ARCHIVE && i < l.npasses; i++)
		visit_listed(w, &l, &l.passes[i]);
	l.owned = *owned;
	w->levels[w->n++] = l;
	/* The reader points at its level, which stays where it is now. */
	if (!open_pass(w, &w->levels[w->n - 1]))
		pop(w);
}

/* --- members -------------------------------------------------------------- */

static bool is_spent(struct walk *w)
{
	return w->b->bytes >= w->b->limits->archive_bytes ||
		w->b->entries >= w->b->limits->archive_entries ||
		clock_us() > w->ends_us;
}

/* How much more may come out of this level? */
static size_t room_of(const struct walk *w, const struct level *l)
{
	size_t all = w->b->limits->archive_bytes - w->b->bytes;
	uint64_t most = (uint64_t)l->size * RATIO_MOST + RATIO_FREE;
	uint64_t ratio = most > l->out ? most - l->out : 0;

	return ratio < all ? (size_t)ratio : all;
}

/* A piece at its place; holes are zeros that count. False: too much. */
static bool put_piece(struct walk *w, struct level *l, struct buf *b,
	struct span piece, uint64_t at)
{
	size_t room = room_of(w, l);
	uint64_t hole = at > b->n ? at - b->n : 0;

	if (hole + piece.n > room)
		return false;
	memset(buf_room(b, (size_t)hole + piece.n), 0, (size_t)hole);
	b->n += (size_t)hole;
	buf_span(b, piece);
	l->out += (size_t)hole + piece.n;
	w->b->bytes += (size_t)hole + piece.n;
	return true;
}

/* False: nothing more can come of this pass. */
static bool read_content(struct walk *w, struct level *l, struct buf *b,
	unsigned *flags)
{
	struct span piece;
	uint64_t at;
	bool bad = false;

	while (archive_reader_data(&l->reader, &piece, &at, &bad))
		if (!put_piece(w, l, b, piece, at)) {
			*flags |= MAIL_OVER_ARCHIVE;
			return false;
		}
	if (l->reader.late) {
		*flags |= MAIL_OVER_ARCHIVE;
		return false;
	}
	if (bad)
		*flags |= MAIL_UNSCAN_ARCHIVE;
	return true;
}

/* A compressed file has no name inside: its own without the ending. */
static struct span inner_name(struct span path)
{
	size_t slash = span_rchr(path, '/');
	struct span name = slash == SIZE_MAX ? path : span_after(path,
		slash + 1);
	size_t dot = span_rchr(name, '.');

	if (dot == SIZE_MAX || dot == 0)
		return SPAN("data");
	if (span_casestarts(span_after(name, dot), SPAN(".tgz")) ||
	    span_casestarts(span_after(name, dot), SPAN(".tbz")) ||
	    span_casestarts(span_after(name, dot), SPAN(".txz")))
		return SPAN("data.tar");
	return span_sub(name, 0, dot);
}

static bool has_no_names(enum type_id t)
{
	return (t >= TYPE_GZIP && t <= TYPE_COMPRESS) || t == TYPE_RPM;
}

/* The same member as another pass gave? */
static bool is_known(struct walk *w, struct level *l, struct span path,
	struct span content)
{
	unsigned char hash[HASH_SHA256_SIZE];
	struct hash h;
	struct span key;

	if (l->known == NULL)
		return false;
	hash_begin(&h);
	hash_add(&h, path);
	hash_add(&h, content);
	hash_end(&h, hash);
	key = arena_span(w->a, span_from(hash, sizeof(hash)));
	return map_put(l->known, key, l->known) != NULL;
}

static void read_member(struct walk *w, struct level *l,
	const struct archive_head *h)
{
	struct archive_pass *p = &l->passes[l->pass];
	struct span inner = has_no_names(p->type) ? inner_name(l->path) :
		h->name;
	struct archive_member m = { .depth = w->b->depth + (unsigned)w->n,
		.container = p->type, .is_file = h->is_file,
		.size = h->size, .content = SPAN("") };
	struct buf b = { 0 };
	bool more = true;

	m.path = join(w, l->path, inner);
	m.name = span_after(m.path, m.path.n - (inner.n < m.path.n ?
		inner.n : m.path.n));
	if (h->encrypted)
		m.flags |= MAIL_ENCRYPTED;
	else if (p->names_only)
		m.flags |= MAIL_OVER_ARCHIVE;
	else if (h->is_file)
		more = read_content(w, l, &b, &m.flags);
	/* What goes on in another volume; a tar may end in a hole. */
	if (m.flags == 0 && h->is_file && b.n < h->size && p->type != TYPE_TAR)
		m.flags |= MAIL_UNSCAN_ARCHIVE;
	m.content = buf_bytes(&b);
	m.type = type_of(m.content);
	w->flags |= m.flags;
	if (!more)
		l->pass = l->npasses;
	if (is_known(w, l, m.path, m.content) ||
	    !w->v->visit(w->v->context, &m) || m.content.n == 0)
		buf_free(&b);
	else
		push(w, m.content, &b, m.type, m.path);
}

/* An archive without members, and not because it is empty? */
static bool is_mute(const struct level *l)
{
	const struct archive_pass *p = &l->passes[l->pass];

	return l->pass < l->npasses && l->members == 0 && !p->streamed &&
		p->type != TYPE_TAR && !type_is_zip(p->type) &&
		p->content.n > EMPTY_MOST && !has_no_names(p->type);
}

/* One member, or one archive less on the way. */
static void step(struct walk *w)
{
	struct level *l = &w->levels[w->n - 1];
	struct archive_head h;
	enum archive_step s = ARCHIVE_STEP_END;

	if (is_spent(w)) {
		w->flags |= MAIL_OVER_ARCHIVE;
		pop(w);
		return;
	}
	if (l->pass < l->npasses)
		s = archive_reader_next(&l->reader, w->a, &h);
	if (l->reader.late)
		w->flags |= MAIL_OVER_ARCHIVE;
	else if (s == ARCHIVE_STEP_ENCRYPTED)
		w->flags |= MAIL_ENCRYPTED;
	else if (s == ARCHIVE_STEP_BROKEN || s == ARCHIVE_STEP_BAD ||
		 (s == ARCHIVE_STEP_END && is_mute(l)))
		w->flags |= MAIL_UNSCAN_ARCHIVE;
	if (s == ARCHIVE_STEP_MEMBER) {
		w->b->entries++;
		l->members++;
		read_member(w, l, &h);
	} else if (s != ARCHIVE_STEP_BAD || ++l->bad > BAD_MOST) {
		archive_reader_close(&l->reader);
		l->pass++;
		if (!open_pass(w, l))
			pop(w);
	}
}

unsigned archive_walk(struct span content, enum type_id type,
	struct span path, struct archive_budget *b, struct arena *a,
	const struct archive_visitor *v)
{
	struct walk w = { .b = b, .a = a, .v = v };
	struct buf none = { 0 };
	int64_t start = clock_us();
	size_t depth = b->limits->archive_depth;

	w.max = depth > DEPTH_MOST ? DEPTH_MOST : depth;
	w.max = w.max > b->depth ? w.max - b->depth : 0;
	w.levels = arena_array(a, w.max + 1, sizeof(*w.levels));
	w.ends_us = start + (int64_t)b->limits->archive_ms * 1000 - b->us;
	push(&w, content, &none, type, path);
	while (w.n)
		step(&w);
	b->us += clock_us() - start;
	return w.flags;
}
