#include "mail/filefacts.h"

#include "base/buf.h"
#include "base/clock.h"
#include "crypto/hash.h"
#include "mail/archive_zip.h"
#include "mail/office_look.h"

enum {
	LINK_MOST = 4096,
	FIELD_MOST = 4096,
	QUEUE_MOST = 2000,
	TARGETS_MOST = 20000,
	PDF_WITHIN = 1024,
};

static const char *const words[] = {
	"macro", "autoexec", "xl4", "embedded", "equation", "dde", "external",
	"entity", "script", "open-action", "launch", "attached", "link",
	"encrypted", "misfit", "broken", "over", "obfuscated",
};

const char *filefacts_word(unsigned flags, size_t i)
{
	for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++)
		if (flags & 1u << k && i-- == 0)
			return words[k];
	return NULL;
}

/* --- what a look gathers -------------------------------------------------- */

void look_link(struct file_look *l, struct span target)
{
	target = span_sub(span_trim(target), 0, LINK_MOST);
	l->flags |= FILE_LINK;
	if (target.n == 0 || l->nlinks == FILE_LINKS_MAX ||
	    map_get(l->links_seen, target))
		return;
	target = arena_span(l->arena, target);
	map_put(l->links_seen, target, l);
	if (l->links == NULL)
		l->links = arena_array(l->arena, FILE_LINKS_MAX,
			sizeof(*l->links));
	l->links[l->nlinks++] = target;
}

void look_broken(struct file_look *l)
{
	l->flags |= FILE_BROKEN;
	l->mail_flags |= MAIL_UNSCAN_ARCHIVE;
}

void look_over(struct file_look *l)
{
	l->flags |= FILE_OVER;
	l->mail_flags |= MAIL_OVER_ARCHIVE;
}

bool look_may_read(struct file_look *l)
{
	if (l->targets == TARGETS_MOST) {
		look_over(l);
		return false;
	}
	l->targets++;
	return true;
}

bool look_embedded(struct file_look *l, struct span name,
	struct span content)
{
	const struct mail_limits *limits = l->budget->limits;
	struct buf path = { .arena = l->arena };

	if (l->nqueue == QUEUE_MOST || l->depth >= limits->archive_depth ||
	    l->budget->entries >= limits->archive_entries ||
	    content.n > limits->archive_bytes - l->budget->bytes) {
		look_over(l);
		return false;
	}
	if (l->queue == NULL)
		l->queue = arena_array(l->arena, QUEUE_MOST,
			sizeof(*l->queue));
	l->budget->entries++;
	l->budget->bytes += content.n;
	name = name.n ? span_sub(name, 0, LINK_MOST) : SPAN("object");
	buf_span(&path, l->path);
	if (path.n)
		buf_byte(&path, '/');
	buf_span(&path, name);
	l->queue[l->nqueue++] = (struct embedded_file){ .content = content,
		.path = buf_bytes(&path), .depth = l->depth + 1,
		.name = arena_span(l->arena, name) };
	return true;
}

size_t look_room(struct file_look *l, size_t most)
{
	size_t all = l->budget->limits->archive_bytes;
	size_t left = l->budget->bytes < all ? all - l->budget->bytes : 0;

	if (l->budget->us >
	    (int64_t)l->budget->limits->archive_ms * 1000)
		left = 0;
	if (left == 0)
		look_over(l);
	return most < left ? most : left;
}

/* --- fields --------------------------------------------------------------- */

static bool starts_word(struct span s, struct span word)
{
	return span_casestarts(s, word) && (s.n == word.n ||
		s.p[word.n] <= ' ' || s.p[word.n] == '"' ||
		s.p[word.n] == '\\');
}

static void look_quoted(struct file_look *l, struct span s)
{
	size_t quote = span_chr(s, '"'), end;

	if (quote == SIZE_MAX) {
		s = span_trim(s);
		end = span_chr(s, ' ');
	} else {
		s = span_after(s, quote + 1);
		end = span_chr(s, '"');
	}
	look_link(l, span_sub(s, 0, end));
}

void look_field(struct file_look *l, struct span f)
{
	f = span_trim(span_sub(f, 0, FIELD_MOST));
	if (starts_word(f, SPAN("DDE")) || starts_word(f, SPAN("DDEAUTO")))
		l->flags |= FILE_DDE;
	/* \l leads to a place in the document itself. */
	if (starts_word(f, SPAN("HYPERLINK")) &&
	    !span_starts(span_trim(span_after(f, 9)), SPAN("\\l")))
		look_quoted(l, span_after(f, 9));
	if (starts_word(f, SPAN("INCLUDETEXT")) ||
	    starts_word(f, SPAN("INCLUDEPICTURE")) ||
	    starts_word(f, SPAN("LINK"))) {
		l->flags |= FILE_EXTERNAL;
		if (!starts_word(f, SPAN("LINK")))
			look_quoted(l, span_after(f, span_chr(f, ' ')));
	}
}

struct span look_narrow(struct span wide, unsigned char *out, size_t most)
{
	size_t n = wide.n / 2 < most ? wide.n / 2 : most;

	for (size_t i = 0; i < n; i++)
		out[i] = wide.p[2 * i + 1] || wide.p[2 * i] >= 0x80 ? '?' :
			wide.p[2 * i];
	return span_from(out, n);
}

struct buf look_inflate(struct file_look *l, struct span packed, size_t most)
{
	struct buf b = { 0 };
	size_t room = look_room(l, most);

	if (room)
		b.n = zip_inflate(packed, true, buf_room(&b, room), room);
	l->budget->bytes += b.n;
	return b;
}

/* --- members -------------------------------------------------------------- */

struct reading {
	struct file_look look;
	const struct file_each *each;
	struct file_facts *facts;
	size_t cap;
};

static void add_member(struct reading *r, const struct file_member *m)
{
	struct file_facts *f = r->facts;

	if (f->nmembers == r->cap) {
		size_t cap = r->cap ? r->cap * 2 : 16;
		struct file_member *more = arena_array(r->look.arena, cap,
			sizeof(*more));

		for (size_t i = 0; i < f->nmembers; i++)
			more[i] = f->members[i];
		f->members = more;
		r->cap = cap;
	}
	f->members[f->nmembers++] = *m;
}

/* Looks into one content that is in memory; archives are walked elsewhere. */
static void look_into(struct file_look *l, struct span content,
	enum type_id t)
{
	if (type_is_ole(t))
		office_look(l, content);
	else if (t == TYPE_RTF)
		rtf_look(l, content);
	else if (t == TYPE_PDF)
		pdf_look(l, content);
	else if (t == TYPE_OFFICE_XML || t == TYPE_XML || t == TYPE_SVG)
		ooxml_look(l, SPAN(""), content);
	else if (t == TYPE_SLK || t == TYPE_TEXT)
		office_look_text(l, content);
}

/* Reads, names and records one member. */
static void take(struct reading *r, struct file_member *m,
	struct span content, bool record)
{
	struct file_look *l = &r->look;
	unsigned flags = l->flags, mail_flags = l->mail_flags;
	int64_t start = clock_us();

	l->flags = l->mail_flags = 0;
	l->path = m->path;
	l->depth = m->depth;
	look_into(l, content, m->type);
	r->look.budget->us += clock_us() - start;
	m->flags |= l->flags;
	m->mail_flags |= l->mail_flags;
	l->flags |= flags;
	l->mail_flags |= mail_flags;
	if (!record)
		return;
	/* Of what was cut the hash says nothing. */
	if (content.n && !(m->mail_flags & MAIL_OVER_ARCHIVE))
		hash_sha256(content, m->sha256);
	add_member(r, m);
	if (r->each)
		r->each->member(r->each->context, m, content);
}

/* A part that makes a document what it is, not a file in it. */
static bool is_own_part(const struct archive_member *m)
{
	enum type_family f = type_family(m->type);

	if (!type_is_ooxml(m->container) &&
	    (m->container < TYPE_XPS || m->container > TYPE_EPUB))
		return false;
	return (f == FAMILY_TEXT || f == FAMILY_PAGE || f == FAMILY_IMAGE ||
		f == FAMILY_UNKNOWN || f == FAMILY_FONT ||
		m->type == TYPE_OFFICE_XML || !m->is_file) &&
		span_find(m->path, SPAN("/embeddings/")) == SIZE_MAX;
}

static bool visit(void *context, const struct archive_member *m)
{
	struct reading *r = context;
	struct file_member f = { .path = m->path, .depth = m->depth,
		.name = arena_span(r->look.arena, m->name),
		.size = m->content.n, .type = m->type,
		.mail_flags = m->flags };
	bool own = is_own_part(m);

	if (own || type_is_zip(m->container)) {
		r->look.path = m->path;
		r->look.depth = m->depth;
		if (m->type != TYPE_XML || own)
			ooxml_look(&r->look, m->name, m->content);
	}
	take(r, &f, m->content, m->is_file && !own);
	return true;
}

static void walk(struct reading *r, struct span content, enum type_id t,
	struct span path, unsigned depth)
{
	const struct archive_visitor v = { visit, r };

	r->look.budget->depth = depth;
	r->look.mail_flags |= archive_walk(content, t, path, r->look.budget,
		r->look.arena, &v);
	r->look.budget->depth = 0;
	r->facts->decoded = true;
}

/* Objects found on the way, and what is in them, and so on. */
static void take_queue(struct reading *r)
{
	for (size_t i = 0; i < r->look.nqueue; i++) {
		struct embedded_file e = r->look.queue[i];
		struct file_member m = { .path = e.path, .name = e.name,
			.depth = e.depth, .size = e.content.n,
			.type = type_of(e.content) };

		take(r, &m, e.content, true);
		if (archive_is(m.type))
			walk(r, e.content, m.type, e.path, e.depth);
	}
}

/* Is there a second thing in it that its type does not say? */
static bool look_at_others(struct file_look *l, struct span content,
	enum type_id type)
{
	struct type_found found[TYPES_MAX];
	bool others = false;
	size_t n;

	if (type_family(type) == FAMILY_TEXT &&
	    span_find(span_sub(content, 0, PDF_WITHIN), SPAN("%PDF-")) ==
	    SIZE_MAX)
		return false;
	n = types_of(content, found, TYPES_MAX);
	for (size_t i = 0; i < n; i++) {
		if (found[i].at == 0)
			continue;
		others = true;
		if (found[i].type == TYPE_PDF)
			pdf_look(l, span_after(content, found[i].at));
	}
	if (others)
		l->flags |= FILE_MISFIT;
	return others;
}

void filefacts_read(struct span content, enum type_id type,
	struct archive_budget *b, struct arena *a,
	const struct file_each *each, struct file_facts *facts_r)
{
	struct reading r = { .each = each, .facts = facts_r, .look = {
		.arena = a, .budget = b, .links_seen = map_new(a),
		.scratch = { .arena = a } } };
	struct file_member self = { .path = SPAN(""), .type = type };

	*facts_r = (struct file_facts){ 0 };
	take(&r, &self, content, false);
	if (look_at_others(&r.look, content, type) || archive_is(type))
		walk(&r, content, type, SPAN(""), 0);
	take_queue(&r);
	if (r.look.mail_flags & MAIL_ENCRYPTED)
		r.look.flags |= FILE_ENCRYPTED;
	facts_r->flags = r.look.flags;
	facts_r->mail_flags = r.look.mail_flags;
	facts_r->links = r.look.links;
	facts_r->nlinks = r.look.nlinks;
	facts_r->decoded |= type_is_ole(type) || type == TYPE_PDF ||
		type == TYPE_RTF;
}
