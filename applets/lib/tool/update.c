#include "tool/update.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/embed.h"
#include "base/io.h"
#include "base/utf8.h"
#include "base/version.h"
#include "base/wire.h"
#include "engine/content.h"
#include "engine/rules.h"
#include "store/trust.h"

enum {
	ID = TRUST_ID_SIZE - 1,
	TRAILER = ID + TRUST_SIGNATURE_SIZE,
	RULES_MEMORY = 64 << 20,
};

static const struct span magic = { (const unsigned char *)"pm update 1\n",
	12 };

int update_make(struct update *u, struct sign_key *k, struct buf *b,
	struct err *e)
{
	unsigned char signature[TRUST_SIGNATURE_SIZE];
	char id[TRUST_ID_SIZE];
	size_t start = b->n;

	u->maker = version_own();
	u->made_s = clock_wall_ms() / 1000;
	buf_span(b, magic);
	wire_put_u64(b, u->number);
	wire_put_u64(b, (uint64_t)u->made_s);
	wire_put_u32(b, u->maker);
	wire_put_u32(b, u->needs);
	wire_put_span(b, u->about);
	wire_put_span(b, u->rules);
	wire_put_span(b, u->model);
	if (sign_kind(k) != SIGN_ED25519)
		return err_set(e, ERR_PERMANENT, "the key is no Ed25519 key");
	if (trust_id(k, id, e) < 0 || trust_sign(k, span_after(buf_bytes(b),
			start), signature, e) < 0)
		return -1;
	buf_add(b, id, ID);
	buf_add(b, signature, sizeof(signature));
	return 0;
}

/* The executable's keys and the site's, where it has any. */
static int read_keys(struct arena *a, struct span *keys_r, struct err *e)
{
	struct buf b = { .arena = a };

	buf_span(&b, embed_file(UPDATE_KEYS_OWN));
	if (access(UPDATE_KEYS, F_OK) == 0 &&
	    io_slurp(UPDATE_KEYS, TRUST_MAX, &b, e) < 0)
		return -1;
	*keys_r = buf_bytes(&b);
	return 0;
}

static int prove(struct span file, struct arena *a, struct span *body_r,
	struct span *id_r, struct err *e)
{
	struct span keys;

	if (!span_starts(file, magic) || file.n < magic.n + TRAILER)
		return err_set(e, ERR_PERMANENT, "is no update of pm, or it "
			"is cut short");
	*body_r = span_sub(file, 0, file.n - TRAILER);
	*id_r = span_sub(file, body_r->n, ID);
	return read_keys(a, &keys, e) < 0 ? -1 : trust_verify(keys,
		UPDATE_KEYS, *id_r, *body_r, span_after(file,
			body_r->n + ID), e);
}

static bool decode(struct span body, struct update *u)
{
	struct wire w = wire_open(span_after(body, magic.n));

	u->number = wire_u64(&w);
	u->made_s = (int64_t)wire_u64(&w);
	u->maker = wire_u32(&w);
	u->needs = wire_u32(&w);
	u->about = wire_span(&w);
	u->rules = wire_span(&w);
	u->model = wire_span(&w);
	return wire_done(&w) && u->number && u->number <= INT64_MAX &&
		u->about.n <= UPDATE_ABOUT_MAX && u->rules.n && u->model.n;
}

/* Is it for this pm, whole, as far as a look tells? */
static int suits(const struct update *u, struct err *e)
{
	struct arena *a = arena_new("update", RULES_MEMORY);
	struct span compiled[RULE_IN_N];
	char needs[VERSION_SIZE];
	struct classifier c;
	struct ruleset set;
	int result;

	version_name(u->needs, needs);
	if (u->needs > version_own())
		result = err_set(e, ERR_PERMANENT, "needs pm %s, this is "
			VERSION_TEXT ": install that first", needs);
	else if (content_open(u->model, "its model", &c, e) < 0)
		result = -1;
	else
		result = rules_get(u->rules, a, &set, compiled, e);
	arena_free(&a);
	return result;
}

int update_read(struct span file, const char *name, struct arena *a,
	struct update *u_r, struct err *e)
{
	struct span body, id;
	char about[UPDATE_ABOUT_MAX + 1];
	struct err why;
	int result = prove(file, a, &body, &id, &why);

	*u_r = (struct update){ 0 };
	if (result == 0 && !decode(body, u_r))
		result = err_set(&why, ERR_PERMANENT, "is malformed, though "
			"its signature is good");
	if (result == 0)
		result = suits(u_r, &why);
	if (result < 0)
		return err_set(e, why.class, "%s: %s", name, why.text);
	utf8_printable(u_r->about, about, sizeof(about));
	u_r->about = arena_span(a, span_of(about));
	u_r->key = id;
	return 0;
}
