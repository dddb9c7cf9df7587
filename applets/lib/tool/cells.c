#include "tool/cells.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/utf8.h"

enum { WIDTH_ELSE = 160 };	/* not a terminal */

char *cells_printable(struct span s)
{
	size_t size = s.n * 4 + 16;
	char *text = malloc(size);

	if (text == NULL)
		abort();
	utf8_printable(s, text, size);
	return text;
}

void cells_put(struct span s, unsigned width, bool last)
{
	char *text = cells_printable(s);
	struct span rest = span_of(text);
	size_t columns = 0;

	for (struct span r = rest; r.n; r = span_after(r, utf8_next(r, NULL)))
		columns++;
	for (size_t i = 0; i < width && rest.n; i++) {
		size_t n = utf8_next(rest, NULL);

		if (columns > width && i == width - 1)
			fputs("…", stdout);
		else
			fwrite(rest.p, 1, n, stdout);
		rest = span_after(rest, n);
	}
	for (size_t i = columns; i < width && !last; i++)
		putchar(' ');
	fputs(last ? "\n" : "  ", stdout);
	free(text);
}

unsigned cells_width(void)
{
	struct winsize w;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) < 0 || w.ws_col == 0)
		return WIDTH_ELSE;
	return w.ws_col;
}
