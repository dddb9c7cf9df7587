#include "mail/office_look.h"

#include <string.h>

#include "mail/ole.h"

enum {
	STREAM_MOST = 64 << 20,
	NAME_MOST = 4096,	/* of an attachment */
	OBJECT_MOST = 32 << 20,	/* unpacked, of PowerPoint */
};

static uint32_t le16(struct span s, size_t at)
{
	return s.n < 2 || at > s.n - 2 ? 0 :
		s.p[at] | (uint32_t)s.p[at + 1] << 8;
}

static uint32_t le32(struct span s, size_t at)
{
	return s.n < 4 || at > s.n - 4 ? 0 :
		le16(s, at) | le16(s, at + 2) << 16;
}

static void set_encrypted(struct file_look *l)
{
	l->flags |= FILE_ENCRYPTED;
	l->mail_flags |= MAIL_ENCRYPTED;
}

/* --- Excel: BIFF records (MS-XLS 2.4) ------------------------------------- */

static void look_record(struct file_look *l, uint32_t type, struct span r)
{
	enum { FILEPASS = 0x2f, BOUNDSHEET = 0x85, SUPBOOK = 0x1ae,
		EXTERNSHEET = 0x17, LABEL_NAME = 0x18, MACRO_SHEET = 1,
		BUILTIN = 0x20, AUTO_OPEN = 1, AUTO_CLOSE = 2 };

	if (type == FILEPASS)
		set_encrypted(l);
	if (type == BOUNDSHEET && r.n > 5 && r.p[5] == MACRO_SHEET)
		l->flags |= FILE_XL4;
	/* "application", byte 3, "topic": a conversation. */
	if ((type == SUPBOOK || type == EXTERNSHEET) && r.n > 6 &&
	    span_chr(span_after(r, 4), 3) != SIZE_MAX && r.p[4] != 1)
		l->flags |= FILE_DDE;
	if (type == LABEL_NAME && r.n > 15 && le16(r, 0) & BUILTIN &&
	    (r.p[15] == AUTO_OPEN || r.p[15] == AUTO_CLOSE))
		l->flags |= FILE_AUTOEXEC;
}

static void look_workbook(struct file_look *l, struct span s)
{
	while (s.n >= 4) {
		uint32_t type = le16(s, 0), n = le16(s, 2);

		if (type == 0 && n == 0)
			return;
		look_record(l, type, span_sub(s, 4, n));
		s = span_after(s, 4 + (size_t)n);
	}
}

/* --- Word: fields in the text (MS-DOC 2.8.25) ----------------------------- */

static void look_word(struct file_look *l, struct span s)
{
	enum { FLAGS = 10, IS_ENCRYPTED = 0x100, FIELD = 1000 };
	unsigned char narrow[FIELD];

	if (le16(s, FLAGS) & IS_ENCRYPTED)
		set_encrypted(l);
	/* 0x13 begins a field, 0x14 ends its instruction; one byte a
	   character or two. */
	for (size_t at = 0; at < s.n; at++) {
		struct span rest;
		size_t end;

		if (s.p[at] != 0x13)
			continue;
		if (!look_may_read(l))
			return;
		rest = span_sub(s, at + 1, FIELD);
		if (rest.n > 1 && rest.p[0] == 0)
			rest = look_narrow(span_after(rest, 1), narrow,
				sizeof(narrow));
		if (rest.n == 0 || rest.p[0] < ' ' || rest.p[0] > 'z')
			continue;
		end = span_chr(rest, 0x14);
		if (end == SIZE_MAX)
			end = span_chr(rest, 0x15);
		look_field(l, span_sub(rest, 0, end));
	}
}

/* --- PowerPoint: objects in packed atoms (MS-PPT 2.10.27) ----------------- */

static void look_slides(struct file_look *l, struct span s)
{
	enum { HEADER = 8, CONTAINER = 0xf, OBJECT_STORAGE = 0x1011,
		IS_PACKED = 1 };

	while (s.n >= HEADER) {
		uint32_t version = le16(s, 0), type = le16(s, 2);
		struct span atom = span_sub(s, HEADER, le32(s, 4));

		if ((version & 0xf) == CONTAINER) {
			s = span_after(s, HEADER);
			continue;
		}
		s = span_after(s, HEADER + (size_t)le32(s, 4));
		if (type != OBJECT_STORAGE)
			continue;
		l->flags |= FILE_EMBEDDED;
		if (version >> 4 == IS_PACKED) {
			struct buf b = look_inflate(l, span_after(atom, 4),
				OBJECT_MOST);

			atom = arena_span(l->arena, buf_bytes(&b));
			buf_free(&b);
		}
		if (!look_embedded(l, SPAN(""), atom))
			return;
	}
}

/* --- objects -------------------------------------------------------------- */

static struct span c_string(struct span *rest)
{
	size_t end = span_chr(*rest, 0);
	struct span s = span_sub(*rest, 0, end);

	*rest = end == SIZE_MAX ? SPAN("") : span_after(*rest, end + 1);
	return s;
}

static struct span base_name(struct span s)
{
	size_t slash = span_rchr(s, '\\');

	return slash == SIZE_MAX ? s : span_after(s, slash + 1);
}

/* MS-OLEDS 2.3.6, and what the packager writes into it. */
static void look_native(struct file_look *l, struct span s)
{
	struct span rest = span_after(s, 6), name, data;

	l->flags |= FILE_EMBEDDED;
	name = c_string(&rest);
	c_string(&rest);
	rest = span_after(rest, 4);
	rest = span_after(rest, 4 + (size_t)le32(rest, 0));
	data = span_sub(rest, 4, le32(rest, 0));
	if (le16(s, 4) != 2 || data.n == 0) {
		/* Not of the packager: all of it. */
		look_embedded(l, SPAN(""), span_after(s, 4));
		return;
	}
	look_embedded(l, base_name(name), data);
}

/* A linked object: its moniker has the target as wide text. */
static void look_ole_stream(struct file_look *l, struct span s)
{
	unsigned char out[1000];
	size_t at;
	struct span narrow;

	if (!(le32(s, 4) & 1))
		return;
	l->flags |= FILE_EXTERNAL;
	at = span_casefind(s, SPAN("h\0t\0t\0p\0"));
	if (at == SIZE_MAX)
		return;
	narrow = look_narrow(span_after(s, at), out, sizeof(out));
	look_link(l, span_sub(narrow, 0, span_chr(narrow, 0)));
}

static bool is_equation(const unsigned char *clsid)
{
	return memcmp(clsid + 4, "\0\0\0\0\xc0\0\0\0\0\0\0\x46", 12) == 0 &&
		(memcmp(clsid, "\2\xce\2\0", 4) == 0 ||
		 memcmp(clsid, "\3\xce\2\0", 4) == 0 ||
		 memcmp(clsid, "\0\x17\2\0", 4) == 0);
}

/* --- Outlook messages (MS-OXMSG 2.2) -------------------------------------- */

/* A property of the same storage, as text. */
static struct span property(struct file_look *l, struct ole *o,
	uint32_t parent, const char *wide, const char *narrow,
	unsigned char *out)
{
	const struct ole_entry *e = ole_find(o, parent, wide);

	if (e)
		return look_narrow(ole_read(o, e, NAME_MOST, l->arena), out,
			NAME_MOST);
	e = ole_find(o, parent, narrow);
	return e ? ole_read(o, e, NAME_MOST, l->arena) : SPAN("");
}

static void look_attachment(struct file_look *l, struct ole *o,
	const struct ole_entry *e)
{
	unsigned char out[NAME_MOST];
	struct span name = property(l, o, e->parent,
		"__substg1.0_3707001F", "__substg1.0_3707001E", out);

	if (name.n == 0)
		name = property(l, o, e->parent, "__substg1.0_3704001F",
			"__substg1.0_3704001E", out);
	look_embedded(l, name, ole_read(o, e, STREAM_MOST, l->arena));
}

/* --- all of it ------------------------------------------------------------ */

enum stream {
	S_WORKBOOK, S_WORD, S_SLIDES, S_USER, S_NATIVE, S_LINK, S_PACKAGE,
	S_CONTENTS, S_EQUATION, S_ENCRYPTED, S_VBA, S_ATTACHMENT, S_PAGE,
};

static const struct {
	const char *name;
	enum stream what;
} streams[] = {
	{ "Workbook", S_WORKBOOK }, { "Book", S_WORKBOOK },
	{ "WordDocument", S_WORD }, { "PowerPoint Document", S_SLIDES },
	{ "Current User", S_USER }, { "\1Ole10Native", S_NATIVE },
	{ "\1Ole10ItemName", S_LINK }, { "\1Ole", S_LINK },
	{ "Package", S_PACKAGE }, { "CONTENTS", S_CONTENTS },
	{ "Equation Native", S_EQUATION },
	{ "EncryptedPackage", S_ENCRYPTED }, { "_VBA_PROJECT", S_VBA },
	{ "__substg1.0_37010102", S_ATTACHMENT },
	{ "__substg1.0_10130102", S_PAGE },
};

static void look_stream(struct file_look *l, struct ole *o,
	const struct ole_entry *e, enum stream what)
{
	struct span s = SPAN("");

	if (what != S_ATTACHMENT && what != S_EQUATION && what != S_ENCRYPTED)
		s = ole_read(o, e, STREAM_MOST, l->arena);
	switch (what) {
	case S_WORKBOOK: look_workbook(l, s); break;
	case S_WORD: look_word(l, s); break;
	case S_SLIDES: look_slides(l, s); break;
	case S_USER:
		/* MS-PPT 2.3.2: the token of an encrypted document. */
		if (le32(s, 12) == 0xf3d1c4df)
			set_encrypted(l);
		break;
	case S_NATIVE: look_native(l, s); break;
	case S_LINK: look_ole_stream(l, s); break;
	case S_PACKAGE:
	case S_CONTENTS:
		l->flags |= FILE_EMBEDDED;
		look_embedded(l, SPAN(""), s);
		break;
	case S_EQUATION: l->flags |= FILE_EQUATION; break;
	case S_ENCRYPTED: set_encrypted(l); break;
	case S_VBA:
		l->flags |= FILE_MACRO;
		office_look_vba(l, s);
		break;
	case S_ATTACHMENT: look_attachment(l, o, e); break;
	case S_PAGE: look_embedded(l, SPAN("body.html"), s); break;
	}
}

static bool is_in_vba(const struct ole *o, const struct ole_entry *e)
{
	return e->parent < o->n && span_caseeq(
		span_of(o->entries[e->parent].name), SPAN("VBA"));
}

static void look_entry(struct file_look *l, struct ole *o,
	const struct ole_entry *e)
{
	struct span name = span_of(e->name);

	if (e->kind == OLE_STORAGE && is_equation(e->clsid))
		l->flags |= FILE_EQUATION;
	if (e->kind == OLE_STORAGE && e->child < o->n &&
	    (span_is(name, "ObjectPool") || span_starts(name, SPAN("MBD"))))
		l->flags |= FILE_EMBEDDED;
	if (e->kind != OLE_STREAM)
		return;
	for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++)
		if (span_caseeq(name, span_of(streams[i].name))) {
			look_stream(l, o, e, streams[i].what);
			return;
		}
	if (is_in_vba(o, e)) {
		l->flags |= FILE_MACRO;
		office_look_vba(l, ole_read(o, e, STREAM_MOST, l->arena));
	}
}

void office_look(struct file_look *l, struct span content)
{
	struct ole o;

	if (!ole_open(&o, content)) {
		look_broken(l);
		return;
	}
	ole_list(&o, l->arena);
	if (o.n == OLE_ENTRIES_MAX)
		look_over(l);
	for (size_t i = 0; i < o.n; i++)
		look_entry(l, &o, &o.entries[i]);
	if (o.broken)
		look_broken(l);
}

/* --- tables as text ------------------------------------------------------- */

/* "=cmd|'/c calc'!A0" at the start of a cell. */
static bool is_dde_cell(struct span cell)
{
	size_t n = 1, bar;

	if (cell.n < 4 || (cell.p[0] != '=' && cell.p[0] != '+' &&
	    cell.p[0] != '-' && cell.p[0] != '@'))
		return false;
	while (n < cell.n && n < 64 && ((span_lower(cell.p[n]) >= 'a' &&
	       span_lower(cell.p[n]) <= 'z') || cell.p[n] == '+' ||
	       cell.p[n] == '@'))
		n++;
	bar = n;
	return bar > 1 && bar < cell.n && cell.p[bar] == '|' &&
		span_chr(span_sub(cell, bar, 1000), '!') != SIZE_MAX;
}

static void look_symbolic(struct file_look *l, struct span line)
{
	/* O;E: a macro sheet. NN;NAuto_open: what runs first. */
	if (span_starts(line, SPAN("O;")) &&
	    span_find(line, SPAN(";E")) != SIZE_MAX)
		l->flags |= FILE_XL4;
	if (span_starts(line, SPAN("NN;")) &&
	    span_casefind(line, SPAN(";Nauto_open")) != SIZE_MAX)
		l->flags |= FILE_AUTOEXEC;
}

void office_look_text(struct file_look *l, struct span s)
{
	bool symbolic = span_casestarts(s, SPAN("ID;P"));
	struct span line;

	/* Nothing without this character, and most text has none. */
	if (!symbolic && span_chr(s, '|') == SIZE_MAX)
		return;
	while (span_line(&s, &line)) {
		struct span cell;

		if (symbolic)
			look_symbolic(l, line);
		else if (span_chr(line, '|') == SIZE_MAX)
			continue;
		for (size_t i = 0; i < line.n; i++) {
			if (i && line.p[i - 1] != ',' && line.p[i - 1] != ';' &&
			    line.p[i - 1] != '\t' && line.p[i - 1] != '"')
				continue;
			cell = span_after(line, i);
			if (symbolic && span_starts(cell, SPAN("E")))
				continue;
			if (is_dde_cell(cell))
				l->flags |= FILE_DDE;
		}
	}
}
