#include "crypto/ticket.h"

#include <sodium.h>

#include "base/log.h"
#include "crypto/keyfile.h"

enum {
	VERSION = 1,
	ID_BYTES = 16,
	HEAD = 3 + 4 + ID_BYTES + 4,
	BYTES_MAX = HEAD + 1 + TICKET_RULE_MAX + TICKET_PERSON_MAX +
		TICKET_TAG,
	VARIANT = sodium_base64_VARIANT_URLSAFE_NO_PADDING,
};

_Static_assert(TICKET_REPLY_TEXT == (4 * (HEAD + TICKET_TAG) + 2) / 3, "text");
_Static_assert(TICKET_TEXT_MAX >= (4 * BYTES_MAX + 2) / 3, "text");

struct ticket_keys {
	unsigned char of[TICKET_REPLY + 1][crypto_auth_hmacsha256_KEYBYTES];
};

struct ticket_keys *ticket_load(const char *path, struct err *e)
{
	unsigned char master[KEYFILE_SIZE];
	struct ticket_keys *k;

	if (keyfile_load(path, master, e) < 0)
		return NULL;
	k = sodium_malloc(sizeof(*k));
	if (k == NULL)
		err_set(e, ERR_TEMPORARY, "%s: no locked memory", path);
	for (uint64_t i = TICKET_LINK; k && i <= TICKET_REPLY; i++)
		crypto_kdf_derive_from_key(k->of[i], sizeof(k->of[i]), i,
			"pm-tickt", master);
	sodium_memzero(master, sizeof(master));
	return k;
}

void ticket_free(struct ticket_keys **k)
{
	sodium_free(*k);
	*k = NULL;
}

static void put_u32(struct buf *b, uint32_t v)
{
	for (int i = 24; i >= 0; i -= 8)
		buf_byte(b, (unsigned char)(v >> i));
}

static uint32_t get_u32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
		(uint32_t)p[2] << 8 | p[3];
}

/* An answer's address is not in the ticket, but proved with it. */
static void prove(const struct ticket_keys *k, enum ticket_purpose purpose,
	struct span bytes, struct span person, unsigned char tag[TICKET_TAG])
{
	unsigned char whole[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state s;

	crypto_auth_hmacsha256_init(&s, k->of[purpose],
		sizeof(k->of[purpose]));
	crypto_auth_hmacsha256_update(&s, bytes.p, bytes.n);
	if (purpose == TICKET_REPLY)
		crypto_auth_hmacsha256_update(&s, person.p, person.n);
	crypto_auth_hmacsha256_final(&s, whole);
	memcpy(tag, whole, TICKET_TAG);
}

void ticket_put(const struct ticket_keys *k, const struct ticket *t,
	struct buf *text)
{
	unsigned char tag[TICKET_TAG], item[ID_BYTES];
	struct buf b = { 0 };

	if (t->person.n > TICKET_PERSON_MAX || t->rule.n > TICKET_RULE_MAX)
		log_panic("a ticket for too long a name");
	id_bytes(&t->item, item);
	buf_byte(&b, VERSION);
	buf_byte(&b, (unsigned char)t->purpose);
	buf_byte(&b, (unsigned char)t->action);
	put_u32(&b, (uint32_t)t->end_s);
	buf_add(&b, item, sizeof(item));
	put_u32(&b, t->place);
	if (t->purpose == TICKET_LINK) {
		buf_byte(&b, (unsigned char)t->rule.n);
		buf_span(&b, t->rule);
		buf_span(&b, t->person);
	}
	prove(k, t->purpose, buf_bytes(&b), t->person, tag);
	buf_add(&b, tag, sizeof(tag));
	sodium_bin2base64((char *)buf_room(text, TICKET_TEXT_MAX + 1),
		TICKET_TEXT_MAX + 1, b.p, b.n, VARIANT);
	text->n += sodium_base64_encoded_len(b.n, VARIANT) - 1;
	buf_free(&b);
}

/* What is proved is taken apart; false: it is not of our making. */
static bool take(struct span bytes, enum ticket_purpose purpose,
	struct arena *a, struct ticket *t_r)
{
	struct span rest = span_after(bytes, HEAD);

	t_r->purpose = purpose;
	t_r->action = (enum ticket_action)bytes.p[2];
	t_r->end_s = get_u32(bytes.p + 3);
	t_r->item = id_of_bytes(bytes.p + 7);
	t_r->place = get_u32(bytes.p + 7 + ID_BYTES);
	if (bytes.p[0] != VERSION || bytes.p[1] != purpose ||
	    t_r->action < TICKET_RELEASE || t_r->action >= TICKET_ACTION_N)
		return false;
	if (purpose == TICKET_REPLY)
		return rest.n == 0;
	if (rest.n == 0 || rest.p[0] > TICKET_RULE_MAX ||
	    rest.n - 1 < rest.p[0])
		return false;
	t_r->rule = arena_span(a, span_sub(rest, 1, rest.p[0]));
	t_r->person = arena_span(a, span_after(rest, 1 + t_r->rule.n));
	return t_r->person.n <= TICKET_PERSON_MAX;
}

/* libsodium 1.0.18 takes some bytes beyond ASCII for letters. */
static bool is_base64url(struct span text)
{
	for (size_t i = 0; i < text.n; i++)
		if (span_chr(SPAN("ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			"abcdefghijklmnopqrstuvwxyz0123456789-_"),
			text.p[i]) == SIZE_MAX)
			return false;
	return text.n <= TICKET_TEXT_MAX;
}

enum ticket_result ticket_read(const struct ticket_keys *k, struct span text,
	enum ticket_purpose purpose, struct span person, int64_t now_s,
	struct arena *a, struct ticket *t_r)
{
	unsigned char bytes[BYTES_MAX], tag[TICKET_TAG];
	const char *end;
	size_t n;

	*t_r = (struct ticket){ .person = person };
	if (!is_base64url(text) || sodium_base642bin(bytes,
	    sizeof(bytes), (const char *)text.p, text.n, NULL, &n, &end,
	    VARIANT) < 0 || end != (const char *)text.p + text.n ||
	    n < HEAD + TICKET_TAG)
		return TICKET_BAD;
	n -= TICKET_TAG;
	prove(k, purpose, span_from(bytes, n), person, tag);
	if (sodium_memcmp(tag, bytes + n, TICKET_TAG) != 0 ||
	    !take(span_from(bytes, n), purpose, a, t_r))
		return TICKET_BAD;
	t_r->key = id_of_hash(tag);
	return now_s > t_r->end_s ? TICKET_ENDED : TICKET_GOOD;
}
