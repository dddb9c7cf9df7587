#include "net/icap.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/netaddr.h"
#include "net/stream.h"

enum { PLACE_SIZE = 128 };

/* ADDRESS:PORT, as streams take it; false: not so. */
static bool find_place(const char *where, char place[PLACE_SIZE])
{
	uint16_t port = ICAP_PORT;
	struct span address;

	return netaddr_split_url(span_of(where), SPAN("icap"), &address,
		&port) && snprintf(place, PLACE_SIZE, span_chr(address, ':') ==
		SIZE_MAX ? "%.*s:%u" : "[%.*s]:%u", SPAN_FMT(address), port) <
		PLACE_SIZE;
}

/* --- requests ------------------------------------------------------------- */
static void put_start(struct buf *b, const char *method, const char *where,
	const char *place)
{
	buf_printf(b, "%s %s ICAP/1.0\r\nHost: %s\r\nUser-Agent: pm\r\n"
		"Connection: close\r\n", method, where, place);
}

/* The heads of both messages in it and the first chunk's size. */
static void put_respmod(struct buf *b, const char *where, const char *place,
	size_t n)
{
	static const char request[] = "GET http://pm.invalid/message.eml "
		"HTTP/1.1\r\nHost: pm.invalid\r\n\r\n";
	char response[160];
	int size = snprintf(response, sizeof(response), "HTTP/1.1 200 OK\r\n"
		"Content-Type: message/rfc822\r\nContent-Length: %zu\r\n\r\n",
		n);

	put_start(b, "RESPMOD", where, place);
	buf_printf(b, "Allow: 204\r\nEncapsulated: req-hdr=0, res-hdr=%zu, "
		"res-body=%zu\r\n\r\n%s%s", sizeof(request) - 1,
		sizeof(request) - 1 + (size_t)size, request, response);
	if (n)
		buf_printf(b, "%zx\r\n", n);
}

static int send_message(int fd, const char *where, const char *place,
	struct span message, int64_t deadline_ms, struct err *e)
{
	struct buf head = { 0 };
	int result;

	put_respmod(&head, where, place, message.n);
	result = stream_send(fd, buf_bytes(&head), deadline_ms, e);
	buf_free(&head);
	if (result == 0 && message.n)
		result = stream_send(fd, message, deadline_ms, e);
	if (result == 0)
		result = stream_send(fd, message.n ? SPAN("\r\n0\r\n\r\n") :
			SPAN("0\r\n\r\n"), deadline_ms, e);
	return result;
}

/* --- answers -------------------------------------------------------------- */
struct connection {
	int fd;
	int64_t deadline_ms;
};

static ssize_t receive(void *context, void *p, size_t n, struct err *e)
{
	const struct connection *c = context;

	return stream_recv(c->fd, p, n, c->deadline_ms, e);
}

void icap_scan(const char *where, struct span message, int64_t deadline_ms,
	struct virus_answer *answer_r)
{
	struct connection c = { .deadline_ms = deadline_ms };
	const struct icap_source s = { receive, &c };
	char place[PLACE_SIZE];
	struct err e;

	*answer_r = (struct virus_answer){ .says = VIRUS_SAYS_LATER };
	if (!find_place(where, place)) {
		virus_answer_set(answer_r, VIRUS_SAYS_LATER,
			"icap: not an address");
		return;
	}
	c.fd = stream_connect(place, deadline_ms, &e);
	if (c.fd < 0) {
		snprintf(answer_r->text, sizeof(answer_r->text),
			"icap: %.100s", e.text);
		return;
	}
	/* A failure is told by the answer: who refuses closes while we send. */
	send_message(c.fd, where, place, message, deadline_ms, &e);
	icap_read_answer(&s, message, answer_r);
	close(c.fd);
}

int icap_options(const char *where, int64_t deadline_ms,
	char version_r[VIRUS_VERSION_SIZE], struct err *e)
{
	struct connection c = { .deadline_ms = deadline_ms };
	const struct icap_source s = { receive, &c };
	struct buf b = { 0 };
	char place[PLACE_SIZE];
	int result;

	if (!find_place(where, place))
		return err_set(e, ERR_PERMANENT, "%s: not icap://ADDRESS[:PORT]"
			"/SERVICE", where);
	c.fd = stream_connect(place, deadline_ms, e);
	if (c.fd < 0)
		return -1;
	put_start(&b, "OPTIONS", where, place);
	buf_string(&b, "\r\n");
	result = stream_send(c.fd, buf_bytes(&b), deadline_ms, e);
	buf_free(&b);
	if (result == 0)
		result = icap_read_options(&s, version_r, e);
	close(c.fd);
	return result;
}
