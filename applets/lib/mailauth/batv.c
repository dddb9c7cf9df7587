#include "mailauth/batv.h"

#include <stdio.h>
#include <string.h>

#include "crypto/hash.h"
#include "crypto/secret.h"

enum {
	DAY_MS = 24 * 3600 * 1000,
	DAY_AT = 6, MAC_AT = 9, MAC_DIGITS = 6,
	ADDRESS_MOST = 1000,
};

#define PREFIX "prvs="

const char *batv_word(enum batv_result r)
{
	static const char *const words[] = { "none", "good", "bad",
		"expired" };

	return words[r < BATV_N ? r : BATV_NONE];
}

static int hex_digit(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = span_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_key(struct span line, struct batv_key *k)
{
	struct span hex = span_trim(span_after(line, 1));

	if (line.n < 2 || line.p[0] < '0' || line.p[0] > '9' ||
	    (line.p[1] != ' ' && line.p[1] != '\t') ||
	    hex.n != 2 * BATV_SECRET_SIZE)
		return false;
	k->number = line.p[0] - '0';
	for (size_t i = 0; i < BATV_SECRET_SIZE; i++) {
		int high = hex_digit(hex.p[2 * i]);
		int low = hex_digit(hex.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		k->secret[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

static const struct batv_key *find_key(const struct batv_keys *keys,
	unsigned number)
{
	for (size_t i = 0; i < keys->n; i++)
		if (keys->v[i].number == number)
			return &keys->v[i];
	return NULL;
}

int batv_read_keys(struct span text, struct batv_keys *keys_r, struct err *e)
{
	struct span line;
	size_t n = 0;

	*keys_r = (struct batv_keys){ .n = 0 };
	while (span_line(&text, &line)) {
		struct batv_key k;

		n++;
		line = span_trim(line);
		if (line.n == 0 || line.p[0] == '#')
			continue;
		if (!read_key(line, &k))
			return err_set(e, ERR_PERMANENT, "line %zu: a key is "
				"a digit, a blank and 64 hex digits", n);
		if (find_key(keys_r, k.number))
			return err_set(e, ERR_PERMANENT, "line %zu: there is "
				"a key %u already", n, k.number);
		keys_r->v[keys_r->n++] = k;
	}
	return 0;
}

void batv_make_key(struct buf *b)
{
	unsigned char secret[BATV_SECRET_SIZE];

	secret_random(secret, sizeof(secret));
	buf_string(b, "0 ");
	for (size_t i = 0; i < sizeof(secret); i++)
		buf_printf(b, "%02x", secret[i]);
	buf_byte(b, '\n');
}

static unsigned day_of(int64_t ms)
{
	return (unsigned)(ms / DAY_MS % 1000);
}

/* SSSSSS of key and day ("KDDD") for an address without its tag. */
static void make_mac(const struct batv_key *k, const char when[5],
	struct span bare, char out[MAC_DIGITS + 1])
{
	unsigned char mac[HASH_SHA1_SIZE], text[4 + ADDRESS_MOST];
	size_t n = bare.n < ADDRESS_MOST ? bare.n : ADDRESS_MOST;

	memcpy(text, when, 4);
	for (size_t i = 0; i < n; i++)
		text[4 + i] = span_lower(bare.p[i]);
	hash_hmac_sha1(span_from(k->secret, sizeof(k->secret)),
		span_from(text, 4 + n), mac);
	snprintf(out, MAC_DIGITS + 1, "%02x%02x%02x", mac[0], mac[1], mac[2]);
}

/* Of anybody's system. */
static bool has_tag(struct span address)
{
	return span_casestarts(address, SPAN(PREFIX));
}

struct span batv_sign(const struct batv_keys *keys, struct span address,
	int64_t now_ms, struct arena *a)
{
	size_t at = span_rchr(address, '@');
	char when[5], mac[MAC_DIGITS + 1];

	if (keys->n == 0 || at == SIZE_MAX || at == 0 || has_tag(address) ||
	    address.n > ADDRESS_MOST)
		return address;
	snprintf(when, sizeof(when), "%u%03u", keys->v[0].number % 10u,
		(day_of(now_ms) + BATV_DAYS) % 1000);
	make_mac(&keys->v[0], when, address, mac);
	return span_of(arena_printf(a, PREFIX "%s%s=%.*s", when, mac,
		SPAN_FMT(address)));
}

/* "prvs=KDDDSSSSSS=" with the right kinds of digits. */
static bool is_tag(struct span address)
{
	if (address.n <= BATV_TAG_SIZE || !has_tag(address) ||
	    address.p[BATV_TAG_SIZE - 1] != '=' || address.n > ADDRESS_MOST)
		return false;
	for (size_t i = sizeof(PREFIX) - 1; i < MAC_AT; i++)
		if (address.p[i] < '0' || address.p[i] > '9')
			return false;
	for (size_t i = MAC_AT; i < MAC_AT + MAC_DIGITS; i++)
		if (hex_digit(address.p[i]) < 0)
			return false;
	return true;
}

static bool same_mac(struct span address, const char *mac)
{
	unsigned char low[MAC_DIGITS];

	for (size_t i = 0; i < MAC_DIGITS; i++)
		low[i] = span_lower(address.p[MAC_AT + i]);
	return secret_equal(span_from(low, MAC_DIGITS),
		span_from(mac, MAC_DIGITS));
}

static bool is_over(struct span address, int64_t now_ms)
{
	unsigned day = 0;

	for (size_t i = DAY_AT; i < MAC_AT; i++)
		day = day * 10 + (address.p[i] - '0');
	return (day + 1000 - day_of(now_ms)) % 1000 > BATV_DAYS;
}

enum batv_result batv_check(const struct batv_keys *keys,
	struct span address, int64_t now_ms, struct span *bare_r)
{
	struct span bare = span_after(address, BATV_TAG_SIZE);
	char when[5] = { 0 }, mac[MAC_DIGITS + 1];
	const struct batv_key *k;

	*bare_r = address;
	if (keys->n == 0 || !has_tag(address))
		return BATV_NONE;
	if (!is_tag(address))
		return BATV_BAD;
	memcpy(when, address.p + sizeof(PREFIX) - 1, 4);
	k = find_key(keys, (unsigned)(when[0] - '0'));
	if (k == NULL)
		return BATV_BAD;
	make_mac(k, when, bare, mac);
	if (!same_mac(address, mac))
		return BATV_BAD;
	*bare_r = bare;
	return is_over(address, now_ms) ? BATV_EXPIRED : BATV_GOOD;
}
