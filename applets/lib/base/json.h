/*
 * JSON at the edges: --json output. A thin cover over jansson,
 * which only this layer includes.
 *
 * A value belongs to whoever made it until it is put into another value.
 * Texts are sanitised to UTF-8 on the way in (base/utf8.h), so that bytes of
 * a message always give valid JSON. Out of memory ends the process.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

struct json; /* a jansson value */

struct json *json_new_object(void);
struct json *json_new_array(void);
struct json *json_new_text(struct span s);
struct json *json_new_int(int64_t v);
struct json *json_new_bool(bool v);
struct json *json_new_null(void);
void json_free(struct json **j);

/* Put takes the value over; a key that is there is replaced. */
void json_put(struct json *object, const char *key, struct json *value);
void json_put_text(struct json *object, const char *key, struct span s);
void json_put_string(struct json *object, const char *key, const char *s);
void json_put_int(struct json *object, const char *key, int64_t v);
void json_put_bool(struct json *object, const char *key, bool v);
void json_append(struct json *array, struct json *value);

/* One line, keys in the order they were put, no newline at the end. */
void json_write(const struct json *j, struct buf *b);

#endif
