#include "net/ldap_stream.h"

enum { HEAD = 6, BYTES_MAX = 4096 };

void ldap_stream_put(struct buf *b, char kind, unsigned attribute,
	struct span bytes)
{
	bytes = span_sub(bytes, 0, BYTES_MAX);
	buf_byte(b, (unsigned char)kind);
	buf_byte(b, (unsigned char)attribute);
	for (unsigned i = 0; i < 4; i++)
		buf_byte(b, (unsigned char)(bytes.n >> 8 * i));
	buf_span(b, bytes);
}

static int broken(const char *how, struct err *e)
{
	return err_set(e, ERR_TEMPORARY, "the process that asks the directory "
		"%s", how);
}

/* What somebody else wrote becomes one line. */
static int carried(unsigned attribute, struct span text, struct err *e)
{
	unsigned char line[ERR_TEXT_MAX - 1];

	text = span_sub(text, 0, sizeof(line));
	for (size_t i = 0; i < text.n; i++)
		line[i] = text.p[i] < ' ' || text.p[i] == 0x7f ? ' ' :
			text.p[i];
	return err_set(e, attribute == 1 ? ERR_PERMANENT : ERR_TEMPORARY,
		"%.*s", (int)text.n, (const char *)line);
}

int ldap_stream_read(struct span stream, unsigned nattributes,
	const struct ldap_sink *sink, struct err *e)
{
	bool entry = false;

	while (stream.n >= HEAD) {
		unsigned char kind = stream.p[0], attribute = stream.p[1];
		size_t n = stream.p[2] | (size_t)stream.p[3] << 8 |
			(size_t)stream.p[4] << 16 | (size_t)stream.p[5] << 24;
		struct span bytes = span_sub(stream, HEAD, n);

		if (n > BYTES_MAX || bytes.n != n)
			break;
		stream = span_after(stream, HEAD + n);
		if (kind == 'E' && n == 0 && stream.n == 0)
			return 0;
		if (kind == 'X')
			return carried(attribute, bytes, e);
		if (kind == 'N' && n == 0) {
			entry = true;
			sink->next(sink->context);
		} else if (kind == 'V' && entry && attribute < nattributes) {
			sink->value(attribute, bytes, sink->context);
		} else {
			return broken("says what it should not", e);
		}
	}
	return broken("broke off", e);
}
