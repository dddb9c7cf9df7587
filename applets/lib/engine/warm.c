#include "engine/engine.h"

#include "base/clock.h"

enum { MEMORY = 64 << 20, DEADLINE_MS = 2000 };

/* Texts, encodings, links and tables: what most mail has. */
static const char example[] =
	"Received: from mail.example.net (mail.example.net [192.0.2.1])\r\n"
	"\tby mx.example.org; Mon, 23 Nov 2026 08:00:00 +0000\r\n"
	"From: =?utf-8?Q?B=C3=BCro?= <office@example.net>\r\n"
	"To: reader@example.org\r\n"
	"Subject: =?iso-8859-1?Q?Gr=FC=DFe_und_Termine?=\r\n"
	"Date: Mon, 23 Nov 2026 08:00:00 +0000\r\n"
	"Message-ID: <1@mail.example.net>\r\n"
	"MIME-Version: 1.0\r\n"
	"Content-Type: multipart/mixed; boundary=\"a\"\r\n\r\n"
	"--a\r\nContent-Type: multipart/alternative; boundary=\"b\"\r\n\r\n"
	"--b\r\nContent-Type: text/plain; charset=utf-8\r\n"
	"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
	"Dear reader, =C3=BCber alles: please see "
	"https://www.example.net/a?b=3D1 and call 030 123456.\r\n"
	"--b\r\nContent-Type: text/html; charset=iso-8859-1\r\n"
	"Content-Transfer-Encoding: 8bit\r\n\r\n"
	"<html><head><style>p{color:#333}</style></head><body>"
	"<p style=\"font-size:12px\">Dear reader, gr\xfc\xdf" "e &amp; more: "
	"<a href=\"https://www.example.net/a?b=1\">www.example.net</a>"
	"<img src=\"cid:1\" width=\"1\"></p></body></html>\r\n"
	"--b--\r\n"
	"--a\r\nContent-Type: application/octet-stream; name=\"a.bin\"\r\n"
	"Content-Transfer-Encoding: base64\r\n\r\n"
	"R0lGODlhAQABAIAAAP///wAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==\r\n"
	"--a--\r\n";

void engine_warm(struct engine *en)
{
	struct arena *a = arena_new("warm", MEMORY);
	struct envelope env = { .id = SPAN("warm"),
		.relay_addr = SPAN("192.0.2.1"),
		.helo = SPAN("mail.example.net"),
		.mail_from = SPAN("office@example.net") };
	struct verdict v;

	engine_judge(en, &env, span_from(example, sizeof(example) - 1),
		ask_socket_new(-1, a), clock_ms() + DEADLINE_MS, a, &v);
	arena_free(&a);
}
