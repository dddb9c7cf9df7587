#include "mail/tnef.h"

#include <string.h>

#include "mail/charset.h"

enum {
	SIGNATURE = 0x223e9f78,
	ITEMS_FIRST = 8,
	CONTENTS_MAX = 4,
	IID_BYTES = 16,		/* in front of an object */
	GUID_BYTES = 16,
	NAMED = 0x8000,		/* properties from here on have a name */
	MANY = 0x1000,		/* of a type: several values */
};

/* Attributes (section 2.1.3.2): type and identifier. */
enum {
	ATT_BODY = 0x0002800c,
	ATT_PROPS = 0x00069003,
	ATT_CODEPAGE = 0x00069007,
	ATT_REND = 0x00069002,
	ATT_DATA = 0x0006800f,
	ATT_TITLE = 0x00018010,
	ATT_FILE_NAME = 0x00069001,
	ATT_FILE_PROPS = 0x00069005,
};

enum level { LEVEL_MESSAGE = 1, LEVEL_FILE = 2 };

/* Properties (MS-OXPROPS). */
enum {
	PROP_BODY = 0x1000,
	PROP_RTF = 0x1009,
	PROP_HTML = 0x1013,
	PROP_DISPLAY_NAME = 0x3001,
	PROP_DATA = 0x3701,
	PROP_FILE_NAME = 0x3704,
	PROP_LONG_NAME = 0x3707,
	PROP_MIME_TAG = 0x370e,
	PROP_CODEPAGE = 0x3fde,
};

/* Types of properties (MS-OXCDATA section 2.11.1). */
enum {
	TYPE_OBJECT = 0x000d,
	TYPE_LONG = 0x0003,
	TYPE_STRING8 = 0x001e,
	TYPE_UNICODE = 0x001f,
	TYPE_BINARY = 0x0102,
};

/* The file that is being read. */
struct file {
	bool open;
	struct span long_name, names[TNEF_NAMES_MAX], type;
	size_t nnames;
	struct span contents[CONTENTS_MAX];
	size_t ncontents;
};

struct reader {
	struct arena *arena;
	struct tnef *t;
	size_t max, cap;
	unsigned codepage;	/* of strings */
	unsigned html_codepage;	/* of the HTML, 0: the same */
	struct file file;
};

struct property {
	unsigned type, id;
	struct span value;	/* the first, without object identifier */
};

static uint32_t number(struct span s, size_t bytes)
{
	uint32_t v = 0;

	for (size_t i = bytes; i-- > 0;)
		v = v << 8 | (i < s.n ? s.p[i] : 0);
	return v;
}

/* Takes n bytes off the front, or all there are: then false. */
static bool take(struct span *s, size_t n, struct span *piece_r)
{
	bool enough = n <= s->n;

	*piece_r = span_sub(*s, 0, n);
	*s = span_after(*s, n);
	return enough;
}

static bool take_number(struct span *s, size_t bytes, uint32_t *value_r)
{
	struct span piece;
	bool enough = take(s, bytes, &piece);

	*value_r = number(piece, bytes);
	return enough;
}

/* Values begin at multiples of four. */
static bool take_padded(struct span *s, size_t n, struct span *piece_r)
{
	bool enough = take(s, n, piece_r);

	*s = span_after(*s, (4 - n % 4) % 4);
	return enough;
}

static struct tnef_item *add_item(struct reader *r, enum tnef_kind kind,
	struct span content)
{
	struct tnef *t = r->t;
	struct tnef_item *v;

	if (t->n == r->max) {
		t->flags |= TNEF_MORE;
		return NULL;
	}
	if (t->n == r->cap) {
		r->cap = r->cap ? r->cap * 2 : ITEMS_FIRST;
		v = arena_array(r->arena, r->cap, sizeof(*v));
		if (t->n)
			memcpy(v, t->v, t->n * sizeof(*v));
		t->v = v;
	}
	v = &t->v[t->n++];
	v->kind = kind;
	v->content = content;
	return v;
}

/* Strings end with a NUL, which is none of their characters. */
static struct span before_nul(struct span s, unsigned type)
{
	size_t width = type == TYPE_UNICODE ? 2 : 1;

	for (size_t i = 0; i + width <= s.n; i += width)
		if (number(span_after(s, i), width) == 0)
			return span_sub(s, 0, i);
	return s;
}

static struct span charset_name(struct reader *r, unsigned type)
{
	return type == TYPE_UNICODE ? SPAN("utf-16le") :
		charset_of_codepage(r->codepage, r->arena);
}

/* A string property as UTF-8. */
static struct span string_of(struct reader *r, unsigned type, struct span s)
{
	bool known;

	return charset_text(before_nul(s, type),
		charset_name(r, type), r->arena, &known);
}

/* --- files --------------------------------------------------------------- */

static void add_name(struct tnef_item *v, struct span name)
{
	if (name.n == 0 || v->nnames == TNEF_NAMES_MAX)
		return;
	for (size_t i = 0; i < v->nnames; i++)
		if (span_eq(v->names[i], name))
			return;
	v->names[v->nnames++] = name;
}

/* Gives the file that was read, once for each of its contents. */
static void end_file(struct reader *r)
{
	struct file *f = &r->file;
	size_t i = 0;

	while (f->open && (i < f->ncontents || i == 0)) {
		struct span content = i < f->ncontents ? f->contents[i] :
			SPAN("");
		struct tnef_item *v = add_item(r,
			number(content, 4) == SIGNATURE ? TNEF_MESSAGE :
			TNEF_FILE, content);

		if (v == NULL)
			break;
		v->type = f->type;
		add_name(v, f->long_name);
		for (size_t k = 0; k < f->nnames; k++)
			add_name(v, f->names[k]);
		i++;
	}
	*f = (struct file){ 0 };
}

static void file_name(struct file *f, struct span name)
{
	if (f->nnames < TNEF_NAMES_MAX)
		f->names[f->nnames++] = name;
}

static void file_content(struct file *f, struct span content)
{
	for (size_t i = 0; i < f->ncontents; i++)
		if (span_eq(f->contents[i], content))
			return;
	if (f->ncontents < CONTENTS_MAX)
		f->contents[f->ncontents++] = content;
}

static bool is_string(unsigned type)
{
	return type == TYPE_STRING8 || type == TYPE_UNICODE;
}

static void file_property(struct reader *r, const struct property *p)
{
	struct file *f = &r->file;

	if (p->id == PROP_DATA)
		file_content(f, p->value);
	else if (!is_string(p->type))
		return;
	else if (p->id == PROP_LONG_NAME)
		f->long_name = string_of(r, p->type, p->value);
	else if (p->id == PROP_FILE_NAME || p->id == PROP_DISPLAY_NAME)
		file_name(f, string_of(r, p->type, p->value));
	else if (p->id == PROP_MIME_TAG)
		f->type = string_of(r, p->type, p->value);
}

/* --- the message --------------------------------------------------------- */

static void add_text(struct reader *r, enum tnef_kind kind, unsigned type,
	struct span s)
{
	struct tnef_item *v;

	s = before_nul(s, type);
	if (s.n == 0 || (v = add_item(r, kind, s)) == NULL)
		return;
	v->charset = charset_name(r, type);
	/* Which one is known at the end. */
	if (kind == TNEF_HTML && type != TYPE_UNICODE)
		v->charset = SPAN("");
}

static void message_property(struct reader *r, const struct property *p)
{
	if (p->id == PROP_CODEPAGE && p->type == TYPE_LONG)
		r->html_codepage = number(p->value, 4);
	else if (p->id == PROP_BODY && is_string(p->type))
		add_text(r, TNEF_TEXT, p->type, p->value);
	else if (p->id == PROP_HTML &&
		 (is_string(p->type) || p->type == TYPE_BINARY))
		add_text(r, TNEF_HTML, p->type, p->value);
	else if (p->id == PROP_RTF && p->type == TYPE_BINARY && p->value.n)
		add_item(r, TNEF_RTF, p->value);
}

static void name_html(struct reader *r)
{
	struct span charset = charset_of_codepage(r->html_codepage ?
		r->html_codepage : r->codepage, r->arena);

	for (size_t i = 0; i < r->t->n; i++)
		if (r->t->v[i].kind == TNEF_HTML &&
		    r->t->v[i].charset.n == 0)
			r->t->v[i].charset = charset;
}

/* --- properties ---------------------------------------------------------- */

/* Bytes of a value of fixed size with its padding; 0: it says its own. */
static size_t fixed_size(unsigned type, bool *known_r)
{
	static const struct {
		unsigned type;
		size_t size;
	} sizes[] = {
		{ 0x0002, 4 }, { 0x0003, 4 }, { 0x0004, 4 }, { 0x0005, 8 },
		{ 0x0006, 8 }, { 0x0007, 8 }, { 0x000a, 4 }, { 0x000b, 4 },
		{ 0x0014, 8 }, { 0x0040, 8 }, { 0x0048, 16 },
		{ TYPE_OBJECT, 0 }, { TYPE_STRING8, 0 }, { TYPE_UNICODE, 0 },
		{ TYPE_BINARY, 0 },
	};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if (sizes[i].type == type) {
			*known_r = true;
			return sizes[i].size;
		}
	*known_r = false;
	return 0;
}

/* The name of a named property; nobody asks for it. */
static bool skip_name(struct span *s)
{
	struct span guid, name;
	uint32_t kind, size;

	if (!take(s, GUID_BYTES, &guid) || !take_number(s, 4, &kind) ||
	    !take_number(s, 4, &size))
		return false;
	return kind == 0 || take_padded(s, size, &name);
}

static bool take_value(struct span *s, size_t fixed, struct span *value_r)
{
	uint32_t size;

	*value_r = SPAN("");
	if (fixed)
		return take(s, fixed, value_r);
	return take_number(s, 4, &size) && take_padded(s, size, value_r);
}

/* Takes one property; false: what follows cannot be read. */
static bool take_property(struct span *s, struct property *p)
{
	uint32_t type, id, count = 1;
	struct span value;
	size_t fixed;
	bool known;

	*p = (struct property){ .value = SPAN("") };
	if (!take_number(s, 2, &type) || !take_number(s, 2, &id))
		return false;
	p->type = type & ~(uint32_t)MANY;
	p->id = id;
	fixed = fixed_size(p->type, &known);
	if (!known || (id >= NAMED && !skip_name(s)))
		return false;
	if ((fixed == 0 || type & MANY) && !take_number(s, 4, &count))
		return false;
	for (uint32_t i = 0; i < count; i++) {
		bool whole = take_value(s, fixed, &value);

		if (i == 0)
			p->value = value;
		if (!whole)
			return false;
	}
	if (p->type == TYPE_OBJECT)
		p->value = span_after(p->value, IID_BYTES);
	return true;
}

static void read_properties(struct reader *r, struct span s,
	void (*got)(struct reader *r, const struct property *p))
{
	struct property p;
	uint32_t count;
	bool good = take_number(&s, 4, &count);

	/* Even the property that was cut short has something. */
	for (uint32_t i = 0; i < count && good; i++) {
		good = take_property(&s, &p);
		got(r, &p);
	}
	if (!good)
		r->t->flags |= TNEF_BROKEN;
}

/* --- attributes ---------------------------------------------------------- */

static void message_attribute(struct reader *r, uint32_t id, struct span s)
{
	if (id == ATT_CODEPAGE && s.n >= 4)
		r->codepage = number(s, 4);
	else if (id == ATT_PROPS)
		read_properties(r, s, message_property);
	else if (id == ATT_BODY)
		add_text(r, TNEF_TEXT, TYPE_STRING8, s);
}

static void file_attribute(struct reader *r, uint32_t id, struct span s)
{
	if (id == ATT_REND)
		end_file(r);
	r->file.open = true;
	if (id == ATT_DATA)
		file_content(&r->file, s);
	else if (id == ATT_TITLE || id == ATT_FILE_NAME)
		file_name(&r->file, string_of(r, TYPE_STRING8, s));
	else if (id == ATT_FILE_PROPS)
		read_properties(r, s, file_property);
}

static uint32_t sum_of(struct span s)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < s.n; i++)
		sum += s.p[i];
	return sum & 0xffff;
}

/* One attribute off the front; false: the rest is none. */
static bool read_attribute(struct reader *r, struct span *s)
{
	uint32_t level, id, size, sum;
	struct span data;
	bool whole;

	if (!take_number(s, 1, &level) ||
	    (level != LEVEL_MESSAGE && level != LEVEL_FILE) ||
	    !take_number(s, 4, &id) || !take_number(s, 4, &size))
		return false;
	whole = take(s, size, &data) && take_number(s, 2, &sum);
	if (whole && sum != sum_of(data))
		r->t->flags |= TNEF_CHECKSUM;
	if (level == LEVEL_MESSAGE)
		message_attribute(r, id, data);
	else
		file_attribute(r, id, data);
	return whole;
}

void tnef_read(struct span s, size_t max, struct arena *a,
	struct tnef *t_r)
{
	struct reader r = { .arena = a, .t = t_r, .max = max };
	uint32_t signature, key;

	*t_r = (struct tnef){ 0 };
	if (!take_number(&s, 4, &signature) || signature != SIGNATURE ||
	    !take_number(&s, 2, &key)) {
		t_r->flags = TNEF_NONE;
		return;
	}
	while (s.n)
		if (!read_attribute(&r, &s)) {
			t_r->flags |= TNEF_BROKEN;
			break;
		}
	end_file(&r);
	name_html(&r);
}
