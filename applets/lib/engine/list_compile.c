/*
 * From the text of a list to its image.
 */
#include "engine/list_image.h"

#include <string.h>

#include "base/args.h"
#include "base/wire.h"
#include "mail/casefold.h"
#include "detect/phrases.h"

struct compiler {
	const char *name;
	unsigned type;
	uint32_t line, count;
	uint32_t kinds;
	unsigned char mask[LIST_MASK_BYTES];
	unsigned char network[LIST_NETWORK_KEY]; /* of the entry at hand */
	struct buf records, places, scan;
	struct err *e;
};

static const char *const type_names[] = {
	[LIST_MIXED] = "mixed", [LIST_IS] = "is", [LIST_CONTAINS] = "contains",
	[LIST_MATCHES] = "matches", [LIST_RE] = "re", [LIST_HOSTS] = "hosts",
	[LIST_DOMAIN] = "domain", [LIST_MAIL] = "mail",
	[LIST_EMAIL] = "email", [LIST_PHRASE] = "phrase",
	/* Words of the first line only. */
	"map", "nmatches", "glob",
};

enum {
	WORD_MAP = LIST_TYPES, WORD_NMATCHES, WORD_GLOB, WORDS,
};

const char *list_type_name(unsigned type)
{
	if (type & LIST_MAP)
		return type_names[WORD_MAP];
	return type_names[type < LIST_TYPES ? type : LIST_MIXED];
}

static int complain(struct compiler *c, struct span entry, const char *why)
{
	return err_set(c->e, ERR_PERMANENT, "%s:%u: \"%.*s\" %s", c->name,
		(unsigned)c->line, SPAN_FMT(span_sub(entry, 0, 80)), why);
}

/* --- what an entry means ------------------------------------------------- */

/* Bytes that no address, name or network has. */
static bool legible(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] == 0x7f || s.p[i] == ',' ||
		    s.p[i] == ';')
			return false;
	return true;
}

static bool domain_like(struct span s)
{
	if (s.n == 0 || s.p[0] == '.' || s.p[0] == '-' ||
	    s.p[s.n - 1] == '.')
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = span_lower(s.p[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '.' && c != '-' && c != '_' && c < 0x80)
			return false;
	}
	return true;
}

/* How many bits 255.255.255.0 leaves; false: it is no such mask. */
static bool mask_bits(const struct netaddr *mask, unsigned *bits_r)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < 4; i++)
		v = v << 8 | mask->b[i];
	*bits_r = 0;
	while (*bits_r < 32 && v >> (31 - *bits_r) & 1)
		++*bits_r;
	return *bits_r == 32 || v << *bits_r == 0;
}

/* ADDRESS, ADDRESS/BITS, ADDRESS/MASK. */
static bool parse_network(struct span s, struct netaddr *net_r,
	unsigned *bits_r)
{
	size_t slash = span_chr(s, '/');
	struct netaddr mask;
	struct cidr net;

	if (cidr_parse(s, &net)) {
		*net_r = net.net;
		*bits_r = net.bits;
		return true;
	}
	return slash != SIZE_MAX &&
		netaddr_parse(span_sub(s, 0, slash), net_r) &&
		net_r->n == 4 &&
		netaddr_parse(span_after(s, slash + 1), &mask) &&
		mask.n == 4 && mask_bits(&mask, bits_r);
}

/* What an entry that is a network becomes; false: it is none. */
static bool network(struct compiler *c, struct list_entry *entry)
{
	struct netaddr net;
	unsigned bits;

	if (!parse_network(entry->key, &net, &bits))
		return false;
	list_network_key(&net, bits, c->network);
	bits = c->network[0];
	c->mask[bits / 8] |= (unsigned char)(1u << bits % 8);
	entry->kind = KIND_NETWORK;
	entry->key = span_from(c->network, LIST_NETWORK_KEY);
	return true;
}

static bool is_null(struct list_entry *entry)
{
	if (!span_is(entry->key, "<>"))
		return false;
	entry->kind = KIND_WHOLE;
	entry->key = span_sub(entry->key, 0, 0);
	return true;
}

/* "example.com", "@example.com", ".example.com" */
static int name_of(struct compiler *c, struct list_entry *entry,
	enum list_kind plain)
{
	struct span s = entry->key;
	struct netaddr addr;

	if (netaddr_parse(s, &addr))
		return complain(c, s, "is an IP address: in a list of this "
			"type are names");
	entry->kind = plain;
	if (s.n && s.p[0] == '@')
		entry->kind = KIND_DOMAIN;
	else if (s.n && s.p[0] == '.')
		entry->kind = KIND_SUB;
	if (entry->kind == KIND_DOMAIN && s.n && s.p[0] == '@')
		s = entry->key = span_after(s, 1);
	if (entry->kind == KIND_SUB)
		s = span_after(s, 1);
	return domain_like(s) ? 0 :
		complain(c, s, "is no address, domain or network");
}

/* An address or, with none of it, a domain. */
static int address_of(struct compiler *c, struct list_entry *entry)
{
	size_t at = span_rchr(entry->key, '@');

	if (at == SIZE_MAX || at == 0)
		return name_of(c, entry, KIND_DOMAIN);
	entry->kind = KIND_WHOLE;
	return domain_like(span_after(entry->key, at + 1)) ? 0 :
		complain(c, entry->key, "has no domain behind its @");
}

static bool glob_of(struct list_entry *entry, bool marks)
{
	bool at = span_chr(entry->key, '@') != SIZE_MAX;

	if (span_chr(entry->key, '*') == SIZE_MAX &&
	    (!marks || span_chr(entry->key, '?') == SIZE_MAX))
		return false;
	entry->kind = at ? KIND_GLOB : KIND_GLOB_DOMAIN;
	entry->flags |= marks ? LIST_MARKS : 0;
	return true;
}

static int mixed_of(struct compiler *c, struct list_entry *entry)
{
	bool at = span_chr(entry->key, '@') != SIZE_MAX;

	if (is_null(entry) || network(c, entry))
		return 0;
	if (span_chr(entry->key, '/') != SIZE_MAX && !at)
		return complain(c, entry->key,
			"is not a network; write ADDRESS/BITS");
	return glob_of(entry, false) ? 0 : address_of(c, entry);
}

static int email_of(struct compiler *c, struct list_entry *entry)
{
	return is_null(entry) || glob_of(entry, true) ? 0 :
		address_of(c, entry);
}

static int mail_of(struct compiler *c, struct list_entry *entry)
{
	struct span s = entry->key;

	if (is_null(entry))
		return 0;
	if (s.n < 2 || s.p[s.n - 1] != '@')
		return address_of(c, entry);
	entry->kind = KIND_LOCAL;
	return 0;
}

static int domain_of(struct compiler *c, struct list_entry *entry)
{
	return name_of(c, entry, KIND_TREE);
}

static int hosts_of(struct compiler *c, struct list_entry *entry)
{
	struct span s = entry->key;

	if (s.p[0] == '@')
		entry->key = span_after(s, 1);
	if (network(c, entry))
		return 0;
	entry->key = s;
	if (span_chr(s, '/') != SIZE_MAX)
		return complain(c, s, "is not a network; write ADDRESS/BITS");
	if (span_chr(s, '*') == SIZE_MAX && span_chr(s, '?') == SIZE_MAX)
		return domain_of(c, entry);
	/* Of a subject with one only what is behind it is looked up. */
	if (span_chr(span_after(s, s.p[0] == '@'), '@') != SIZE_MAX)
		return complain(c, s, "is no host; addresses have lists of "
			"their own");
	entry->kind = s.p[0] == '@' ? KIND_HOSTS_ANCHORED : KIND_HOSTS;
	entry->key = span_after(s, s.p[0] == '@');
	return 0;
}

static int is_of(struct compiler *c, struct list_entry *entry)
{
	(void)c;
	if (!is_null(entry))
		entry->kind = KIND_WHOLE;
	return 0;
}

static int contains_of(struct compiler *c, struct list_entry *entry)
{
	(void)c;
	entry->kind = KIND_CONTAINS;
	return 0;
}

static int matches_of(struct compiler *c, struct list_entry *entry)
{
	if (span_chr(entry->key, '*') == SIZE_MAX &&
	    span_chr(entry->key, '?') == SIZE_MAX)
		return is_of(c, entry);
	entry->kind = KIND_GLOB;
	entry->flags |= LIST_MARKS;
	return 0;
}

static int re_of(struct compiler *c, struct list_entry *entry)
{
	entry->kind = KIND_RE;
	return c->scan.n / 4 < LIST_PATTERNS_MAX ? 0 : complain(c, entry->key,
		"is one too many: a list has at most 2000 regular "
		"expressions");
}

/* Words with anything between them. */
static int phrase_of(struct compiler *c, struct list_entry *entry)
{
	struct arena *a = arena_new("phrase", 1 << 20);
	struct span rest = casefold(entry->text, a), word;
	size_t n = 0;

	entry->kind = KIND_PHRASE;
	while (casefold_word(&rest, &word))
		n++;
	arena_free(&a);
	if (n == 0 || n > PHRASES_WORDS_MAX)
		return complain(c, entry->text, n ? "has more than 16 words" :
			"has no word");
	return 0;
}

/* How each type reads its entries; words: it may have blanks. */
static const struct reader {
	int (*read)(struct compiler *c, struct list_entry *entry);
	bool words;
} readers[LIST_TYPES] = {
	[LIST_MIXED] = { mixed_of, false }, [LIST_IS] = { is_of, true },
	[LIST_CONTAINS] = { contains_of, true },
	[LIST_MATCHES] = { matches_of, true }, [LIST_RE] = { re_of, true },
	[LIST_HOSTS] = { hosts_of, false },
	[LIST_DOMAIN] = { domain_of, false }, [LIST_MAIL] = { mail_of, false },
	[LIST_EMAIL] = { email_of, false }, [LIST_PHRASE] = { phrase_of, true },
};

/* --- lines --------------------------------------------------------------- */

/* Where the first word ends. */
static size_t word_end(struct span s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] != ' ' && s.p[n] != '\t')
		n++;
	return n;
}

struct span list_value(struct span entry)
{
	return span_trim(span_after(entry, word_end(entry)));
}

/* Without its comment: a # at the start or behind a blank. */
static struct span uncomment(struct span line)
{
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] == '#' && (i == 0 || line.p[i - 1] == ' ' ||
					 line.p[i - 1] == '\t'))
			return span_sub(line, 0, i);
	return line;
}

static void keep(struct compiler *c, const struct list_entry *entry)
{
	bool inside = entry->kind != KIND_NETWORK;
	struct buf *b = &c->records;

	wire_put_u32(&c->places, (uint32_t)b->n);
	c->kinds |= 1u << entry->kind;
	wire_put_u8(b, (uint8_t)entry->kind);
	wire_put_u8(b, (uint8_t)entry->flags);
	wire_put_u32(b, entry->line);
	wire_put_u16(b, (uint16_t)entry->text.n);
	wire_put_u8(b, (uint8_t)(inside ? entry->key.p - entry->text.p : 0));
	wire_put_u16(b, (uint16_t)entry->key.n);
	buf_span(b, entry->text);
	if (!inside)
		buf_span(b, entry->key);
}

/* The key of a map's line. */
static int read_key(struct compiler *c, struct list_entry *entry)
{
	size_t n = word_end(entry->key);

	if (n == entry->key.n && !(entry->flags & LIST_NEGATIVE))
		return complain(c, entry->text, "has no value; write KEY "
			"VALUE");
	entry->key = span_sub(entry->key, 0, n);
	return 0;
}

static int compile_line(struct compiler *c, struct span line)
{
	const struct reader *reader = &readers[c->type & ~(unsigned)LIST_MAP];
	struct list_entry entry = { .line = c->line };
	bool map = c->type & LIST_MAP;

	entry.text = entry.key = span_trim(uncomment(line));
	if (entry.text.n == 0)
		return 0;
	if (entry.text.n > (map ? LIST_LINE_MAX : LIST_ENTRY_MAX))
		return complain(c, entry.text, map ? "is longer than 4000 "
			"bytes" : "is longer than 512 bytes");
	if (entry.key.p[0] == '!' && reader->read != phrase_of) {
		entry.flags = LIST_NEGATIVE;
		entry.key = span_after(entry.key, 1);
		/* Blanks behind it, but never more than a byte can count. */
		while (entry.key.n && entry.key.p[0] <= ' ' &&
		       entry.key.p - entry.text.p < 200)
			entry.key = span_after(entry.key, 1);
	}
	if (map && read_key(c, &entry) < 0)
		return -1;
	if (entry.key.n > LIST_ENTRY_MAX)
		return complain(c, entry.key, "is longer than 512 bytes");
	if (entry.key.n == 0 || (!reader->words && !legible(entry.key)))
		return complain(c, entry.text, "is not one entry; write one "
			"a line, comments after #");
	if (reader->read(c, &entry) < 0)
		return -1;
	keep(c, &entry);
	return 0;
}

/* --- the first line ------------------------------------------------------ */

static int wrong_word(struct compiler *c, struct span word,
	const char *near)
{
	return err_set(c->e, ERR_PERMANENT, "%s:1: \"%.*s\" is not known; "
		"%s%s%s", c->name, SPAN_FMT(span_sub(word, 0, 80)), near ?
		"did you mean \"" : "write #pm type=TYPE", near ? near : "",
		near ? "\"?" : "");
}

static int read_type(struct compiler *c, struct span word, unsigned *type_r)
{
	unsigned i = 0;

	while (i < WORDS && !span_is(word, type_names[i]))
		i++;
	if (i == WORDS)
		return wrong_word(c, word, args_nearest(word, type_names,
			WORDS));
	*type_r = i == WORD_MAP ? (unsigned)LIST_MAP : i == WORD_NMATCHES ?
		(unsigned)LIST_MATCHES : i == WORD_GLOB ?
		(unsigned)LIST_EMAIL : i;
	return 0;
}

static int read_option(struct compiler *c, struct span word)
{
	unsigned keys;

	if (span_starts(word, SPAN("type=")))
		return read_type(c, span_after(word, 5), &c->type);
	if (!span_starts(word, SPAN("keys=")) || !(c->type & LIST_MAP))
		return wrong_word(c, word, NULL);
	if (read_type(c, span_after(word, 5), &keys) < 0)
		return -1;
	/* A key ends at the first blank. */
	if (keys & LIST_MAP || keys == LIST_PHRASE)
		return wrong_word(c, word, NULL);
	c->type = LIST_MAP | keys;
	return 0;
}

/* "#pm type=map keys=mail" */
static int read_first(struct compiler *c, struct span text)
{
	struct span line, word;
	int result = 0;

	if (!span_line(&text, &line) || !span_starts(line, SPAN("#pm ")))
		return 0;
	line = span_trim(span_after(line, 4));
	while (result == 0 && line.n) {
		word = span_sub(line, 0, word_end(line));
		line = list_value(line);
		result = read_option(c, word);
	}
	return result;
}

/* --- the image ----------------------------------------------------------- */

static uint32_t get(const unsigned char *p)
{
	struct wire w = wire_open(span_from(p, 4));

	return wire_u32(&w);
}

static void set(unsigned char *p, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> 8 * i);
}

/*
 * Puts a record into the slots. Of equal keys a list keeps the negative one,
 * a map the first. False: it is not needed.
 */
static bool put_slot(struct compiler *c, unsigned char *slots,
	uint32_t nslots, uint32_t place)
{
	struct span records = buf_bytes(&c->records);
	struct list_entry entry = list_entry_at(records, place), other;
	uint32_t i = (uint32_t)((uint64_t)list_hash(entry.kind, entry.key) *
		nslots >> 32);

	for (; get(slots + 4 * (size_t)i); i = i + 1 == nslots ? 0 : i + 1) {
		other = list_entry_at(records,
			get(slots + 4 * (size_t)i) - 1);
		if (other.kind != entry.kind ||
		    !list_same(entry.kind, entry.key, other.key))
			continue;
		if (c->type & LIST_MAP || other.flags & LIST_NEGATIVE ||
		    !(entry.flags & LIST_NEGATIVE) || entry.kind >= KIND_SCAN)
			return false;
		set(slots + 4 * (size_t)i, place + 1);
		return false;
	}
	set(slots + 4 * (size_t)i, place + 1);
	return true;
}

/* Slots first hold places among the records, from 1. */
static void fill_slots(struct compiler *c, unsigned char *slots,
	uint32_t nslots)
{
	for (size_t i = 0; i < c->places.n; i += 4) {
		uint32_t place = get(c->places.p + i);

		if (!put_slot(c, slots, nslots, place))
			continue;
		c->count++;
		if (c->records.p[place] >= KIND_SCAN)
			buf_add(&c->scan, c->places.p + i, 4);
	}
}

static void write_image(struct compiler *c, struct buf *b)
{
	uint32_t nslots = (uint32_t)(c->places.n / 4 * 5 / 2 + 1), base;
	size_t start = b->n, at = start + LIST_HEADER;
	unsigned char *slots = buf_room(b, LIST_HEADER + 4 * (size_t)nslots) +
		LIST_HEADER;

	memset(slots, 0, 4 * (size_t)nslots);
	fill_slots(c, slots, nslots);
	wire_put_u32(b, LIST_MAGIC);
	wire_put_u32(b, c->type);
	wire_put_u32(b, c->count);
	wire_put_u32(b, (uint32_t)(c->scan.n / 4));
	wire_put_u32(b, nslots);
	wire_put_u32(b, c->kinds);
	buf_add(b, c->mask, LIST_MASK_BYTES);
	b->n += 4 * (size_t)nslots;
	base = (uint32_t)(b->n - start + c->scan.n);
	for (uint32_t i = 0; i < nslots; i++) {
		uint32_t place = get(b->p + at + 4 * (size_t)i);

		if (place)
			set(b->p + at + 4 * (size_t)i, base + place - 1);
	}
	for (size_t i = 0; i < c->scan.n; i += 4)
		wire_put_u32(b, base + get(c->scan.p + i));
	buf_span(b, buf_bytes(&c->records));
}

int list_compile(struct span text, const char *name, struct buf *b,
	struct err *e)
{
	struct compiler c = { .name = name, .e = e };
	struct span line;
	int result;

	/* Some editors begin a file with it; it shows nowhere. */
	if (span_starts(text, SPAN("\xef\xbb\xbf")))
		text = span_after(text, 3);
	result = read_first(&c, text);
	while (result == 0 && span_line(&text, &line)) {
		c.line++;
		result = compile_line(&c, line);
	}
	if (result == 0)
		write_image(&c, b);
	buf_free(&c.records);
	buf_free(&c.places);
	buf_free(&c.scan);
	return result;
}
