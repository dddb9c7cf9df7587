#include "engine/facts_record.h"

#include <stdio.h>

#include "base/wire.h"
#include "crypto/hash.h"
#include "engine/auth_wire.h"

enum {
	FORMAT = 4,
	NAME_SHOWN = 1024, URL_SHOWN = 2048, SUBJECT_SHOWN = 4096,
	PART_DECODED = 1u << 0,
};

static void put_hits(struct buf *b, const struct facts *f)
{
	wire_put_u32(b, (uint32_t)f->nhits);
	for (size_t i = 0; i < f->nhits; i++) {
		wire_put_span(b, f->hits[i].name);
		wire_put_u32(b, (uint32_t)f->hits[i].weight);
		wire_put_span(b, f->hits[i].evidence);
	}
	wire_put_u32(b, (uint32_t)f->nlater);
	for (size_t i = 0; i < f->nlater; i++)
		wire_put_span(b, span_of(f->later[i]));
}

/* Puts a count once it is known how many things went in. */
static void patch_count(struct buf *b, size_t at, size_t n)
{
	for (unsigned i = 0; i < 4; i++)
		b->p[at + i] = (unsigned char)((uint32_t)n >> 8 * i);
}

static void put_dns(struct buf *b, const struct facts *f)
{
	size_t at = b->n, n = 0;

	wire_put_u32(b, 0);
	for (const struct dnslist *l = f->dns ? f->dns->first : NULL; l;
	     l = l->next) {
		if (l->question.name.n == 0)
			continue;
		wire_put_span(b, l->shown);
		wire_put_u16(b, l->question.type);
		wire_put_u8(b, (uint8_t)l->state);
		wire_put_span(b, l->answer);
		n++;
	}
	patch_count(b, at, n);
}

static void put_hash(struct buf *b, const unsigned char hash[32])
{
	char hex[HASH_SHA256_HEX_SIZE];

	for (size_t i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	wire_put_span(b, span_of(hex));
}

/* Members until the record is full; how many are left out. */
static size_t put_members(struct buf *b, const struct file_facts *files,
	size_t start)
{
	size_t at = b->n, n = 0;

	wire_put_u32(b, 0);
	while (files && n < files->nmembers && n < FACTS_MEMBERS_MAX &&
	       b->n - start < FACTS_BYTES_MAX) {
		const struct file_member *m = &files->members[n++];

		wire_put_span(b, span_sub(m->path, 0, NAME_SHOWN));
		wire_put_span(b, type_word(m->type));
		wire_put_u64(b, m->size);
		wire_put_u32(b, m->mail_flags);
		wire_put_u32(b, m->flags);
		if (m->size)
			put_hash(b, m->sha256);
		else
			wire_put_span(b, SPAN(""));
	}
	patch_count(b, at, n);
	return files ? files->nmembers - n : 0;
}

/* A page that somebody read, or that detail asks for. */
static void put_page(struct buf *b, struct facts *f, size_t i, bool detail)
{
	static const struct html none;
	const struct html *page = f->parts[i].html;

	if (detail && mime_is_text(f->parts[i].mime) &&
	    span_is(f->parts[i].mime->type, "text/html"))
		page = facts_html(f, i);
	if (page == NULL)
		page = &none;
	wire_put_u32(b, page->flags);
	wire_put_u32(b, page->hidden_by);
	wire_put_u64(b, page->hidden.n);
}

/* How many members of it are left out. */
static size_t put_part(struct buf *b, struct facts *f, size_t i, size_t start,
	bool detail)
{
	struct mime_part *p = f->parts[i].mime;
	const struct file_facts *files = f->parts[i].files;
	char hash[HASH_SHA256_HEX_SIZE] = "";
	bool leaf = mime_is_leaf(p);

	if (detail)
		facts_content(f, i);
	wire_put_span(b, span_sub(p->type, 0, NAME_SHOWN));
	wire_put_span(b, span_sub(p->name, 0, NAME_SHOWN));
	wire_put_span(b, span_sub(p->disposition, 0, NAME_SHOWN));
	wire_put_u8(b, (uint8_t)p->origin);
	wire_put_u32(b, p->depth);
	wire_put_u32(b, p->flags);
	wire_put_u32(b, files ? files->flags : 0);
	put_page(b, f, i, detail);
	wire_put_u8(b, f->parts[i].decoded ? PART_DECODED : 0);
	wire_put_u64(b, f->parts[i].content.n);
	wire_put_span(b, f->parts[i].decoded ? facts_true_type(f, i) :
		(struct span){ NULL, 0 });
	if (detail && leaf)
		hash_sha256_hex(f->parts[i].content, hash);
	wire_put_span(b, span_of(hash));
	return put_members(b, files, start);
}

static size_t put_urls(struct buf *b, struct facts *f, size_t start,
	bool detail)
{
	const struct url_set *urls = detail ? facts_urls(f) : &f->urls;
	size_t at, n = 0;

	wire_put_u8(b, f->urls_known);
	at = b->n;
	wire_put_u32(b, 0);
	while (n < urls->n && b->n - start < FACTS_BYTES_MAX)
		wire_put_span(b, span_sub(urls->v[n++].raw, 0, URL_SHOWN));
	patch_count(b, at, n);
	return urls->n - n;
}

static size_t put_lists(struct buf *b, const struct list_hit *lists,
	size_t nlists, size_t start)
{
	size_t at = b->n, n = 0;

	wire_put_u32(b, 0);
	for (; n < nlists && b->n - start < FACTS_BYTES_MAX; n++) {
		wire_put_u32(b, lists[n].rcpt);
		wire_put_span(b, lists[n].list);
		wire_put_span(b, lists[n].entry);
	}
	patch_count(b, at, n);
	return nlists - n;
}

static void put_whys(struct buf *b, const struct facts *f)
{
	wire_put_u32(b, (uint32_t)f->nwhys);
	for (size_t i = 0; i < f->nwhys; i++) {
		wire_put_u32(b, f->whys[i].rcpt);
		wire_put_span(b, f->whys[i].sentence);
		wire_put_span(b, f->whys[i].unless);
	}
}

void facts_put(struct buf *b, struct facts *f, const struct list_hit *lists,
	size_t nlists, bool detail)
{
	size_t start = b->n, left = 0;

	wire_put_u16(b, FORMAT);
	wire_put_u64(b, f->bundle->generation);
	wire_put_u64(b, f->raw.n);
	wire_put_span(b, span_sub(f->subject, 0, SUBJECT_SHOWN));
	wire_put_span(b, span_sub(f->from.full, 0, NAME_SHOWN));
	put_hits(b, f);
	wire_put_u8(b, (uint8_t)f->virus);
	wire_put_span(b, f->virus_name);
	put_dns(b, f);
	auth_wire_put(b, f->auth);
	wire_put_u32(b, (uint32_t)f->mime.n);
	for (size_t i = 0; i < f->mime.n; i++)
		left += put_part(b, f, i, start, detail);
	left += put_urls(b, f, start, detail);
	left += put_lists(b, lists, nlists, start);
	put_whys(b, f);
	/* Last: lazy steps above raise flags too. */
	wire_put_u32(b, facts_flags(f));
	wire_put_u8(b, left > 0);
}

static void get_hits(struct wire *w, struct arena *a, struct facts_record *r)
{
	r->nhits = wire_count(w, 12);
	r->hits = arena_array(a, r->nhits, sizeof(*r->hits));
	for (size_t i = 0; i < r->nhits; i++) {
		r->hits[i].name = wire_span(w);
		r->hits[i].weight = (int32_t)wire_u32(w);
		r->hits[i].evidence = wire_span(w);
	}
	r->nlater = wire_count(w, 4);
	r->later = arena_array(a, r->nlater, sizeof(*r->later));
	for (size_t i = 0; i < r->nlater; i++)
		r->later[i] = wire_span(w);
}

static void get_dns(struct wire *w, struct arena *a, struct facts_record *r)
{
	r->ndns = wire_count(w, 11);
	r->dns = arena_array(a, r->ndns, sizeof(*r->dns));
	for (size_t i = 0; i < r->ndns; i++) {
		struct dns_record *d = &r->dns[i];
		uint8_t state;

		d->name = wire_span(w);
		d->type = wire_u16(w);
		state = wire_u8(w);
		d->state = state < DNSLIST_N ? (enum dnslist_state)state :
			DNSLIST_LATER;
		d->answer = wire_span(w);
	}
}

static void get_members(struct wire *w, struct arena *a,
	struct part_record *p)
{
	p->nmembers = wire_count(w, 28);
	p->members = arena_array(a, p->nmembers, sizeof(*p->members));
	for (size_t i = 0; i < p->nmembers; i++) {
		struct member_record *m = &p->members[i];

		m->path = wire_span(w);
		m->true_type = wire_span(w);
		m->size = wire_u64(w);
		m->flags = wire_u32(w);
		m->files = wire_u32(w);
		m->sha256 = wire_span(w);
	}
}

static void get_part(struct wire *w, struct arena *a, struct part_record *p)
{
	uint8_t origin;

	p->type = wire_span(w);
	p->name = wire_span(w);
	p->disposition = wire_span(w);
	origin = wire_u8(w);
	p->origin = origin <= MIME_EMBEDDED ? (enum mime_origin)origin :
		MIME_ENTITY;
	p->depth = wire_u32(w);
	p->flags = wire_u32(w);
	p->files = wire_u32(w);
	p->page = wire_u32(w);
	p->hidden_by = wire_u32(w);
	p->hidden = wire_u64(w);
	p->decoded = wire_u8(w) & PART_DECODED;
	p->size = wire_u64(w);
	p->true_type = wire_span(w);
	p->sha256 = wire_span(w);
	get_members(w, a, p);
}

static void get_parts(struct wire *w, struct arena *a, struct facts_record *r)
{
	r->nparts = wire_count(w, 62);
	r->parts = arena_array(a, r->nparts, sizeof(*r->parts));
	for (size_t i = 0; i < r->nparts; i++)
		get_part(w, a, &r->parts[i]);
}

static void get_urls(struct wire *w, struct arena *a, struct facts_record *r)
{
	r->urls_known = wire_u8(w);
	r->nurls = wire_count(w, 4);
	r->urls = arena_array(a, r->nurls, sizeof(*r->urls));
	for (size_t i = 0; i < r->nurls; i++)
		r->urls[i] = wire_span(w);
}

static void get_lists(struct wire *w, struct arena *a, struct facts_record *r)
{
	r->nlists = wire_count(w, 12);
	r->lists = arena_array(a, r->nlists, sizeof(*r->lists));
	for (size_t i = 0; i < r->nlists; i++) {
		r->lists[i].rcpt = wire_u32(w);
		r->lists[i].list = wire_span(w);
		r->lists[i].entry = wire_span(w);
	}
}

static void get_whys(struct wire *w, struct arena *a, struct facts_record *r)
{
	r->nwhys = wire_count(w, 12);
	r->whys = arena_array(a, r->nwhys, sizeof(*r->whys));
	for (size_t i = 0; i < r->nwhys; i++) {
		r->whys[i].rcpt = wire_u32(w);
		r->whys[i].sentence = wire_span(w);
		r->whys[i].unless = wire_span(w);
	}
}

bool facts_get(struct span record, struct arena *a,
	struct facts_record *facts_r)
{
	struct wire w = wire_open(record);
	struct facts_record *r = facts_r;
	uint8_t virus;

	*r = (struct facts_record){ 0 };
	if (wire_u16(&w) != FORMAT)
		return false;
	r->generation = wire_u64(&w);
	r->size = wire_u64(&w);
	r->subject = wire_span(&w);
	r->from = wire_span(&w);
	get_hits(&w, a, r);
	virus = wire_u8(&w);
	r->virus = virus < VIRUS_N ? (enum virus_state)virus : VIRUS_LATER;
	r->virus_name = wire_span(&w);
	get_dns(&w, a, r);
	auth_wire_get(&w, a, &r->auth);
	get_parts(&w, a, r);
	get_urls(&w, a, r);
	get_lists(&w, a, r);
	get_whys(&w, a, r);
	r->flags = wire_u32(&w);
	r->cut = wire_u8(&w);
	return wire_done(&w);
}
