#include "web/http_decode.h"

#include "base/utf8.h"

static int hex(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = span_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * Decodes %XX, and '+' to a space when `plus`. False: an escape that is
 * none, a NUL, or not UTF-8.
 */
static bool unescape(struct span raw, bool plus, struct arena *a,
	struct span *out_r)
{
	unsigned char *out = arena_alloc(a, raw.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < raw.n; i++) {
		unsigned char c = raw.p[i];

		if (c == '%') {
			if (raw.n - i < 3 || hex(raw.p[i + 1]) < 0 ||
			    hex(raw.p[i + 2]) < 0)
				return false;
			c = (unsigned char)(hex(raw.p[i + 1]) * 16 +
				hex(raw.p[i + 2]));
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		if (c == 0)
			return false;
		out[n++] = c;
	}
	*out_r = span_from(out, n);
	return utf8_valid(*out_r);
}

static bool has_control(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] == 0x7f)
			return true;
	return false;
}

/* Segments that lead nowhere else; the last one may be empty. */
static bool good_segments(struct span path)
{
	struct span rest = span_after(path, 1), piece;

	while (span_cut(&rest, '/', &piece))
		if (piece.n == 0 || span_is(piece, ".") ||
		    span_is(piece, ".."))
			return false;
	return true;
}

bool http_decode_path(struct span raw, struct arena *a, struct span *path_r)
{
	static const char *const escaped[] = { "%2f", "%2e", "%5c" };

	if (raw.n == 0 || raw.p[0] != '/' || raw.n > HTTP_PATH_MAX)
		return false;
	for (size_t i = 0; i < sizeof(escaped) / sizeof(*escaped); i++)
		if (span_casefind(raw, span_of(escaped[i])) != SIZE_MAX)
			return false;
	return unescape(raw, false, a, path_r) && !has_control(*path_r) &&
		span_chr(*path_r, ';') == SIZE_MAX &&
		span_chr(*path_r, '\\') == SIZE_MAX && good_segments(*path_r);
}

static bool decode_pair(struct span piece, struct arena *a,
	struct web_pair *pair)
{
	size_t eq = span_chr(piece, '=');
	struct span value = { 0 };

	if (eq != SIZE_MAX)
		value = span_after(piece, eq + 1);
	return unescape(span_sub(piece, 0, eq), true, a, &pair->name) &&
		pair->name.n > 0 && !has_control(pair->name) &&
		unescape(value, true, a, &pair->value);
}

bool http_decode_form(struct span raw, struct arena *a,
	struct web_pair **pairs_r, size_t *n_r)
{
	struct span rest = raw, piece;
	size_t most = 0, n = 0;

	while (span_cut(&rest, '&', &piece))
		most += piece.n > 0;
	if (most > HTTP_FIELDS_MAX)
		return false;
	*pairs_r = arena_array(a, most + 1, sizeof(**pairs_r));
	for (rest = raw; span_cut(&rest, '&', &piece); )
		if (piece.n > 0 && !decode_pair(piece, a, *pairs_r + n++))
			return false;
	*n_r = n;
	return true;
}
