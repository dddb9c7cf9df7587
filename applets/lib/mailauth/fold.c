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

	buf_base64(&b, bytes);
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
