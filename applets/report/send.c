#include "send.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/id.h"
#include "crypto/hash.h"
#include "engine/notice_mail.h"
#include "role/program.h"
#include "tool/admin.h"
#include "tool/own_mail.h"

#define DRAW "/usr/bin/rsvg-convert"

enum { REPORTS_MAX = 32, PNG_MAX = 4 << 20, DRAW_MS = 20000, ROWS = 25 };

/* What most people want to see. */
static const char *const usual[] = { "categories", "volume", "reasons",
	"senders", "spam-relays", "viruses", "releasers" };

struct mail {
	const struct report_options *o;
	const struct report_ask *ask;
	struct arena *a;
	struct wiring w;
	struct db *db;
	const struct report *reports[REPORTS_MAX];
	size_t n;
	const char *from;
	struct span *to;
	size_t nto;
	struct buf text, html;
	struct notice_picture pictures[REPORTS_MAX];
	size_t npictures;
	struct id key;
};

static int find_reports(struct mail *m, const struct args *args,
	struct err *e)
{
	size_t n = args->n > 1 ? args->n - 1 :
		sizeof(usual) / sizeof(*usual);

	if (n > REPORTS_MAX)
		return err_set(e, ERR_PERMANENT, "more than %d reports in one "
			"mail", REPORTS_MAX);
	for (size_t i = 0; i < n; i++) {
		m->reports[i] = report_find(args->n > 1 ? args->rest[i + 1] :
			usual[i], e);
		if (m->reports[i] == NULL)
			return -1;
	}
	m->n = n;
	return 0;
}

static bool is_address(const char *s)
{
	struct span all = span_of(s);
	size_t at = span_rchr(all, '@');

	for (size_t i = 0; i < all.n; i++)
		if (all.p[i] <= ' ' || all.p[i] >= 0x7f || all.p[i] == '<' ||
		    all.p[i] == '>')
			return false;
	return at != SIZE_MAX && at > 0 && at + 1 < all.n && all.n < 320;
}

static int find_people(struct mail *m, struct err *e)
{
	const struct report_options *o = m->o;
	const char *postmaster = arena_printf(m->a, "postmaster@%s",
		m->w.site ? m->w.site : "localhost");

	m->from = o->from ? o->from : postmaster;
	if (!is_address(m->from))
		return err_set(e, ERR_PERMANENT, "--from %s: is no address",
			m->from);
	m->nto = o->to.n ? o->to.n : 1;
	m->to = arena_array(m->a, m->nto, sizeof(*m->to));
	m->to[0] = span_of(postmaster);
	for (size_t i = 0; i < o->to.n; i++) {
		if (!is_address(o->to.v[i]))
			return err_set(e, ERR_PERMANENT, "--to %s: is no "
				"address", o->to.v[i]);
		m->to[i] = span_of(o->to.v[i]);
	}
	return 0;
}

/* Mail programs show no SVG: what the page shows, as PNG. */
static int draw(struct mail *m, const struct report *r,
	const struct report_rows *rows, struct err *e)
{
	static const struct sandbox_path paths[] = {
		{ "/usr", SANDBOX_RUN }, { "/etc/fonts", SANDBOX_MAYBE },
		{ "/etc/ld.so.cache", SANDBOX_MAYBE },
		{ "/var/cache/fontconfig", SANDBOX_MAYBE },
		{ NULL, SANDBOX_READ },
	};
	char *argv[] = { NULL, "-f", "png", NULL };
	struct buf svg = { .arena = m->a }, png = { .arena = m->a };
	struct notice_picture *p = &m->pictures[m->npictures];

	report_svg(r, m->ask, rows, &svg);
	if (program_filter(DRAW, argv, paths, buf_bytes(&svg), PNG_MAX,
	    DRAW_MS, &png, e) < 0)
		return -1;
	p->id = arena_printf(m->a, "%s@report.pm", r->name);
	p->png = buf_bytes(&png);
	m->npictures++;
	return 0;
}

static int add_report(struct mail *m, const struct report *r, struct err *e)
{
	bool can_draw = access(DRAW, X_OK) == 0;
	struct report_ask ask = *m->ask;
	struct report_rows rows;

	if (ask.limit == 0)
		ask.limit = ROWS;
	if (report_run(m->db, r, &ask, m->a, &rows, e) < 0)
		return -1;
	report_table(r, m->ask, &rows, &m->text);
	buf_byte(&m->text, '\n');
	can_draw = can_draw && rows.n > 0;
	if (can_draw && draw(m, r, &rows, e) < 0)
		return -1;
	report_html(r, m->ask, &rows, can_draw ?
		m->pictures[m->npictures - 1].id : NULL, &m->html);
	return 0;
}

/* The same reports of the same days for the same people are one mail. */
static void name_it(struct mail *m)
{
	unsigned char h[HASH_SHA256_SIZE];
	struct buf b = { .arena = m->a };

	if (m->o->again) {
		m->key = id_new();
		return;
	}
	buf_printf(&b, "report %s %s %.*s %.*s %zu", m->ask->since,
		m->ask->until, SPAN_FMT(m->ask->host),
		SPAN_FMT(m->ask->group), m->ask->limit);
	for (size_t i = 0; i < m->n; i++)
		buf_printf(&b, " %s", m->reports[i]->name);
	for (size_t i = 0; i < m->nto; i++)
		buf_printf(&b, " %.*s", SPAN_FMT(m->to[i]));
	hash_sha256(buf_bytes(&b), h);
	m->key = id_of_hash(h);
}

static int compose(struct mail *m, struct buf *out, struct err *e)
{
	struct buf mail = { .arena = m->a };
	struct notice_mail n = { .from = span_of(m->from),
		.ms = clock_wall_ms(),
		.pictures = m->pictures };

	buf_string(&m->html, "<!DOCTYPE html>\n<html><head><meta "
		"charset=\"utf-8\"></head><body style=\"font-family:"
		"sans-serif;font-size:14px;color:#1c2733\">\n");
	for (size_t i = 0; i < m->n; i++)
		if (add_report(m, m->reports[i], e) < 0)
			return -1;
	buf_string(&m->html, "</body></html>\n");
	n.subject = span_of(arena_printf(m->a, "Mail of %s, %s to %s",
		m->w.site ? m->w.site : m->w.name, m->ask->since,
		m->ask->until));
	n.text = buf_bytes(&m->text);
	n.html = buf_bytes(&m->html);
	n.npictures = m->npictures;
	if (m->nto == 1)
		n.to = m->to[0];
	n.id = span_of(arena_printf(m->a, "report.%s", m->key.text));
	n.list = span_of(arena_printf(m->a, "reports.%s", m->w.site ?
		m->w.site : "localhost"));
	notice_mail_put(&n, m->a, &mail);
	return own_mail_sign(m->from, buf_bytes(&mail), n.ms, m->a, out, e);
}

static int hand_over(struct mail *m, struct span mail, struct err *e)
{
	struct span key = span_of(m->key.text);
	struct own_mail own = { .key = key, .to = m->to, .n = m->nto };
	struct seal_key *seal = seal_load(SEAL_KEY_FILE, e);
	char who[64];
	bool fresh;
	int result;

	if (seal == NULL)
		return -1;
	admin_who(who, sizeof(who));
	own.who = who;
	own.sealed = own_mail_seal(seal, key, mail, m->a);
	seal_free(&seal);
	result = own_mail_send(m->db, &own, &fresh, e);
	for (size_t i = 0; result == 0 && i < m->nto; i++)
		printf("%s %.*s\n", fresh ? "goes to" : "went already to",
			SPAN_FMT(m->to[i]));
	if (result == 0 && !fresh)
		puts("once more: --again");
	return result;
}

int report_send(const struct report_options *o, const struct args *args,
	const struct report_ask *ask, struct arena *a, struct err *e)
{
	struct mail m = { .o = o, .ask = ask, .a = a, .text = { .arena = a },
		.html = { .arena = a } };
	struct buf mail = { .arena = a };
	int result;

	if (find_reports(&m, args, e) < 0)
		return -1;
	m.db = report_database(a, &m.w, e);
	result = m.db ? find_people(&m, e) : -1;
	if (result == 0) {
		name_it(&m);
		result = compose(&m, &mail, e);
	}
	if (result == 0 && o->dry_run)
		fwrite(mail.p, 1, mail.n, stdout);
	else if (result == 0)
		result = hand_over(&m, buf_bytes(&mail), e);
	db_free(&m.db);
	return result;
}
