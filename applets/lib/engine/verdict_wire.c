/*
 * A verdict as bytes. The reader is front, the writer may be a scanner that
 * a message has taken over: what passes here can at worst be a wrong
 * judgement of that one message, never a broken reply, header or file.
 */
#include "engine/verdict.h"

#include "base/utf8.h"
#include "base/wire.h"
#include "mail/domain.h"
#include "mail/words.h"

enum {
	VERDICT_MAGIC = 0x34566d70, /* "pmV4" */
	EDITS_MAX = 1000,
	SPLICES_MAX = 4000,
	REDIRECTS_MAX = 1000,
	TRACE_MAX = 4096,
	ADDRESS_MAX = 1024,
	LABEL_MAX = 255,
	SELECTOR_MAX = 63,
	/* Least bytes of one thing in the record. */
	EDIT_LEAST = 1 + 4 + 4 + 4,
	SPLICE_LEAST = 8 + 8 + 4,
	SIGN_LEAST = 3 * 4 + HASH_SHA256_SIZE,
	GROUP_LEAST = 1 + 4 + 5 * 4 + 10 * 4 + 4,
	NOTICE_LEAST = 2 * 4,
	DESTINATION_LEAST = 2 * 4,
	ARCHIVE_NAME_MAX = 40,
};

const char *action_name(enum action a)
{
	static const char *const names[ACTION_N] = {
		"tempfail", "reject", "quarantine", "delay", "discard",
		"redirect", "deliver"
	};

	return a >= 0 && a < ACTION_N ? names[a] : "unknown";
}

static void put_edits(struct buf *b, const struct group *g)
{
	wire_put_u32(b, (uint32_t)g->nedits);
	for (size_t i = 0; i < g->nedits; i++) {
		wire_put_u8(b, (uint8_t)g->edits[i].kind);
		wire_put_u32(b, g->edits[i].nth);
		wire_put_span(b, g->edits[i].name);
		wire_put_span(b, g->edits[i].value);
	}
}

static void put_splices(struct buf *b, const struct group *g)
{
	wire_put_u32(b, (uint32_t)g->nsplices);
	for (size_t i = 0; i < g->nsplices; i++) {
		wire_put_u64(b, g->splices[i].at);
		wire_put_u64(b, g->splices[i].remove);
		wire_put_span(b, g->splices[i].insert);
	}
}

static void put_signs(struct buf *b, const struct group *g)
{
	wire_put_u32(b, (uint32_t)g->nsigns);
	for (size_t i = 0; i < g->nsigns; i++) {
		wire_put_span(b, g->signs[i].domain);
		wire_put_span(b, g->signs[i].selector);
		wire_put_span(b, g->signs[i].field);
		for (size_t k = 0; k < HASH_SHA256_SIZE; k++)
			wire_put_u8(b, g->signs[i].hash[k]);
	}
}

/* The texts of a seal, in the order of the record. */
#define SEAL_TEXTS(X) X(domain) X(selector) X(parts.text) X(parts.over[0]) \
	X(parts.over[1]) X(parts.results) X(parts.message[0]) \
	X(parts.message[1]) X(parts.seal[0]) X(parts.seal[1])

static void put_seal(struct buf *b, const struct group *g)
{
	wire_put_u8(b, g->seal != NULL);
	if (g->seal == NULL)
		return;
#define X(name) wire_put_span(b, g->seal->name);
	SEAL_TEXTS(X)
#undef X
}

static void put_trace(struct buf *b, const struct group *g)
{
	wire_put_u32(b, (uint32_t)g->ntrace);
	for (size_t i = 0; i < g->ntrace; i++) {
		wire_put_span(b, g->trace[i].policy);
		wire_put_span(b, g->trace[i].rule);
		wire_put_span(b, g->trace[i].where);
		wire_put_span(b, g->trace[i].said);
	}
}

static void put_spans(struct buf *b, const struct span *v, size_t n)
{
	wire_put_u32(b, (uint32_t)n);
	for (size_t i = 0; i < n; i++)
		wire_put_span(b, v[i]);
}

/* What else happens, and where the mail goes. */
static void put_more(struct buf *b, const struct group *g)
{
	put_spans(b, g->redirect, g->nredirect);
	put_spans(b, g->copies, g->ncopies);
	put_spans(b, g->archives, g->narchives);
	wire_put_u32(b, (uint32_t)g->nnotices);
	for (size_t i = 0; i < g->nnotices; i++) {
		put_spans(b, g->notices[i].to, g->notices[i].nto);
		wire_put_span(b, g->notices[i].body);
	}
	wire_put_u32(b, (uint32_t)g->nelsewhere);
	for (size_t i = 0; i < g->nelsewhere; i++) {
		wire_put_u32(b, g->elsewhere[i].rcpt);
		put_spans(b, g->elsewhere[i].to, g->elsewhere[i].n);
	}
	wire_put_u8(b, g->new_sender);
	wire_put_span(b, g->mail_from);
	wire_put_u8(b, g->batv);
	wire_put_u8(b, g->new_body);
}

static void put_group(struct buf *b, const struct group *g)
{
	wire_put_u8(b, (uint8_t)g->action);
	wire_put_u32(b, g->delay_minutes);
	wire_put_span(b, g->reason);
	wire_put_span(b, g->code);
	wire_put_span(b, g->text);
	wire_put_span(b, g->notify);
	put_more(b, g);
	put_edits(b, g);
	put_splices(b, g);
	put_signs(b, g);
	put_seal(b, g);
	put_trace(b, g);
	wire_put_u32(b, (uint32_t)g->nrcpts);
	for (size_t i = 0; i < g->nrcpts; i++)
		wire_put_u32(b, g->rcpts[i]);
}

void verdict_put(struct buf *b, const struct verdict *v)
{
	wire_put_u32(b, VERDICT_MAGIC);
	wire_put_u32(b, (uint32_t)v->score);
	wire_put_u8(b, v->probability);
	wire_put_u8(b, v->failed);
	wire_put_u8(b, v->retire);
	wire_put_span(b, v->failure);
	wire_put_span(b, v->facts);
	wire_put_span(b, v->subject);
	wire_put_span(b, v->header_from);
	wire_put_span(b, v->message_id);
	wire_put_span(b, v->words);
	wire_put_u32(b, (uint32_t)v->ngroups);
	for (size_t i = 0; i < v->ngroups; i++)
		put_group(b, &v->groups[i]);
}

/* A count of at most max things; over it the record is bad. */
static uint32_t count(struct wire *w, size_t least, size_t max)
{
	uint32_t n = wire_count(w, least);

	if (n <= max)
		return n;
	w->bad = true;
	return 0;
}

/* A yes or no that is exactly 1 or 0. */
static bool flag(struct wire *w)
{
	uint8_t v = wire_u8(w);

	w->bad |= v > 1;
	return v == 1;
}

/* Only bytes from `from` to 0x7e, at most max of them. */
static bool is_ascii(struct span s, unsigned char from, size_t max)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < from || s.p[i] > 0x7e)
			return false;
	return s.n <= max;
}

/* Words for people: at most max bytes of UTF-8 without control bytes. */
static bool is_shown(struct span s, size_t max)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	return s.n <= max && utf8_valid(s);
}

static bool is_label(struct span s)
{
	return is_shown(s, LABEL_MAX);
}

/* RFC 3463: class "." subject "." detail, each of up to three digits. */
static bool is_code(struct span s, unsigned char class)
{
	struct span part;
	uint64_t number;
	size_t n = 0;

	if (s.n < 5 || s.p[0] != class || s.p[1] != '.' ||
	    s.p[s.n - 1] == '.')
		return false;
	for (; span_cut(&s, '.', &part); n++)
		if (part.n > 3 || !span_u64(part, 999, &number))
			return false;
	return n == 3;
}

/* Fit to stand between < and > of an SMTP command. */
static bool is_address(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] == 0x7f || s.p[i] == '<' ||
		    s.p[i] == '>')
			return false;
	return s.n > 0 && s.n <= ADDRESS_MAX;
}

static bool is_header_name(struct span s)
{
	return s.n > 0 && is_ascii(s, 0x21, LABEL_MAX) &&
	       span_chr(s, ':') == SIZE_MAX;
}

/* CR and LF only as the fold CRLF before a blank (RFC 5322 2.2.3). */
static bool is_header_value(struct span s)
{
	if (s.n > VERDICT_HEADER_MAX || span_chr(s, 0) != SIZE_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\n')
			return false;
		if (s.p[i] != '\r')
			continue;
		if (i + 2 >= s.n || s.p[i + 1] != '\n' ||
		    (s.p[i + 2] != ' ' && s.p[i + 2] != '\t'))
			return false;
		i += 2;
	}
	return true;
}

static void get_edits(struct wire *w, struct arena *a, struct group *g)
{
	g->nedits = count(w, EDIT_LEAST, EDITS_MAX);
	g->edits = arena_array(a, g->nedits, sizeof(*g->edits));
	for (size_t i = 0; i < g->nedits; i++) {
		struct edit *edit = &g->edits[i];
		uint8_t kind = wire_u8(w);

		edit->kind = (enum edit_kind)kind;
		edit->nth = wire_u32(w);
		edit->name = wire_span(w);
		edit->value = wire_span(w);
		w->bad |= kind > EDIT_REMOVE_HEADER ||
			  edit->nth > INT32_MAX ||
			  (kind > EDIT_PUT_HEADER && edit->nth == 0) ||
			  !is_header_name(edit->name) ||
			  !is_header_value(edit->value);
	}
}

static void get_splices(struct wire *w, uint64_t msg_bytes, struct arena *a,
	struct group *g)
{
	uint64_t from = 0;

	g->nsplices = count(w, SPLICE_LEAST, SPLICES_MAX);
	g->splices = arena_array(a, g->nsplices, sizeof(*g->splices));
	for (size_t i = 0; i < g->nsplices; i++) {
		struct splice *s = &g->splices[i];

		s->at = wire_u64(w);
		s->remove = wire_u64(w);
		s->insert = wire_span(w);
		if (s->at < from || s->at > msg_bytes ||
		    s->remove > msg_bytes - s->at) {
			w->bad = true;
			return;
		}
		from = s->at + s->remove;
	}
}

/* A name of the DNS as the keys have it: no more than that is a path. */
static bool is_name(struct span s, size_t max)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= 'a' && s.p[i] <= 'z') &&
		    !(s.p[i] >= '0' && s.p[i] <= '9') && s.p[i] != '-' &&
		    s.p[i] != '.' && s.p[i] != '_')
			return false;
	return s.n > 0 && s.n <= max;
}

static void get_signs(struct wire *w, struct arena *a, struct group *g)
{
	g->nsigns = count(w, SIGN_LEAST, VERDICT_SIGNS_MAX);
	g->signs = arena_array(a, g->nsigns, sizeof(*g->signs));
	for (size_t i = 0; i < g->nsigns; i++) {
		struct sign *s = &g->signs[i];

		s->domain = wire_span(w);
		s->selector = wire_span(w);
		s->field = wire_span(w);
		for (size_t k = 0; k < HASH_SHA256_SIZE; k++)
			s->hash[k] = wire_u8(w);
		w->bad |= !is_name(s->domain, DOMAIN_MAX) ||
			  !is_name(s->selector, SELECTOR_MAX) ||
			  !span_ends(s->field, SPAN("b=")) ||
			  !is_header_value(s->field);
	}
	w->bad |= g->nsigns && g->action != ACTION_DELIVER &&
		  g->action != ACTION_REDIRECT;
}

/* What is hashed for it can be nothing but a seal. */
static bool seal_ok(const struct seal *s)
{
	const struct arc_parts *p = &s->parts;

	return is_name(s->domain, DOMAIN_MAX) &&
		is_name(s->selector, SELECTOR_MAX) &&
		arc_text_is_of(p->text, SPAN("arc-message-signature")) &&
		arc_text_is_of(p->over[1], SPAN("arc-seal")) &&
		is_header_value(p->results) &&
		is_header_value(p->message[0]) &&
		is_header_value(p->message[1]) &&
		is_header_value(p->seal[0]) && is_header_value(p->seal[1]);
}

static void get_seal(struct wire *w, struct arena *a, struct group *g)
{
	if (!flag(w))
		return;
	g->seal = arena_alloc(a, sizeof(*g->seal));
#define X(name) g->seal->name = wire_span(w);
	SEAL_TEXTS(X)
#undef X
	w->bad |= g->action != ACTION_REDIRECT || !seal_ok(g->seal);
}

static void get_trace(struct wire *w, struct arena *a, struct group *g)
{
	g->ntrace = count(w, 4 * 4, TRACE_MAX);
	g->trace = arena_array(a, g->ntrace, sizeof(*g->trace));
	for (size_t i = 0; i < g->ntrace; i++) {
		g->trace[i].policy = wire_span(w);
		g->trace[i].rule = wire_span(w);
		g->trace[i].where = wire_span(w);
		g->trace[i].said = wire_span(w);
	}
}

/* Up to max texts that `ok` accepts. */
static struct span *get_spans(struct wire *w, size_t max,
	bool (*ok)(struct span), struct arena *a, size_t *n_r)
{
	struct span *v;

	*n_r = count(w, 4, max);
	v = arena_array(a, *n_r, sizeof(*v));
	for (size_t i = 0; i < *n_r; i++) {
		v[i] = wire_span(w);
		w->bad |= !ok(v[i]);
	}
	return v;
}

/* An archive's name is a folder. */
static bool is_archive(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= 'a' && s.p[i] <= 'z') &&
		    !(s.p[i] >= '0' && s.p[i] <= '9') && s.p[i] != '-')
			return false;
	return s.n > 0 && s.n <= ARCHIVE_NAME_MAX && s.p[0] != '-';
}

/* A reason is the label under which people find it. */
static bool is_reason(struct span s)
{
	return s.n > 0 && is_label(s);
}

static void get_notices(struct wire *w, struct arena *a, struct group *g)
{
	g->nnotices = count(w, NOTICE_LEAST, VERDICT_NOTICES_MAX);
	g->notices = arena_array(a, g->nnotices, sizeof(*g->notices));
	for (size_t i = 0; i < g->nnotices; i++) {
		struct notice *n = &g->notices[i];

		n->to = get_spans(w, VERDICT_TARGETS_MAX, is_address, a,
			&n->nto);
		n->body = wire_span(w);
		w->bad |= n->nto == 0 || n->body.n == 0 ||
			n->body.n > VERDICT_NOTICE_MAX;
	}
}

/* Who goes elsewhere is checked with the recipients. */
static void get_elsewhere(struct wire *w, size_t nrcpts, struct arena *a,
	struct group *g)
{
	g->nelsewhere = count(w, DESTINATION_LEAST, nrcpts);
	g->elsewhere = arena_array(a, g->nelsewhere, sizeof(*g->elsewhere));
	for (size_t i = 0; i < g->nelsewhere && !w->bad; i++) {
		struct destination *d = &g->elsewhere[i];

		d->rcpt = wire_u32(w);
		d->to = get_spans(w, VERDICT_TARGETS_MAX, is_address, a,
			&d->n);
	}
}

static void get_more(struct wire *w, size_t nrcpts, struct arena *a,
	struct group *g)
{
	g->redirect = get_spans(w, REDIRECTS_MAX, is_address, a,
		&g->nredirect);
	w->bad |= (g->action == ACTION_REDIRECT) != (g->nredirect > 0);
	g->copies = get_spans(w, VERDICT_COPIES_MAX, is_reason, a,
		&g->ncopies);
	g->archives = get_spans(w, VERDICT_COPIES_MAX, is_archive, a,
		&g->narchives);
	get_notices(w, a, g);
	get_elsewhere(w, nrcpts, a, g);
	g->new_sender = flag(w);
	g->mail_from = wire_span(w);
	g->batv = flag(w);
	g->new_body = flag(w);
	w->bad |= g->mail_from.n && !is_address(g->mail_from);
}

/* Only recipients of the group go elsewhere, each once, in their order. */
static bool elsewhere_ok(const struct group *g)
{
	size_t k = 0;

	for (size_t i = 0; i < g->nrcpts && k < g->nelsewhere; i++)
		k += g->rcpts[i] == g->elsewhere[k].rcpt;
	return k == g->nelsewhere;
}

/* The recipients of a group; taken[i] says who has one already. */
static void get_rcpts(struct wire *w, size_t nrcpts, struct arena *a,
	bool *taken, struct group *g)
{
	g->nrcpts = count(w, 4, nrcpts);
	g->rcpts = arena_array(a, g->nrcpts, sizeof(*g->rcpts));
	w->bad |= g->nrcpts == 0;
	for (size_t i = 0; i < g->nrcpts; i++) {
		uint32_t r = wire_u32(w);

		if (r >= nrcpts || taken[r] || (i && r < g->rcpts[i - 1])) {
			w->bad = true;
			return;
		}
		taken[r] = true;
		g->rcpts[i] = r;
	}
	w->bad |= !elsewhere_ok(g);
}

/* An empty code is one that the reader of the verdict chooses. */
static bool words_ok(const struct group *g)
{
	if (g->code.n && !is_code(g->code, '4') && !is_code(g->code, '5'))
		return false;
	if (g->code.n && g->action == ACTION_TEMPFAIL && g->code.p[0] != '4')
		return false;
	if (g->code.n && g->action == ACTION_REJECT && g->code.p[0] != '5')
		return false;
	return is_label(g->reason) && is_label(g->notify) &&
	       is_ascii(g->text, 0x20, VERDICT_TEXT_MAX);
}

static void get_group(struct wire *w, size_t nrcpts, uint64_t msg_bytes,
	struct arena *a, struct group *g)
{
	uint8_t action = wire_u8(w);

	w->bad |= action >= ACTION_N;
	g->action = (enum action)action;
	g->delay_minutes = wire_u32(w);
	g->reason = wire_span(w);
	g->code = wire_span(w);
	g->text = wire_span(w);
	g->notify = wire_span(w);
	w->bad |= !words_ok(g);
	get_more(w, nrcpts, a, g);
	get_edits(w, a, g);
	get_splices(w, msg_bytes, a, g);
	get_signs(w, a, g);
	get_seal(w, a, g);
	get_trace(w, a, g);
}

bool verdict_get(struct span record, size_t nrcpts, uint64_t msg_bytes,
	struct arena *a, struct verdict *v_r)
{
	struct wire w = wire_open(record);
	bool *taken;
	size_t left = nrcpts;

	*v_r = (struct verdict){ 0 };
	if (record.n > VERDICT_BYTES_MAX || wire_u32(&w) != VERDICT_MAGIC)
		return false;
	v_r->score = (int32_t)wire_u32(&w);
	v_r->probability = wire_u8(&w);
	v_r->failed = flag(&w);
	v_r->retire = flag(&w);
	v_r->failure = wire_span(&w);
	v_r->facts = wire_span(&w);
	v_r->subject = wire_span(&w);
	v_r->header_from = wire_span(&w);
	v_r->message_id = wire_span(&w);
	v_r->words = wire_span(&w);
	w.bad |= !is_shown(v_r->message_id, VERDICT_ID_MAX) ||
		v_r->words.n > WORDS_BYTES_MAX;
	v_r->ngroups = count(&w, GROUP_LEAST, nrcpts);
	v_r->groups = arena_array(a, v_r->ngroups, sizeof(*v_r->groups));
	taken = arena_array(a, nrcpts, sizeof(*taken));
	for (size_t i = 0; i < v_r->ngroups && !w.bad; i++) {
		get_group(&w, nrcpts, msg_bytes, a, &v_r->groups[i]);
		get_rcpts(&w, nrcpts, a, taken, &v_r->groups[i]);
		left -= v_r->groups[i].nrcpts;
	}
	return wire_done(&w) && left == 0 && v_r->probability <= 100;
}
