#include "mail/office_look.h"

#include "base/buf.h"

enum { FIELDS_MOST = 65536, VALUE_MOST = 8192 };

/* One tag: its name without prefix, and its attributes. */
struct tag {
	struct span name, attributes, text;	/* text: up to the next tag */
	bool closes;
};

/* The next tag; comments and declarations are passed over. */
static bool next_tag(struct span *rest, struct tag *t_r)
{
	size_t at, end, n = 0, colon;

	for (;;) {
		at = span_chr(*rest, '<');
		if (at == SIZE_MAX)
			return false;
		*rest = span_after(*rest, at + 1);
		if (!span_starts(*rest, SPAN("!--")))
			break;
		end = span_find(*rest, SPAN("-->"));
		if (end == SIZE_MAX)
			return false;
		*rest = span_after(*rest, end + 3);
	}
	end = span_chr(*rest, '>');
	if (end == SIZE_MAX)
		return false;
	t_r->attributes = span_sub(*rest, 0, end);
	t_r->closes = span_starts(t_r->attributes, SPAN("/"));
	if (t_r->closes)
		t_r->attributes = span_after(t_r->attributes, 1);
	while (n < t_r->attributes.n && t_r->attributes.p[n] > ' ' &&
	       t_r->attributes.p[n] != '/')
		n++;
	t_r->name = span_sub(t_r->attributes, 0, n);
	t_r->attributes = span_after(t_r->attributes, n);
	colon = span_chr(t_r->name, ':');
	if (colon != SIZE_MAX)
		t_r->name = span_after(t_r->name, colon + 1);
	*rest = span_after(*rest, end + 1);
	t_r->text = span_sub(*rest, 0, span_chr(*rest, '<'));
	return true;
}

/* An attribute's value by its name without prefix; empty: none. */
static struct span attribute(const struct tag *t, struct span name)
{
	struct span s = t->attributes;

	for (size_t at; (at = span_chr(s, '=')) != SIZE_MAX;) {
		struct span key = span_trim(span_sub(s, 0, at)), value;
		size_t colon = span_rchr(key, ':'), end;

		s = span_trim(span_after(s, at + 1));
		if (s.n == 0)
			break;
		end = span_chr(span_after(s, 1), s.p[0]);
		if (end == SIZE_MAX)
			break;
		value = span_sub(s, 1, end);
		s = span_after(s, end + 2);
		if (colon != SIZE_MAX)
			key = span_after(key, colon + 1);
		if (span_caseeq(key, name))
			return value;
	}
	return SPAN("");
}

/* The five entities that XML has, and characters by number below 128. */
static struct span plain(struct span s, struct file_look *l)
{
	static const struct { struct span name; char c; } entities[] = {
#define E(lit, c) { { (const unsigned char *)lit, sizeof(lit) - 1 }, c }
		E("&amp;", '&'), E("&quot;", '"'), E("&apos;", '\''),
		E("&lt;", '<'), E("&gt;", '>'), E("&#x26;", '&'),
		E("&#38;", '&'), E("&#34;", '"'), E("&#x22;", '"'),
#undef E
	};
	struct buf *b = &l->scratch;

	b->n = 0;
	s = span_sub(s, 0, VALUE_MOST);
	for (size_t i = 0, k; i < s.n; i++) {
		for (k = 0; k < sizeof(entities) / sizeof(entities[0]); k++)
			if (span_starts(span_after(s, i), entities[k].name))
				break;
		if (k < sizeof(entities) / sizeof(entities[0])) {
			buf_byte(b, (unsigned char)entities[k].c);
			i += entities[k].name.n - 1;
		} else {
			buf_byte(b, s.p[i]);
		}
	}
	return buf_bytes(b);
}

static void look_relationship(struct file_look *l, const struct tag *t)
{
	struct span kind = attribute(t, SPAN("Type"));
	struct span target = attribute(t, SPAN("Target"));

	if (!span_caseeq(attribute(t, SPAN("TargetMode")), SPAN("External")))
		return;
	/* A click is needed for a link; the others are fetched. */
	if (!span_ends(kind, SPAN("/hyperlink")))
		l->flags |= FILE_EXTERNAL;
	if (span_starts(target, SPAN("mhtml:")) ||
	    span_find(target, SPAN("!x-usc:")) != SIZE_MAX)
		l->flags |= FILE_OBFUSCATED;
	look_link(l, plain(target, l));
}

/* Tags that are facts by themselves. */
static const struct {
	const char *tag;
	unsigned flags;
} facts[] = {
	{ "ddeLink", FILE_DDE }, { "dde-connection", FILE_DDE },
	{ "dde-connection-decl", FILE_DDE }, { "dde-link", FILE_DDE },
	{ "dde-source", FILE_DDE }, { "DDELink", FILE_DDE },
	{ "oleObject", FILE_EMBEDDED }, { "OLEObject", FILE_EMBEDDED },
	{ "object-ole", FILE_EMBEDDED }, { "docOleData", FILE_EMBEDDED },
	{ "docSuppData", FILE_MACRO }, { "event-listener", FILE_AUTOEXEC },
	{ "script", FILE_SCRIPT }, { "xlmMacrosheet", FILE_XL4 },
};

/* Instructions are cut into runs; what is between begin and end is one. */
struct fields {
	struct buf text;
};

static void end_field(struct file_look *l, struct fields *f)
{
	look_field(l, plain(buf_bytes(&f->text), l));
	f->text.n = 0;
}

static void look_tag(struct file_look *l, const struct tag *t,
	struct fields *f)
{
	struct span kind;

	if (t->closes)
		return;
	if (span_is(t->name, "instrText") &&
	    f->text.n + t->text.n < FIELDS_MOST)
		buf_span(&f->text, t->text);
	if (span_is(t->name, "fldSimple"))
		look_field(l, plain(attribute(t, SPAN("instr")), l));
	if (span_is(t->name, "fldChar")) {
		kind = attribute(t, SPAN("fldCharType"));
		/* A nested one ends what was begun, which then is read. */
		end_field(l, f);
	}
	if (span_is(t->name, "definedName") &&
	    span_casefind(attribute(t, SPAN("name")), SPAN("Auto_Open")) !=
	    SIZE_MAX)
		l->flags |= FILE_AUTOEXEC;
	if (span_is(t->name, "Relationship"))
		look_relationship(l, t);
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		if (span_is(t->name, facts[i].tag))
			l->flags |= facts[i].flags;
	if (span_is(t->name, "Cell")) {
		kind = plain(attribute(t, SPAN("Formula")), l);
		if (span_chr(kind, '|') != SIZE_MAX &&
		    span_chr(kind, '!') != SIZE_MAX)
			l->flags |= FILE_DDE;
	}
}

/* MS-XLSB 2.4.256: BrtBeginSupBook says whose book it is. */
static void look_binary_link(struct file_look *l, struct span s)
{
	enum { IS_DDE = 1 };

	if (s.n > 5 && s.p[0] == 0xe8 && s.p[1] == 2) {
		size_t at = s.p[2] & 0x80 ? 4 : 3;

		if (s.p[at] == IS_DDE && s.p[at + 1] == 0)
			l->flags |= FILE_DDE;
	}
}

static void look_name(struct file_look *l, struct span name)
{
	if (span_casefind(name, SPAN("macrosheets/")) != SIZE_MAX)
		l->flags |= FILE_XL4;
	if (span_casefind(name, SPAN("/embeddings/")) != SIZE_MAX ||
	    span_starts(name, SPAN("Object ")) ||
	    span_starts(name, SPAN("ObjectReplacements/Object")))
		l->flags |= FILE_EMBEDDED;
	if ((span_starts(name, SPAN("Basic/")) ||
	     span_starts(name, SPAN("Scripts/"))) && name.n > 8)
		l->flags |= FILE_MACRO;
	if (span_ends(name, SPAN("vbaProject.bin")))
		l->flags |= FILE_MACRO;
}

void ooxml_look(struct file_look *l, struct span name, struct span s)
{
	struct fields f = { .text = { .arena = l->arena } };
	struct tag t;

	look_name(l, name);
	if (span_casefind(name, SPAN("externalLink")) != SIZE_MAX &&
	    span_ends(name, SPAN(".bin")))
		look_binary_link(l, s);
	if (s.n == 0 || (s.p[0] != '<' && s.p[0] != 0xef && s.p[0] > ' '))
		return;
	/* Entities of its own are a fact, and never expanded (B52). */
	if (span_casefind(span_sub(s, 0, FIELDS_MOST), SPAN("<!ENTITY")) !=
	    SIZE_MAX)
		l->flags |= FILE_ENTITY;
	while (next_tag(&s, &t))
		look_tag(l, &t, &f);
	end_field(l, &f);
}
