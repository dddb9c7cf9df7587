#include "base/json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/utf8.h"

/* Our values are jansson's under another name. */
static json_t *raw(const struct json *j)
{
	return (json_t *)(uintptr_t)j;
}

static struct json *made(json_t *j)
{
	if (j == NULL) {
		log_error("no memory for JSON");
		_Exit(ARENA_EXIT);
	}
	return (struct json *)j;
}

struct json *json_new_object(void)
{
	return made(json_object());
}

struct json *json_new_array(void)
{
	return made(json_array());
}

struct json *json_new_text(struct span s)
{
	struct buf clean = { 0 };
	struct json *j;

	utf8_sanitise(&clean, s);
	j = made(json_stringn(buf_c(&clean), clean.n));
	buf_free(&clean);
	return j;
}

struct json *json_new_int(int64_t v)
{
	return made(json_integer(v));
}

struct json *json_new_bool(bool v)
{
	return made(json_boolean(v));
}

struct json *json_new_null(void)
{
	return made(json_null());
}

void json_free(struct json **j)
{
	json_decref(raw(*j));
	*j = NULL;
}

void json_put(struct json *object, const char *key, struct json *value)
{
	if (json_object_set_new(raw(object), key, raw(value)) < 0)
		log_panic("JSON: cannot put %s", key);
}

void json_put_text(struct json *object, const char *key, struct span s)
{
	json_put(object, key, json_new_text(s));
}

void json_put_string(struct json *object, const char *key, const char *s)
{
	json_put(object, key, s ? json_new_text(span_of(s)) : json_new_null());
}

void json_put_int(struct json *object, const char *key, int64_t v)
{
	json_put(object, key, json_new_int(v));
}

void json_put_bool(struct json *object, const char *key, bool v)
{
	json_put(object, key, json_new_bool(v));
}

void json_append(struct json *array, struct json *value)
{
	if (json_array_append_new(raw(array), raw(value)) < 0)
		log_panic("JSON: cannot append");
}

void json_write(const struct json *j, struct buf *b)
{
	char *text = json_dumps(raw(j), JSON_COMPACT | JSON_ENCODE_ANY);

	if (text == NULL)
		log_panic("JSON: cannot write");
	buf_string(b, text);
	free(text);
}
