/*
 * The tree of a Sieve script (RFC 5228 section 8.2), made with a stack of
 * what is open instead of recursion.
 */
#include "sieve_read.h"

enum open { OPEN_BLOCK, OPEN_NODE, OPEN_TESTS };

/* Something that was begun and not ended. */
struct level {
	enum open open;
	struct sieve_node *node;	/* the command or test; NULL: script */
	bool command;			/* node is one */
	bool tested;			/* no further argument may follow */
	bool ended;			/* the block of a command */
	struct sieve_node **last;	/* where the next child goes */
	struct sieve_arg **last_arg;
};

struct reader {
	struct sieve_words words;
	struct level levels[SIEVE_DEPTH_MAX * 2 + 2];
	size_t n;
	size_t nodes;
	size_t end;		/* behind the last word that was taken */
};

static int take(struct reader *r, struct err *e)
{
	r->end = r->words.at;
	return sieve_next(&r->words, e);
}

static int expected(struct reader *r, const char *what, struct err *e)
{
	return sieve_wrong(&r->words, e, arena_printf(r->words.arena,
		"%s expected, found %s", what, sieve_found(&r->words)));
}

static int push(struct reader *r, const struct level *level, struct err *e)
{
	if (r->n == sizeof(r->levels) / sizeof(r->levels[0]))
		return sieve_wrong(&r->words, e, "more than 32 blocks or "
			"tests in one another");
	r->levels[r->n++] = *level;
	return 0;
}

/* The node at hand becomes the next child, and is open for arguments. */
static int begin_node(struct reader *r, bool command, struct err *e)
{
	struct sieve_words *w = &r->words;
	struct level *up = &r->levels[r->n - 1];
	struct sieve_node *node = arena_alloc(w->arena, sizeof(*node));

	if (++r->nodes > SIEVE_NODES_MAX)
		return sieve_wrong(w, e, "more than 20000 commands and tests");
	node->name = w->value;
	node->line = w->line;
	node->source = span_after(w->text, w->from);
	if (command) {
		node->comments = w->comments;
		node->ncomments = w->ncomments;
		w->comments = NULL;
		w->ncomments = w->comments_cap = 0;
	}
	*up->last = node;
	up->last = &node->next;
	if (push(r, &(struct level){ .open = OPEN_NODE, .node = node,
			.command = command, .last = &node->tests,
			.last_arg = &node->args }, e) < 0)
		return -1;
	return take(r, e);
}

/* Ends the innermost level; a node's text ends with the last word. */
static void end_level(struct reader *r)
{
	struct level *l = &r->levels[--r->n];

	if (l->open != OPEN_NODE)
		return;
	l->node->source.n = (size_t)(r->words.text.p + r->end -
		l->node->source.p);
}

/* --- arguments ----------------------------------------------------------- */

static int add_string(struct reader *r, struct sieve_arg *arg, size_t *cap,
	struct err *e)
{
	if (r->words.word != WORD_STRING)
		return expected(r, "a string", e);
	if (arg->nstrings == SIEVE_STRINGS_MAX)
		return sieve_wrong(&r->words, e, "more than 20000 strings in "
			"one list");
	if (arg->nstrings == *cap) {
		struct span *more;

		*cap = *cap * 4 + 1;
		more = arena_array(r->words.arena, *cap, sizeof(*more));
		for (size_t i = 0; i < arg->nstrings; i++)
			more[i] = arg->strings[i];
		arg->strings = more;
	}
	arg->strings[arg->nstrings++] = r->words.value;
	return take(r, e);
}

/* ["a", "b"]: the bracket is at hand. */
static int read_list(struct reader *r, struct sieve_arg *arg, struct err *e)
{
	size_t cap = 0;

	do {
		if (take(r, e) < 0 || add_string(r, arg, &cap, e) < 0)
			return -1;
	} while (r->words.mark == ',');
	if (r->words.mark != ']')
		return expected(r, "\",\" or \"]\"", e);
	return take(r, e);
}

static int read_arg(struct reader *r, struct level *l, struct err *e)
{
	struct sieve_words *w = &r->words;
	struct sieve_arg *arg = arena_alloc(w->arena, sizeof(*arg));
	size_t cap = 0;

	*l->last_arg = arg;
	l->last_arg = &arg->next;
	arg->kind = SIEVE_STRINGS;
	if (w->word == WORD_STRING)
		return add_string(r, arg, &cap, e);
	if (w->word == WORD_MARK)
		return read_list(r, arg, e);
	arg->kind = w->word == WORD_TAG ? SIEVE_TAG : SIEVE_NUMBER;
	arg->tag = w->value;
	arg->number = w->number;
	return take(r, e);
}

/* --- levels -------------------------------------------------------------- */

/* Behind a node's arguments and tests. */
static int end_node(struct reader *r, struct level *l, struct err *e)
{
	unsigned char mark = r->words.mark;

	if (!l->command) {
		end_level(r);
		return 0;
	}
	if (mark == '{') {
		l->tested = l->ended = l->node->has_block = true;
		if (push(r, &(struct level){ .open = OPEN_BLOCK,
				.node = l->node, .last = &l->node->block },
				e) < 0)
			return -1;
		return take(r, e);
	}
	if (mark != ';')
		return expected(r, "\";\" or \"{\"", e);
	if (take(r, e) < 0)
		return -1;
	end_level(r);
	return 0;
}

static int in_node(struct reader *r, struct level *l, struct err *e)
{
	struct sieve_words *w = &r->words;

	if (l->ended) {
		end_level(r);
		return 0;
	}
	if (l->tested)
		return end_node(r, l, e);
	if (w->word == WORD_STRING || w->word == WORD_TAG ||
	    w->word == WORD_NUMBER || w->mark == '[')
		return read_arg(r, l, e);
	l->tested = true;
	if (w->word == WORD_NAME)
		return begin_node(r, false, e);
	if (w->mark != '(')
		return end_node(r, l, e);
	if (push(r, &(struct level){ .open = OPEN_TESTS, .node = l->node,
			.last = &l->node->tests }, e) < 0 || take(r, e) < 0)
		return -1;
	if (w->word != WORD_NAME)
		return expected(r, "a test", e);
	return begin_node(r, false, e);
}

/* Behind a test in parentheses. */
static int in_tests(struct reader *r, struct err *e)
{
	if (r->words.mark == ',') {
		if (take(r, e) < 0)
			return -1;
		if (r->words.word != WORD_NAME)
			return expected(r, "a test", e);
		return begin_node(r, false, e);
	}
	if (r->words.mark != ')')
		return expected(r, "\",\" or \")\"", e);
	end_level(r);
	return take(r, e);
}

/* Comments at the end of a block become a node without a name. */
static void keep_comments(struct reader *r, struct level *l)
{
	struct sieve_words *w = &r->words;
	struct sieve_node *node;

	if (w->ncomments == 0)
		return;
	node = arena_alloc(w->arena, sizeof(*node));
	node->line = w->line;
	node->comments = w->comments;
	node->ncomments = w->ncomments;
	w->comments = NULL;
	w->ncomments = w->comments_cap = 0;
	*l->last = node;
	l->last = &node->next;
}

static int in_block(struct reader *r, struct level *l, struct err *e)
{
	struct sieve_words *w = &r->words;

	if (w->word == WORD_NAME)
		return begin_node(r, true, e);
	keep_comments(r, l);
	if (w->word == WORD_END && l->node == NULL) {
		end_level(r);
		return 0;
	}
	if (w->mark != '}' || l->node == NULL)
		return expected(r, l->node ? "a command or \"}\"" :
			"a command", e);
	end_level(r);
	return take(r, e);
}

int sieve_read(struct span text, const char *name, struct arena *a,
	struct sieve_node **first_r, struct err *e)
{
	struct reader *r = arena_alloc(a, sizeof(*r));
	int result = 0;

	*first_r = NULL;
	r->words = (struct sieve_words){ .text = text, .name = name,
		.arena = a, .line = 1, .lines = 1 };
	if (text.n > SIEVE_BYTES_MAX)
		return err_set(e, ERR_PERMANENT, "%s: larger than 1 MiB",
			name);
	if (span_starts(text, SPAN("\xef\xbb\xbf")))
		r->words.at = 3;
	push(r, &(struct level){ .open = OPEN_BLOCK, .last = first_r }, e);
	if (take(r, e) < 0)
		return -1;
	while (r->n && result == 0) {
		struct level *l = &r->levels[r->n - 1];

		result = l->open == OPEN_BLOCK ? in_block(r, l, e) :
			l->open == OPEN_NODE ? in_node(r, l, e) :
			in_tests(r, e);
	}
	return result;
}
