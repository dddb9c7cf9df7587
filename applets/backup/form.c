#include "form.h"

#include <string.h>

#include "base/embed.h"
#include "base/wire.h"

#define SCHEMA "sql/schema/"

uint64_t form_schema(void)
{
	const char *path;
	uint64_t most = 0, n;

	for (size_t i = 0; (path = embed_name(SCHEMA, i)) != NULL; i++)
		if (span_u64(span_sub(span_of(path), sizeof(SCHEMA) - 1, 4),
		    9999, &n) && n > most)
			most = n;
	return most;
}

static void put_text(struct buf *b, const char *s)
{
	wire_put_span(b, span_of(s ? s : ""));
}

int form_put(struct vault *v, const struct record *r, struct err *e)
{
	struct buf b = { 0 }, head = { 0 };
	int result;

	put_text(&b, r->path);
	put_text(&b, r->target);
	put_text(&b, r->user);
	put_text(&b, r->group);
	wire_put_u32(&b, r->mode);
	wire_put_u64(&b, r->size);
	wire_put_u64(&b, (uint64_t)r->mtime_s);
	put_text(&b, r->version);
	put_text(&b, r->appliance);
	put_text(&b, r->site);
	wire_put_u64(&b, r->schema);
	wire_put_u64(&b, (uint64_t)r->made_ms);
	wire_put_u8(&b, r->bodies);
	wire_put_u64(&b, r->count);
	wire_put_u8(&head, (uint8_t)r->type);
	wire_put_span(&head, buf_bytes(&b));
	result = vault_put(v, buf_bytes(&head), e);
	buf_free(&b);
	buf_free(&head);
	return result;
}

static int bad(const char *name, struct err *e)
{
	return err_set(e, ERR_PERMANENT, "%s: is no backup of pm, or of a "
		"later version", name);
}

static const char *get_text(struct wire *w, struct arena *a)
{
	struct span s = wire_span(w);

	w->bad |= span_chr(s, 0) != SIZE_MAX || s.n > FORM_PATH_MAX;
	return arena_string(a, w->bad ? SPAN("") : s);
}

/* Ours, and it leads nowhere else. */
static bool is_path(const char *path)
{
	struct span s = span_of(path), rest = s, part;
	bool ours = span_is(s, ROOT_ETC) || span_is(s, ROOT_STATE) ||
		span_starts(s, SPAN(ROOT_ETC "/")) ||
		span_starts(s, SPAN(ROOT_STATE "/"));

	while (span_cut(&rest, '/', &part))
		if (part.n == 0 || span_is(part, ".") || span_is(part, ".."))
			return false;
	return ours && s.p[s.n - 1] != '/';
}

static bool is_good(const struct record *r)
{
	if (strchr("DLF", r->type))
		return is_path(r->path) && r->user[0] &&
			r->group[0];
	return strchr("MPE", r->type) != NULL;
}

int form_get(struct vault *v, const char *name, struct arena *a,
	struct record *r_r, struct err *e)
{
	unsigned char head[5], *bytes;
	struct wire w;
	uint32_t n;

	*r_r = (struct record){ 0 };
	if (vault_get(v, head, sizeof(head), e) < 0)
		return -1;
	w = wire_open(span_from(head, sizeof(head)));
	r_r->type = (char)wire_u8(&w);
	n = wire_u32(&w);
	if (n > FORM_HEAD_MAX || r_r->type == 0)
		return bad(name, e);
	bytes = arena_alloc(a, n + 1);
	if (vault_get(v, bytes, n, e) < 0)
		return -1;
	w = wire_open(span_from(bytes, n));
	r_r->path = get_text(&w, a);
	r_r->target = get_text(&w, a);
	r_r->user = get_text(&w, a);
	r_r->group = get_text(&w, a);
	r_r->mode = wire_u32(&w);
	r_r->size = wire_u64(&w);
	r_r->mtime_s = (int64_t)wire_u64(&w);
	r_r->version = get_text(&w, a);
	r_r->appliance = get_text(&w, a);
	r_r->site = get_text(&w, a);
	r_r->schema = wire_u64(&w);
	r_r->made_ms = (int64_t)wire_u64(&w);
	r_r->bodies = wire_u8(&w);
	r_r->count = wire_u64(&w);
	return wire_done(&w) && is_good(r_r) ? 0 : bad(name, e);
}

ssize_t form_piece(struct vault *v, const char *name,
	unsigned char bytes[FORM_PIECE], struct err *e)
{
	unsigned char head[4];
	struct wire w;
	uint32_t n;

	if (vault_get(v, head, sizeof(head), e) < 0)
		return -1;
	w = wire_open(span_from(head, sizeof(head)));
	n = wire_u32(&w);
	if (n > FORM_PIECE)
		return bad(name, e);
	return vault_get(v, bytes, n, e) < 0 ? -1 : (ssize_t)n;
}
