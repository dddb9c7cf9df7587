#include "engine/notice_mail.h"

#include <stdio.h>
#include <time.h>

#include "mail/edit.h"

void notice_date(int64_t ms, int offset, char out[NOTICE_DATE_SIZE])
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t t = (time_t)(ms / 1000 + offset * 60);
	int minutes = offset < 0 ? -offset : offset;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL) {
		out[0] = 0;
		return;
	}
	/* strftime would ask the process's locale. */
	snprintf(out, NOTICE_DATE_SIZE, "%.3s, %d %.3s %d %02d:%02d:%02d "
		"%c%02d%02d", days + (size_t)tm.tm_wday * 3, tm.tm_mday,
		months + (size_t)tm.tm_mon * 3, tm.tm_year + 1900, tm.tm_hour,
		tm.tm_min, tm.tm_sec, offset < 0 ? '-' : '+', minutes / 60,
		minutes % 60);
}

/* A blank at the end of a line is lost on the way. */
static bool is_last(struct span s, size_t i)
{
	return i + 1 == s.n || s.p[i + 1] == '\n' ||
		(s.p[i + 1] == '\r' && i + 2 < s.n && s.p[i + 2] == '\n');
}

static bool is_quoted(struct span s, size_t i)
{
	unsigned char c = s.p[i];

	if (c == ' ' || c == '\t')
		return is_last(s, i);
	return c == '=' || c <= ' ' || c >= 0x7f;
}

void notice_quote_printable(struct span s, struct buf *out)
{
	size_t column = 0;

	for (size_t i = 0; i < s.n; i++) {
		bool quoted = is_quoted(s, i);

		if (s.p[i] == '\n') {
			buf_string(out, "\r\n");
			column = 0;
			continue;
		}
		if (s.p[i] == '\r' && i + 1 < s.n && s.p[i + 1] == '\n')
			continue;
		if (column + (quoted ? 3 : 1) > NOTICE_LINE - 1) {
			buf_string(out, "=\r\n");
			column = 0;
		}
		if (quoted)
			buf_printf(out, "=%02X", s.p[i]);
		else
			buf_byte(out, s.p[i]);
		column += quoted ? 3 : 1;
	}
	if (column)
		buf_string(out, "\r\n");
}

/* What would not end the field or the < >, and needs no folding. */
static bool is_plain_id(struct span s)
{
	bool good = s.n > 0 && s.n <= 250;

	for (size_t i = 0; i < s.n; i++)
		good = good && s.p[i] > ' ' && s.p[i] < 0x7f &&
			s.p[i] != '<' && s.p[i] != '>';
	return good;
}

static void put_field(struct buf *out, const char *name, struct span text,
	struct arena *a)
{
	buf_printf(out, "%s: ", name);
	buf_span(out, edit_encode_text(text, a));
	buf_string(out, "\r\n");
}

static void put_header(struct buf *out, const struct notice_mail *m,
	struct arena *a)
{
	size_t at = span_rchr(m->from, '@');
	char date[NOTICE_DATE_SIZE];

	notice_date(m->ms, 0, date);
	buf_printf(out, "From: <%.*s>\r\n", SPAN_FMT(m->from));
	if (m->to.n)
		buf_printf(out, "To: <%.*s>\r\n", SPAN_FMT(m->to));
	else
		buf_string(out, "To: undisclosed-recipients:;\r\n");
	if (m->reply_to.n)
		buf_printf(out, "Reply-To: <%.*s>\r\n", SPAN_FMT(m->reply_to));
	put_field(out, "Subject", m->subject, a);
	buf_printf(out, "Date: %s\r\n", date);
	buf_printf(out, "Message-ID: <%.*s@%.*s>\r\n", SPAN_FMT(m->id),
		SPAN_FMT(span_after(m->from, at + 1)));
	if (is_plain_id(m->references))
		buf_printf(out, "In-Reply-To: <%.*s>\r\nReferences: <%.*s>"
			"\r\n", SPAN_FMT(m->references),
			SPAN_FMT(m->references));
	if (is_plain_id(m->list))
		buf_printf(out, "List-Id: <%.*s>\r\n", SPAN_FMT(m->list));
	if (is_plain_id(m->unsubscribe))
		buf_printf(out, "List-Unsubscribe: <%.*s>\r\n",
			SPAN_FMT(m->unsubscribe));
	buf_printf(out, "Auto-Submitted: auto-%s\r\n", m->list.n ?
		"generated" : "replied");
	buf_string(out,
		"Precedence: bulk\r\n"
		"X-Auto-Response-Suppress: All\r\n"
		"MIME-Version: 1.0\r\n");
}

static void put_part(struct buf *out, const char *type, struct span text)
{
	buf_printf(out, "Content-Type: %s; charset=UTF-8\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n\r\n", type);
	notice_quote_printable(text, out);
}

/* No line of quoted-printable holds "=_" (RFC 2045 section 6.7). */
#define MIXED "=_mixed"
#define TEXTS "=_texts"
#define HTML "=_html"

enum { BASE64_BYTES = 57 };	/* a line of 76 (RFC 2045 section 6.8) */

static void put_picture(struct buf *out, const struct notice_picture *p)
{
	buf_printf(out, "\r\n--" HTML "\r\nContent-Type: image/png\r\n"
		"Content-Transfer-Encoding: base64\r\nContent-ID: <%s>\r\n"
		"Content-Disposition: inline\r\n\r\n", p->id);
	for (size_t i = 0; i < p->png.n; i += BASE64_BYTES) {
		buf_base64(out, span_sub(p->png, i, BASE64_BYTES));
		buf_string(out, "\r\n");
	}
}

/* With its pictures (RFC 2387). */
static void put_html(struct buf *out, const struct notice_mail *m)
{
	if (m->npictures == 0) {
		put_part(out, "text/html", m->html);
		return;
	}
	buf_string(out, "Content-Type: multipart/related; "
		"type=\"text/html\";\r\n boundary=\"" HTML "\"\r\n\r\n"
		"--" HTML "\r\n");
	put_part(out, "text/html", m->html);
	for (size_t i = 0; i < m->npictures; i++)
		put_picture(out, &m->pictures[i]);
	buf_string(out, "\r\n--" HTML "--\r\n");
}

static void put_texts(struct buf *out, const struct notice_mail *m)
{
	if (m->html.n == 0) {
		put_part(out, "text/plain", m->text);
		return;
	}
	buf_string(out, "Content-Type: multipart/alternative; boundary=\""
		TEXTS "\"\r\n\r\n--" TEXTS "\r\n");
	put_part(out, "text/plain", m->text);
	buf_string(out, "\r\n--" TEXTS "\r\n");
	put_html(out, m);
	buf_string(out, "\r\n--" TEXTS "--\r\n");
}

void notice_mail_put(const struct notice_mail *m, struct arena *a,
	struct buf *out)
{
	put_header(out, m, a);
	if (m->excerpt.n == 0) {
		put_texts(out, m);
		return;
	}
	buf_string(out, "Content-Type: multipart/mixed; boundary=\"" MIXED
		"\"\r\n\r\n--" MIXED "\r\n");
	put_texts(out, m);
	buf_string(out, "\r\n--" MIXED "\r\n"
		"Content-Type: text/rfc822-headers\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n\r\n");
	notice_quote_printable(span_sub(m->excerpt, 0, NOTICE_EXCERPT_MAX),
		out);
	buf_string(out, "\r\n--" MIXED "--\r\n");
}
