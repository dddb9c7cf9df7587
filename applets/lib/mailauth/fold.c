#include "mailauth/fold.h"

static void new_line(struct fold *f)
{
	buf_string(f->b, "\r\n\t");
	/* A tab may be shown eight wide; counted it is one (RFC 5322). */
	f->column = 1;
}

void fold_piece(struct fold *f, struct span piece)
{
	if (f->column > 1 && f->column + piece.n > FOLD_COLUMNS) {
		new_line(f);
		if (piece.n && piece.p[0] == ' ')
			piece = span_after(piece, 1);
	}
	buf_span(f->b, piece);
	f->column += piece.n;
}

void fold_tag(struct fold *f, const char *name, struct span value)
{
	struct buf b = { 0 };

	buf_printf(&b, " %s=", name);
	buf_span(&b, value);
	buf_byte(&b, ';');
	fold_piece(f, buf_bytes(&b));
	buf_free(&b);
}

void fold_names(struct fold *f, struct span names)
{
	const char *before = " h=";
	struct buf b = { 0 };
	struct span name;

	while (span_cut(&names, ':', &name)) {
		b.n = 0;
		buf_string(&b, before);
		buf_span(&b, name);
		fold_piece(f, buf_bytes(&b));
		before = ":";
	}
	buf_free(&b);
	fold_piece(f, SPAN(";"));
}

void fold_base64(struct fold *f, struct span bytes)
{
	struct buf b = { 0 };
	struct span rest;

	base64_put(&b, bytes);
	rest = buf_bytes(&b);
	while (rest.n) {
		size_t room = f->column < FOLD_COLUMNS ?
			FOLD_COLUMNS - f->column : 0;

		if (room == 0) {
			new_line(f);
			continue;
		}
		buf_span(f->b, span_sub(rest, 0, room));
		f->column += rest.n < room ? rest.n : room;
		rest = span_after(rest, room);
	}
	buf_free(&b);
}

void base64_put(struct buf *b, struct span s)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789+/";

	for (size_t i = 0; i < s.n; i += 3) {
		size_t left = s.n - i;
		uint32_t bits = (uint32_t)s.p[i] << 16;

		if (left > 1)
			bits |= (uint32_t)s.p[i + 1] << 8;
		if (left > 2)
			bits |= s.p[i + 2];
		buf_byte(b, (unsigned char)digits[bits >> 18]);
		buf_byte(b, (unsigned char)digits[bits >> 12 & 63]);
		buf_byte(b, left > 1 ? (unsigned char)digits[bits >> 6 & 63] :
				       '=');
		buf_byte(b, left > 2 ? (unsigned char)digits[bits & 63] : '=');
	}
}
