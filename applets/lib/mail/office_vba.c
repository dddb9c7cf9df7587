#include "mail/office_look.h"

#include "base/buf.h"

enum {
	CHUNK = 4096,
	SOURCE_MOST = 1 << 20,	/* of one module */
};

/* Procedures that Office calls by itself. */
static const char *const autoexec[] = {
	"autoexec", "autoopen", "autonew", "autoclose", "autoexit",
	"auto_open", "auto_close", "auto_exec", "auto_exit",
	"document_open", "document_new", "document_close", "documentopen",
	"document_beforeclose", "document_contentcontrolonenter",
	"workbook_open", "workbook_activate", "workbook_close",
	"workbook_beforeclose", "worksheet_activate", "worksheet_calculate",
	"autoexecnew", "newdocument", "onload", "document_xmlafterinsert",
};

static bool is_name(unsigned char c)
{
	return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
}

static bool is_autoexec(struct span word)
{
	for (size_t i = 0; i < sizeof(autoexec) / sizeof(autoexec[0]); i++)
		if (span_caseeq(word, span_of(autoexec[i])))
			return true;
	return false;
}

static bool has_autoexec(struct span s)
{
	for (size_t i = 0, n; i < s.n; i += n + 1) {
		for (n = 0; i + n < s.n && is_name(span_lower(s.p[i + n]));
		     n++)
			;
		if (n > 5 && is_autoexec(span_sub(s, i, n)))
			return true;
	}
	return false;
}

/* A copy token (MS-OVBA 2.4.1.3.19); false: it points before the chunk. */
static bool copy(struct buf *out, size_t start, uint32_t token)
{
	size_t have = out->n - start, bits = 4, length, offset;

	while (((size_t)1 << bits) < have)
		bits++;
	length = (token & (0xffffu >> bits)) + 3;
	offset = (token >> (16 - bits)) + 1;
	if (offset > have)
		return false;
	for (size_t i = 0; i < length; i++)
		buf_byte(out, out->p[out->n - offset]);
	return true;
}

/* One chunk of at most 4096 bytes; false: broken. */
static bool unpack_chunk(struct span s, struct buf *out)
{
	size_t start = out->n, i = 0;

	while (i < s.n && out->n - start < CHUNK) {
		unsigned flags = s.p[i++];

		for (int bit = 0; bit < 8 && i < s.n; bit++) {
			if (!(flags & 1u << bit)) {
				buf_byte(out, s.p[i++]);
				continue;
			}
			if (i + 2 > s.n || !copy(out, start, s.p[i] |
			    (uint32_t)s.p[i + 1] << 8))
				return false;
			i += 2;
		}
	}
	return true;
}

/* A compressed container; what is broken ends it. */
static struct span unpack(struct span s, size_t most, struct arena *a)
{
	struct buf out = { .arena = a };

	s = span_after(s, 1);
	while (s.n > 2 && out.n < most) {
		size_t size = ((s.p[0] | (size_t)s.p[1] << 8) & 0xfff) + 1;
		struct span chunk = span_sub(s, 2, size);

		if ((s.p[1] & 0x70) != 0x30)
			break;
		if (!(s.p[1] & 0x80))
			buf_span(&out, chunk);
		else if (!unpack_chunk(chunk, &out))
			break;
		s = span_after(s, 2 + size);
	}
	return buf_bytes(&out);
}

void office_look_vba(struct file_look *l, struct span stream)
{
	/* Every module's source begins with this word, cut by a flag byte. */
	size_t at = span_find(stream, SPAN("\0Attribut"));
	size_t room;

	/* Compiled code may stand without its source. */
	if (has_autoexec(stream))
		l->flags |= FILE_AUTOEXEC;
	if (at == SIZE_MAX || at < 3)
		return;
	room = look_room(l, SOURCE_MOST);
	if (room) {
		struct span source = unpack(span_after(stream, at - 3), room,
			l->arena);

		l->budget->bytes += source.n;
		if (has_autoexec(source))
			l->flags |= FILE_AUTOEXEC;
	}
}
