#include "store/report.h"

#include <stdio.h>

#include "base/json.h"
#include "base/utf8.h"

enum { NAME_WIDTH = 48, BARS = 25, BAR_HEIGHT = 22, LEFT = 260, PLOT = 420,
	RIGHT = 120, TOP = 56 };

/* 1234567 as "1.2 MB". */
static void put_bytes(struct buf *b, int64_t bytes)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
	double x = (double)bytes;
	size_t u = 0;

	while (x >= 1000 && u < 4) {
		x /= 1000;
		u++;
	}
	buf_printf(b, u && x < 10 ? "%.1f %s" : "%.0f %s", x, units[u]);
}

/* As people see it: nothing that moves the cursor; cut to so many bytes. */
static void put_shown(struct buf *b, struct span s, size_t most)
{
	size_t n = s.n;

	if (n > most)
		for (n = most; n > 0 && (s.p[n] & 0xc0) == 0x80; n--)
			;
	for (size_t i = 0; i < n; i++)
		buf_byte(b, s.p[i] < ' ' || s.p[i] == 0x7f ? '?' : s.p[i]);
	if (n < s.n)
		buf_string(b, "…");
}

static size_t shown_width(struct span s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += (s.p[i] & 0xc0) != 0x80;
	return n;
}

void report_table(const struct report *r, const struct report_ask *ask,
	const struct report_rows *rows, struct buf *b)
{
	buf_printf(b, "%s, %s to %s%s%.*s (%s)\n", r->title, ask->since,
		ask->until, ask->host.n ? ", at " : "", SPAN_FMT(ask->host),
		r->about);
	if (rows->n == 0) {
		buf_string(b, "nothing\n");
		return;
	}
	buf_printf(b, "%-*s  %12s  %9s\n", NAME_WIDTH, r->what, r->unit,
		"size");
	for (size_t i = 0; i < rows->n; i++) {
		struct buf name = { 0 };
		size_t width;

		put_shown(&name, rows->v[i].name, NAME_WIDTH - 1);
		width = shown_width(buf_bytes(&name));
		buf_span(b, buf_bytes(&name));
		buf_printf(b, "%*s%s%12lld  ", width < NAME_WIDTH ?
			(int)(NAME_WIDTH - width) : 0, "",
			rows->estimated ? "≈ " : "  ",
			(long long)rows->v[i].n);
		put_bytes(b, rows->v[i].bytes);
		buf_byte(b, '\n');
		buf_free(&name);
	}
}

/* RFC 4180; what a spreadsheet would take for a formula is a text. */
static void put_cell(struct buf *b, struct span s)
{
	bool formula = s.n && span_chr(SPAN("=+-@\t\r"), s.p[0]) != SIZE_MAX;

	buf_byte(b, '"');
	if (formula)
		buf_byte(b, '\'');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			buf_byte(b, '"');
		buf_byte(b, s.p[i] < ' ' ? ' ' : s.p[i]);
	}
	buf_byte(b, '"');
}

void report_csv(const struct report *r, const struct report_rows *rows,
	struct buf *b)
{
	buf_printf(b, "\"%s\",\"%s\",\"bytes\"\r\n", r->what, r->unit);
	for (size_t i = 0; i < rows->n; i++) {
		put_cell(b, rows->v[i].name);
		buf_printf(b, ",%lld,%lld\r\n", (long long)rows->v[i].n,
			(long long)rows->v[i].bytes);
	}
}

void report_json(const struct report *r, const struct report_ask *ask,
	const struct report_rows *rows, struct buf *b)
{
	struct json *o = json_new_object(), *list = json_new_array();

	json_put(o, "report", json_new_text(span_of(r->name)));
	json_put(o, "since", json_new_text(span_of(ask->since)));
	json_put(o, "until", json_new_text(span_of(ask->until)));
	if (ask->host.n)
		json_put(o, "host", json_new_text(ask->host));
	if (rows->estimated)
		json_put(o, "estimated", json_new_bool(true));
	for (size_t i = 0; i < rows->n; i++) {
		struct json *row = json_new_object();

		json_put(row, "name", json_new_text(rows->v[i].name));
		json_put(row, "n", json_new_int(rows->v[i].n));
		json_put(row, "bytes", json_new_int(rows->v[i].bytes));
		json_append(list, row);
	}
	json_put(o, "rows", list);
	json_write(o, b);
	buf_byte(b, '\n');
	json_free(&o);
}

/* --- the picture ---------------------------------------------------------- */

static void put_escaped(struct buf *b, struct span s, size_t most)
{
	struct buf shown = { 0 };

	put_shown(&shown, s, most);
	for (size_t i = 0; i < shown.n; i++) {
		unsigned char c = shown.p[i];

		if (c == '<')
			buf_string(b, "&lt;");
		else if (c == '&')
			buf_string(b, "&amp;");
		else if (c == '"')
			buf_string(b, "&quot;");
		else
			buf_byte(b, c);
	}
	buf_free(&shown);
}

static void put_html_row(struct buf *b, const struct report_row *row,
	bool estimated)
{
	static const char right[] = "text-align:right;padding:2px 12px";

	buf_string(b, "<tr><td style=\"padding:2px 12px 2px 0\">");
	put_escaped(b, row->name, 200);
	buf_printf(b, "</td><td style=\"%s\">%s%lld</td><td style=\"%s\">",
		right, estimated ? "≈ " : "", (long long)row->n, right);
	put_bytes(b, row->bytes);
	buf_string(b, "</td></tr>\n");
}

/* Mail programs know no style sheets: what little there is stands inline. */
void report_html(const struct report *r, const struct report_ask *ask,
	const struct report_rows *rows, const char *cid, struct buf *b)
{
	buf_printf(b, "<h2 style=\"font-size:18px\">%s</h2>\n<p "
		"style=\"color:#5a6875\">%s to %s; %s</p>\n", r->title,
		ask->since, ask->until, r->about);
	if (rows->n == 0) {
		buf_string(b, "<p>nothing</p>\n");
		return;
	}
	if (cid)
		buf_printf(b, "<p><img src=\"cid:%s\" alt=\"Bars of the table "
			"below\"></p>\n", cid);
	buf_printf(b, "<table style=\"border-collapse:collapse\"><tr>"
		"<th style=\"text-align:left\">%s</th><th>%s</th>"
		"<th>size</th></tr>\n", r->what, r->unit);
	for (size_t i = 0; i < rows->n; i++)
		put_html_row(b, &rows->v[i], rows->estimated);
	buf_string(b, "</table>\n");
}

static void put_bar(struct buf *b, const struct report_row *row, size_t i,
	int64_t most, bool estimated)
{
	size_t y = TOP + i * BAR_HEIGHT;
	double width = most > 0 ? (double)row->n / (double)most * PLOT : 0;

	buf_printf(b, "<text x=\"%d\" y=\"%zu\" text-anchor=\"end\">",
		LEFT - 8, y + 15);
	put_escaped(b, row->name, 36);
	buf_printf(b, "</text><rect x=\"%d\" y=\"%zu\" width=\"%.1f\" "
		"height=\"%d\" fill=\"#2f6fab\"/><text x=\"%.1f\" y=\"%zu\">"
		"%s%lld</text>\n", LEFT, y + 3, width, BAR_HEIGHT - 6,
		LEFT + width + 6, y + 15, estimated ? "≈ " : "",
		(long long)row->n);
}

void report_svg(const struct report *r, const struct report_ask *ask,
	const struct report_rows *rows, struct buf *b)
{
	/* Of days the last ones, of all else the first. */
	size_t n = rows->n < BARS ? rows->n : BARS;
	size_t from = r->over_time ? rows->n - n : 0;
	size_t height = TOP + (n ? n : 1) * BAR_HEIGHT + 12;
	int64_t most = 0;

	for (size_t i = 0; i < n; i++)
		if (rows->v[from + i].n > most)
			most = rows->v[from + i].n;
	buf_printf(b, "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
		"viewBox=\"0 0 %d %zu\" width=\"%d\" height=\"%zu\" "
		"font-family=\"sans-serif\" font-size=\"12\" "
		"fill=\"#1c2733\">\n<title>%s</title>\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n"
		"<text x=\"12\" y=\"24\" font-size=\"16\">%s</text>\n"
		"<text x=\"12\" y=\"42\" fill=\"#5a6875\">%s to %s",
		LEFT + PLOT + RIGHT, height, LEFT + PLOT + RIGHT, height,
		r->title, r->title, ask->since, ask->until);
	if (ask->host.n) {
		buf_string(b, ", at ");
		put_escaped(b, ask->host, 64);
	}
	buf_printf(b, "; %s</text>\n", r->about);
	for (size_t i = 0; i < n; i++)
		put_bar(b, &rows->v[from + i], i, most,
			rows->estimated);
	if (n == 0)
		buf_printf(b, "<text x=\"12\" y=\"%d\">nothing</text>\n",
			TOP + 15);
	buf_string(b, "</svg>\n");
}
