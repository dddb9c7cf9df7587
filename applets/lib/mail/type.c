#include "mail/type.h"

#include <stdlib.h>
#include <string.h>

#include "mail/archive_zip.h"
#include "mail/type_look.h"

enum {
	PDF_WITHIN = 1024,	/* Acrobat looks for %PDF- that far */
	STUB_MOST = 4 << 20,	/* of a self-extracting archive */
};

static const struct {
	const char *word;
	enum type_family family;
	const char *extensions;
} types[TYPE_N] = {
	{ "", FAMILY_UNKNOWN, "" },
#define TYPE(id, word, family, extensions) \
	{ word, FAMILY_##family, extensions },
#include "mail/type.def"
#undef TYPE
};

struct span type_word(enum type_id t)
{
	return span_of(types[t].word);
}

enum type_family type_family(enum type_id t)
{
	return types[t].family;
}

static bool is_within(enum type_id t, enum type_id from, enum type_id to)
{
	return t >= from && t <= to;
}

bool type_is_ooxml(enum type_id t)
{
	return is_within(t, TYPE_DOCX, TYPE_OOXML);
}

bool type_is_zip(enum type_id t)
{
	return is_within(t, TYPE_ZIP, TYPE_XPI) ||
	       is_within(t, TYPE_DOCX, TYPE_EPUB);
}

bool type_is_ole(enum type_id t)
{
	return t == TYPE_MSI || t == TYPE_MSG || t == TYPE_HWP ||
	       t == TYPE_ENCRYPTED_OOXML || is_within(t, TYPE_OLE2, TYPE_PUB);
}

enum type_id type_of(struct span content)
{
	enum type_id t = type_look_signature(content);
	struct zip z;

	if (t == TYPE_ZIP)
		return type_look_zip(content);
	if (t == TYPE_OLE2)
		return type_look_ole(content);
	if (t == TYPE_UNKNOWN)
		t = type_look_text(content);
	/* Nothing at the front: what other programs find further back. */
	if (t == TYPE_UNKNOWN && span_find(span_sub(content, 0, PDF_WITHIN),
		SPAN("%PDF-")) != SIZE_MAX)
		return TYPE_PDF;
	return t == TYPE_UNKNOWN && zip_find(content, content.n, &z) ?
		type_look_zip(span_sub(content, z.base, z.end - z.base)) : t;
}

/* --- several at once ------------------------------------------------------ */

struct found {
	struct type_found *out;
	size_t n, max;
};

static void add(struct found *f, enum type_id t, size_t at)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->out[i].at == at)
			return;
	if (f->n < f->max)
		f->out[f->n++] = (struct type_found){ t, at };
}

/* Every ZIP whose directory is where its end says, the last one first. */
static void add_zips(struct found *f, struct span s, enum type_id first)
{
	size_t end = s.n;
	struct zip z;

	while (f->n < f->max && zip_find(s, end, &z)) {
		enum type_id t = type_look_zip(span_sub(s, z.base,
			z.end - z.base));

		if (z.base || !type_is_zip(first))
			add(f, t, z.base);
		/* What lies inside a member of this one is its own affair. */
		end = z.base;
	}
}

/* A signature behind the program that unpacks it. */
static void add_behind(struct found *f, struct span s, struct span signature,
	enum type_id t)
{
	size_t at = span_find(span_sub(span_after(s, 1), 0, STUB_MOST),
		signature);

	if (at != SIZE_MAX)
		add(f, t, at + 1);
}

static bool holds_own_files(enum type_id t)
{
	return type_family(t) == FAMILY_ARCHIVE || type_is_zip(t) ||
	       type_is_ole(t);
}

/* A stored PDF in a small archive is one of its files, not a second type. */
static bool is_member(struct span content, enum type_id t, size_t at)
{
	struct zip z;

	if (type_is_zip(t) && zip_find(content, content.n, &z))
		return at >= z.base && at < z.end;
	return holds_own_files(t);
}

size_t types_of(struct span content, struct type_found *out, size_t max)
{
	struct found f = { .out = out, .max = max };
	enum type_id t = type_of(content);
	size_t at;

	if (t != TYPE_UNKNOWN)
		add(&f, t, 0);
	at = span_find(span_sub(content, 0, PDF_WITHIN), SPAN("%PDF-"));
	if (at != SIZE_MAX && at != 0 && !is_member(content, t, at))
		add(&f, TYPE_PDF, at);
	if (type_family(t) == FAMILY_PROGRAM && !type_is_ole(t)) {
		add_behind(&f, content, SPAN("Rar!\x1a\7\0"), TYPE_RAR);
		add_behind(&f, content, SPAN("Rar!\x1a\7\1\0"), TYPE_RAR5);
		add_behind(&f, content, SPAN("7z\xbc\xaf\x27\x1c\0"), TYPE_7Z);
		add_behind(&f, content, SPAN("MSCF\0\0\0\0"), TYPE_CAB);
	}
	/* A ZIP in a tar or in a document is one of its files. */
	if (type_is_zip(t) || !holds_own_files(t))
		add_zips(&f, content, t);
	return f.n;
}

/* --- names ---------------------------------------------------------------- */

static struct span extension(struct span name)
{
	size_t dot;

	while (name.n && (name.p[name.n - 1] == '.' ||
	       name.p[name.n - 1] == ' '))
		name.n--;
	dot = span_rchr(name, '.');
	return dot == SIZE_MAX ? SPAN("") : span_after(name, dot + 1);
}

static bool has_word(struct span words, struct span word)
{
	struct span w;

	while (span_cut(&words, ' ', &w))
		if (span_caseeq(w, word))
			return true;
	return false;
}

bool type_fits_name(enum type_id t, struct span name)
{
	struct span e = extension(name);

	return e.n && has_word(span_of(types[t].extensions), e);
}

enum type_id type_of_name(struct span name)
{
	struct span e = extension(name);

	if (e.n)
		for (int t = TYPE_UNKNOWN + 1; t < TYPE_N; t++)
			if (has_word(span_of(types[t].extensions), e))
				return (enum type_id)t;
	return TYPE_UNKNOWN;
}
