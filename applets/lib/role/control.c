#include "role/control.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/io.h"

enum { ANSWER_S = 20 };

/* Whoever asks must be told which root he asked in. */
static int nobody(struct err *e)
{
	char root[512] = "this folder";
	bool forbidden = errno == EACCES || errno == EPERM;

	if (getcwd(root, sizeof(root)) == NULL)
		root[0] = 0;
	if (forbidden)
		return err_set(e, ERR_TEMPORARY, "%s/%s: permission denied: "
			"run this as root", root, CONTROL_SOCKET);
	return err_set(e, ERR_TEMPORARY, "pm supervise is not running in %s",
		root);
}

int control_ask(const char *request, struct buf *answer, struct err *e)
{
	const struct timeval patience = { .tv_sec = ANSWER_S };
	ssize_t n;
	int fd = io_connect_unix(CONTROL_SOCKET, SOCK_SEQPACKET, e);

	if (fd < 0)
		return nobody(e);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	n = io_send(fd, span_of(request), NULL, 0);
	while (n >= 0) {
		n = io_recv(fd, buf_room(answer, CONTROL_PACKET_MAX),
			CONTROL_PACKET_MAX, NULL, NULL);
		if (n <= 0)
			break;
		answer->n += (size_t)n;
	}
	if (n < 0 || answer->n == 0)
		n = err_errno(e, ERR_TEMPORARY, "pm supervise does not answer");
	close(fd);
	return n < 0 ? -1 : 0;
}
