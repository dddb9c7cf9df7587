#include "mail/ole.h"

#include <string.h>

enum {
	HEADER = 512, DIFAT_AT = 76, DIFAT_N = 109,
	ENTRY = 128,
};
#define LAST_SECTOR 0xfffffffau	/* above it: end, free, tables */
#define NOBODY 0xffffffffu

static uint32_t le16(const unsigned char *p)
{
	return p[0] | (uint32_t)p[1] << 8;
}

static uint32_t le32(const unsigned char *p)
{
	return le16(p) | le16(p + 2) << 16;
}

/* The bytes of a sector; fewer at the end of a cut file. */
static struct span sector(const struct ole *o, uint32_t i)
{
	uint64_t at = ((uint64_t)i + 1) << o->shift;

	return at > o->file.n ? SPAN("") :
		span_sub(o->file, (size_t)at, (size_t)1 << o->shift);
}

bool ole_open(struct ole *o, struct span file)
{
	*o = (struct ole){ .file = file, .at_index = NOBODY,
		.difat_index = NOBODY };
	if (file.n < HEADER ||
	    !span_starts(file, SPAN("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")))
		return false;
	o->shift = le16(file.p + 30);
	o->mini_shift = le16(file.p + 32);
	if (o->shift < 7 || o->shift > 16 || o->mini_shift < 3 ||
	    o->mini_shift > o->shift)
		return false;
	o->sectors = (uint32_t)(file.n >> o->shift);
	o->directory = le32(file.p + 48);
	o->mini_cutoff = le32(file.p + 56);
	o->mini_fat = le32(file.p + 60);
	return true;
}

/* Which sector holds the i-th piece of the FAT. */
static uint32_t fat_sector(struct ole *o, uint32_t i)
{
	uint32_t per = (1u << o->shift) / 4 - 1, want;
	struct span s;

	if (i < DIFAT_N)
		return le32(o->file.p + DIFAT_AT + 4 * i);
	want = (i - DIFAT_N) / per;
	if (o->difat_index == NOBODY || o->difat_index > want) {
		o->difat_index = 0;
		o->difat_sector = le32(o->file.p + 68);
	}
	/* At most as many steps as the file has sectors: no cycle turns. */
	for (; o->difat_index < want && want < o->sectors; o->difat_index++) {
		s = sector(o, o->difat_sector);
		if (s.n < 4 * (per + 1))
			return NOBODY;
		o->difat_sector = le32(s.p + 4 * per);
	}
	s = sector(o, o->difat_sector);
	return want >= o->sectors || s.n < 4 * (per + 1) ? NOBODY :
		le32(s.p + 4 * ((i - DIFAT_N) % per));
}

static uint32_t next_sector(struct ole *o, uint32_t i)
{
	uint32_t per = (1u << o->shift) / 4;
	uint32_t at = fat_sector(o, i / per);
	struct span s = at > LAST_SECTOR ? SPAN("") : sector(o, at);

	if (s.n < 4 * (i % per) + 4) {
		o->broken = true;
		return NOBODY;
	}
	return le32(s.p + 4 * (i % per));
}

static void entry_name(const unsigned char *p, struct ole_entry *e)
{
	size_t n = le16(p + 64) / 2;

	for (size_t i = 0; i + 1 < n && i < OLE_NAME_MAX - 1; i++) {
		uint32_t c = le16(p + 2 * i);

		if (c == 0)
			break;
		e->name[i] = c < 127 && (c >= 32 || i == 0) ? (char)c : '?';
	}
}

bool ole_entry(struct ole *o, uint32_t i, struct ole_entry *e_r)
{
	uint32_t per = (1u << o->shift) / ENTRY, want = i / per;
	struct span s;

	if (o->at_index == NOBODY || o->at_index > want) {
		o->at_index = 0;
		o->at_sector = o->directory;
	}
	for (; o->at_index < want; o->at_index++) {
		if (o->at_index > o->sectors || o->at_sector > LAST_SECTOR)
			return false;
		o->at_sector = next_sector(o, o->at_sector);
	}
	s = o->at_sector > LAST_SECTOR ? SPAN("") : sector(o, o->at_sector);
	s = span_sub(s, (size_t)(i % per) * ENTRY, ENTRY);
	if (s.n < ENTRY || want > o->sectors)
		return false;
	*e_r = (struct ole_entry){ .kind = s.p[66], .left = le32(s.p + 68),
		.right = le32(s.p + 72), .child = le32(s.p + 76),
		.parent = NOBODY, .clsid = s.p + 80, .start = le32(s.p + 116),
		.size = le32(s.p + 120) };
	entry_name(s.p, e_r);
	return true;
}

/* Who is whose child: each entry gets one parent, the first that came. */
static void set_parents(struct ole *o, struct arena *a)
{
	uint32_t *stack = arena_array(a, o->n + 1, sizeof(*stack));
	size_t depth = 0;

	if (o->n == 0 || o->entries[0].child >= o->n)
		return;
	stack[depth++] = o->entries[0].child;
	o->entries[0].parent = 0;
	o->entries[o->entries[0].child].parent = 0;
	while (depth) {
		uint32_t i = stack[--depth];
		struct ole_entry *e = &o->entries[i];
		uint32_t to[] = { e->left, e->right, e->child };

		for (int k = 0; k < 3; k++) {
			if (to[k] >= o->n)
				continue;
			if (o->entries[to[k]].parent != NOBODY) {
				o->broken = true;
				continue;
			}
			o->entries[to[k]].parent = k == 2 ? i : e->parent;
			stack[depth++] = to[k];
		}
	}
}

void ole_list(struct ole *o, struct arena *a)
{
	struct ole_entry e;
	uint32_t n = 0;

	while (n < OLE_ENTRIES_MAX && ole_entry(o, n, &e))
		n++;
	o->broken |= n == 0 || n > o->sectors * ((1u << o->shift) / ENTRY);
	o->entries = arena_array(a, n + 1, sizeof(*o->entries));
	for (o->n = 0; o->n < n && ole_entry(o, (uint32_t)o->n, &e); o->n++)
		o->entries[o->n] = e;
	set_parents(o, a);
}

/* A chain of whole sectors, cut to n. */
static struct span read_chain(struct ole *o, uint32_t at, size_t n,
	struct arena *a)
{
	unsigned char *out;
	size_t have = 0;

	if (n > o->file.n)
		n = o->file.n;
	if (n > o->file.n * OLE_READ_FACTOR - o->read)
		n = o->file.n * OLE_READ_FACTOR - o->read;
	out = arena_alloc(a, n + 1);
	while (have < n && at <= LAST_SECTOR) {
		struct span s = span_sub(sector(o, at), 0, n - have);

		if (s.n == 0)
			break;
		memcpy(out + have, s.p, s.n);
		have += s.n;
		at = next_sector(o, at);
	}
	o->read += have;
	return span_from(out, have);
}

static struct span read_mini(struct ole *o, uint32_t at, size_t n,
	struct arena *a)
{
	size_t size = (size_t)1 << o->mini_shift, have = 0;
	unsigned char *out;
	struct ole_entry root;

	if (!o->mini_known && ole_entry(o, 0, &root)) {
		o->mini = read_chain(o, root.start, root.size, a);
		/* A mini sector has four bytes in its table. */
		o->mini_table = read_chain(o, o->mini_fat,
			(o->mini.n / size + 1) * 4 + (1u << o->shift), a);
	}
	o->mini_known = true;
	if (n > o->mini.n)
		n = o->mini.n;
	out = arena_alloc(a, n + 1);
	while (have < n && at < o->mini_table.n / 4) {
		struct span s = span_sub(span_after(o->mini, at * size), 0,
			n - have < size ? n - have : size);

		if (s.n == 0)
			break;
		memcpy(out + have, s.p, s.n);
		have += s.n;
		at = le32(o->mini_table.p + 4 * (size_t)at);
	}
	return span_from(out, have);
}

struct span ole_read(struct ole *o, const struct ole_entry *e, size_t most,
	struct arena *a)
{
	size_t n = e->size < most ? (size_t)e->size : most;
	struct span s;

	if (e->kind != OLE_STREAM || n == 0)
		return SPAN("");
	/* Of small streams, too, all together are bounded. */
	if (e->size < o->mini_cutoff) {
		if (o->read > o->file.n * OLE_READ_FACTOR - n) {
			o->broken = true;
			return SPAN("");
		}
		s = read_mini(o, e->start, n, a);
		o->read += s.n < o->file.n * OLE_READ_FACTOR - o->read ? s.n :
			o->file.n * OLE_READ_FACTOR - o->read;
	} else {
		s = read_chain(o, e->start, n, a);
	}
	o->broken |= s.n < n;
	return s;
}

const struct ole_entry *ole_find(const struct ole *o, uint32_t parent,
	const char *name)
{
	for (size_t i = 1; i < o->n; i++)
		if (o->entries[i].parent == parent && span_caseeq(
			span_of(o->entries[i].name), span_of(name)))
			return &o->entries[i];
	return NULL;
}
